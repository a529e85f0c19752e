package reassessment

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// touch is a licence that an alert or an embargo touches, and how; of an alert, as the end of a sentence about it.
type touch struct {
	licence *ledgerv1.Licence
	how     string
}

// reason says at which moment of an alert it touches the licence, and how.
func (t touch) reason(alert *ledgerv1.Alert, moments []string) string {
	what := "raised"
	if slices.Contains(moments, incident.Confirmed) {
		what = "confirmed"
	}
	return fmt.Sprintf("alert %s was %s and %s", alert.GetId(), what, t.how)
}

// allTouched are the licences that an alert touches, or one of whose parties was found near one of it, in order of id; none where
// the alert was refuted.
func allTouched(view ledger.View, alert *ledgerv1.Alert) ([]touch, error) {
	if incident.Refuted(alert) {
		return nil, nil
	}
	touched, err := licencesTouched(view, alert)
	if err != nil {
		return nil, err
	}
	near, err := licencesNear(view, alert, touched)
	touched = append(touched, near...)
	slices.SortFunc(touched, func(a, b touch) int { return cmp.Compare(a.licence.GetId(), b.licence.GetId()) })
	return touched, err
}

// licencesTouched returns this agency's licences that the alert names, that have one of its parties or certificates, or under
// which goods were declared that the alert is about, in order of id.
func licencesTouched(view ledger.View, alert *ledgerv1.Alert) ([]touch, error) {
	t := touching{view: view, byID: map[string]touch{}}
	for _, find := range []func(*ledgerv1.Alert) error{t.named, t.parties, t.certificates, t.declared} {
		if err := find(alert); err != nil {
			return nil, err
		}
	}
	return slices.SortedFunc(maps.Values(t.byID), func(a, b touch) int { return cmp.Compare(a.licence.GetId(), b.licence.GetId()) }), nil
}

// touching gathers licences of the own agency, each once, by what was found first.
type touching struct {
	view ledger.View
	byID map[string]touch
}

func (t *touching) add(l *ledgerv1.Licence, how string) {
	if _, known := t.byID[l.GetId()]; l != nil && !known && t.view.Owns(l.GetId()) {
		t.byID[l.GetId()] = touch{l, how}
	}
}

func (t *touching) named(alert *ledgerv1.Alert) error {
	for _, id := range alert.GetRaised().GetLicenceIds() {
		l, err := t.view.Licence(id)
		if err != nil {
			return fmt.Errorf("read licence %s: %w", id, err)
		}
		t.add(l, "names this licence")
	}
	return nil
}

func (t *touching) parties(alert *ledgerv1.Alert) error {
	for _, party := range alert.GetRaised().GetParties() {
		for _, value := range incident.Keys(party) {
			licences, err := t.view.LicencesWith("party", value)
			if err != nil {
				return fmt.Errorf("read licences by party: %w", err)
			}
			for _, l := range licences {
				if incident.HasParty(l.GetDeal().GetParties(), party) {
					t.add(l, fmt.Sprintf("a party of it, as %s, is a party to this licence", incident.RoleWord(party)))
				}
			}
		}
	}
	return nil
}

func (t *touching) certificates(alert *ledgerv1.Alert) error {
	for _, number := range alert.GetRaised().GetLinks().GetCertificates() {
		licences, err := t.view.LicencesWith("certificate", number)
		if err != nil {
			return fmt.Errorf("read licences by certificate: %w", err)
		}
		for _, l := range licences {
			t.add(l, fmt.Sprintf("certificate %s of it is one of this licence", number))
		}
	}
	return nil
}

func (t *touching) declared(alert *ledgerv1.Alert) error {
	touched, err := incident.Declarations(t.view, alert.GetRaised())
	if err != nil {
		return err
	}
	for _, id := range alert.GetRaised().GetDeclarationIds() {
		d, err := t.view.Declaration(id)
		if err != nil {
			return fmt.Errorf("read declaration %s: %w", id, err)
		}
		touched[id] = incident.Touched{Declaration: d, How: "is named by it"}
	}
	for _, id := range slices.Sorted(maps.Keys(touched)) {
		d := touched[id]
		l, err := t.view.Licence(d.Declaration.GetAccepted().GetLicenceId())
		if err != nil {
			return fmt.Errorf("read the licence of declaration %s: %w", id, err)
		}
		t.add(l, fmt.Sprintf("declaration %s under this licence %s", id, d.How))
	}
	return nil
}
