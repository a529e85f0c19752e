package screening

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// record is a row that parties are compared with, as far as it says who somebody is.
type record struct {
	row
	against screeningv1.Against
	about   []somebody
	// digest is a SHA-256 over what it says of them.
	digest []byte
	// application that a denial was decided on.
	application string
}

type row interface{ GetId() string }

// somebody is one person or body, by whatever names they have.
type somebody struct {
	names, identifiers, countries []string
}

// recordsUnder returns what is held against anybody under a value of the attribute "party": entries that their lists have,
// denials and notices that were not revoked, alerts that are open.
func recordsUnder(view ledger.View, value string) ([]*record, error) {
	var all []*record
	entries, err := view.ListEntriesWith("party", value)
	if err != nil {
		return nil, fmt.Errorf("read entries of watch lists by party: %w", err)
	}
	for _, e := range entries {
		all = held(all, ofEntry(e))
	}
	denials, err := view.DenialsWith("party", value)
	if err != nil {
		return nil, fmt.Errorf("read denials by party: %w", err)
	}
	for _, d := range denials {
		all = held(all, ofDenial(d))
	}
	notices, err := view.DenialNoticesWith("party", value)
	if err != nil {
		return nil, fmt.Errorf("read notices of denials by party: %w", err)
	}
	for _, n := range notices {
		r, err := ofNotice(view, n)
		if err != nil {
			return nil, err
		}
		all = held(all, r)
	}
	alerts, err := view.AlertsWith("party", value)
	if err != nil {
		return nil, fmt.Errorf("read alerts by party: %w", err)
	}
	for _, a := range alerts {
		all = held(all, ofAlert(a))
	}
	return all, nil
}

func held(all []*record, r *record) []*record {
	if r == nil {
		return all
	}
	return append(all, r)
}

// recordOf returns a row by its id; nil when it is not on record here or not held against anybody.
func recordOf(view ledger.View, against screeningv1.Against, id string) (*record, error) {
	switch against {
	case screeningv1.Against_AGAINST_LIST:
		e, err := view.ListEntry(id)
		if e == nil || err != nil {
			return nil, err
		}
		return ofEntry(e), nil
	case screeningv1.Against_AGAINST_DENIAL:
		d, err := view.Denial(id)
		if d == nil || err != nil {
			return nil, err
		}
		return ofDenial(d), nil
	case screeningv1.Against_AGAINST_NOTICE:
		n, err := view.DenialNotice(id)
		if n == nil || err != nil {
			return nil, err
		}
		return ofNotice(view, n)
	case screeningv1.Against_AGAINST_ALERT:
		a, err := view.Alert(id)
		if a == nil || err != nil {
			return nil, err
		}
		return ofAlert(a), nil
	}
	return nil, fmt.Errorf("%s is a record of kind %d, which is compared with nobody", id, against)
}

func ofEntry(e *ledgerv1.ListEntry) *record {
	if e.GetStatus() == ledgerv1.Status_STATUS_WITHDRAWN {
		return nil
	}
	who := somebody{identifiers: e.GetEntry().GetIdentifiers(), countries: e.GetEntry().GetCountries()}
	for _, n := range e.GetEntry().GetNames() {
		who.names = append(who.names, n.GetText())
	}
	return &record{row: e, against: screeningv1.Against_AGAINST_LIST, about: []somebody{who}, digest: e.GetEntry().GetDigest()}
}

func ofDenial(d *ledgerv1.Denial) *record {
	if d.GetStatus() != ledgerv1.Status_STATUS_REFUSED {
		return nil
	}
	r := ofParties(d, screeningv1.Against_AGAINST_DENIAL, denied(d.GetDeal()))
	r.application = d.GetApplicationId()
	return r
}

// ofNotice leaves out what tells of a denial that is held here itself.
func ofNotice(view ledger.View, n *ledgerv1.DenialNotice) (*record, error) {
	if n.GetStatus() != ledgerv1.Status_STATUS_REFUSED {
		return nil, nil
	}
	if id := n.GetNotice().GetDenialId(); id != "" {
		d, err := view.Denial(id)
		if err != nil {
			return nil, fmt.Errorf("read denial %s: %w", id, err)
		}
		if d.GetStatus() == ledgerv1.Status_STATUS_REFUSED {
			return nil, nil
		}
	}
	return ofParties(n, screeningv1.Against_AGAINST_NOTICE, denied(n.GetNotice().GetDeal())), nil
}

func ofAlert(a *ledgerv1.Alert) *record {
	const refuted, closed = ledgerv1.AlertStatus_ALERT_STATUS_REFUTED, ledgerv1.AlertStatus_ALERT_STATUS_CLOSED
	if a.GetStatus() == refuted || a.GetStatus() == closed || a.GetFinding() == refuted {
		return nil
	}
	return ofParties(a, screeningv1.Against_AGAINST_ALERT, a.GetRaised().GetParties())
}

// denied are those whom a denial speaks against: all parties but the one that applied. An applicant who was denied one
// deal is not thereby suspect in the next.
func denied(d *licensingv1.Deal) []*transferv1.Party {
	applicant := transferv1.Role_ROLE_EXPORTER
	switch d.GetKind() {
	case transferv1.Kind_KIND_IMPORT:
		applicant = transferv1.Role_ROLE_IMPORTER
	case transferv1.Kind_KIND_BROKERING:
		applicant = transferv1.Role_ROLE_BROKER
	}
	return slices.DeleteFunc(slices.Clone(d.GetParties()), func(p *transferv1.Party) bool { return p.GetRole() == applicant })
}

func ofParties(of row, against screeningv1.Against, parties []*transferv1.Party) *record {
	r := &record{row: of, against: against}
	sum := sha256.New()
	for _, p := range parties {
		sum.Write(ledger.PartyDigest(p))
		who := somebody{names: []string{p.GetName()}, identifiers: p.GetIdentifiers()}
		if p.GetCountry() != "" {
			who.countries = []string{p.GetCountry()}
		}
		r.about = append(r.about, who)
	}
	r.digest = sum.Sum(nil)
	return r
}
