package measure

import (
	"fmt"
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report/redact"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// names are what a measure for others does not name: parties, their identifiers, serials, lots, papers, means of transport and records of
// an alert, its licences and its declarations. A number of three digits or fewer is of nothing in particular and is none of them.
type names struct{ words, squeezed map[string]bool }

// leastSqueezed is the length from which an identifier is looked for in a text without its punctuation, also within other words.
const leastSqueezed = 6

func namesOf(view ledger.View, alert *ledgerv1.Alert) (names, error) {
	n := names{map[string]bool{}, map[string]bool{}}
	raised := alert.GetRaised()
	n.add(alert.GetId())
	n.parties(raised.GetParties())
	n.serials(raised.GetSerials())
	n.links(raised.GetLinks())
	n.add(raised.GetDeclarationIds()...)
	licences, declarations, err := recordsOf(view, alert)
	if err != nil {
		return n, err
	}
	for _, d := range declarations {
		n.declaration(d.GetAccepted())
	}
	n.add(raised.GetLicenceIds()...)
	for _, l := range licences {
		n.add(l.GetId(), l.GetApplicationId(), l.GetOnFile().GetReference())
		n.deal(l.GetDeal())
	}
	return n, nil
}

// recordsOf are the licences and declarations that an alert names, with the licences that those were made under, as far as they are on
// record here.
func recordsOf(view ledger.View, alert *ledgerv1.Alert) (licences []*ledgerv1.Licence, declarations []*ledgerv1.Declaration, err error) {
	ids := append([]string(nil), alert.GetRaised().GetLicenceIds()...)
	for _, id := range alert.GetRaised().GetDeclarationIds() {
		d, err := view.Declaration(id)
		if err != nil {
			return nil, nil, fmt.Errorf("read declaration %s: %w", id, err)
		}
		if d != nil {
			declarations, ids = append(declarations, d), append(ids, d.GetAccepted().GetLicenceId())
		}
	}
	seen := map[string]bool{"": true}
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		l, err := view.Licence(id)
		if err != nil {
			return nil, nil, fmt.Errorf("read licence %s: %w", id, err)
		}
		if l != nil {
			licences = append(licences, l)
		}
	}
	return licences, declarations, nil
}

func (n names) deal(d *licensingv1.Deal) {
	n.parties(d.GetParties())
	n.add(d.GetShipmentId())
	for _, doc := range d.GetDocuments() {
		n.add(doc.GetNumber())
	}
}

func (n names) declaration(d *customsv1.DeclarationAccepted) {
	n.add(d.GetDeclarationId(), d.GetNumber(), d.GetLicenceReference())
	n.parties(d.GetParties())
	for _, item := range d.GetItems() {
		n.serials(item.GetSerials())
	}
	c := d.GetConsignment()
	n.add(c.GetUcr(), c.GetLrn(), c.GetTransport().GetName(), c.GetTransport().GetVoyage())
	n.identifier(c.GetTransport().GetIdentity())
	for _, list := range [][]string{c.GetContainers(), c.GetSeals(), c.GetTransportDocuments(), c.GetCertificates()} {
		n.add(list...)
	}
}

func (n names) links(l *enforcementv1.Links) {
	for _, list := range [][]string{l.GetCertificates(), l.GetDenialIds(), l.GetTraceIds(), l.GetUcrs(), l.GetContainers(), l.GetTransportDocuments(), l.GetCases()} {
		n.add(list...)
	}
	for _, v := range l.GetVessels() {
		n.identifier(v)
	}
}

func (n names) parties(list []*transferv1.Party) {
	for _, p := range list {
		if !strings.EqualFold(p.GetName(), "unknown") {
			n.add(p.GetName())
		}
		n.add(p.GetAddress())
		for _, id := range p.GetIdentifiers() {
			n.identifier(id)
		}
	}
}

func (n names) serials(list []*transferv1.Serials) {
	for _, s := range list {
		n.add(s.GetSerials()...)
		n.add(s.GetLot())
	}
}

// identifier adds the value of "scheme:value".
func (n names) identifier(id string) {
	_, value, _ := strings.Cut(id, ":")
	n.add(value)
}

func (n names) add(list ...string) {
	for _, name := range list {
		words := redact.Words(name)
		if bare := strings.TrimSpace(words); bare == "" || len(bare) <= 3 && strings.Trim(bare, "0123456789") == "" {
			continue
		}
		n.words[words] = true
		if s := squeeze(words); len(s) >= leastSqueezed && strings.ContainsAny(s, "0123456789") {
			n.squeezed[s] = true
		}
	}
}

// in reports whether a text names any of them, whatever its case and punctuation.
func (n names) in(text string) bool {
	words := redact.Words(text)
	squeezed := squeeze(words)
	for name := range n.words {
		if strings.Contains(words, name) {
			return true
		}
	}
	for name := range n.squeezed {
		if strings.Contains(squeezed, name) {
			return true
		}
	}
	return false
}

func squeeze(words string) string { return strings.ReplaceAll(words, " ", "") }
