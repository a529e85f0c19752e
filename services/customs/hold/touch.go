package hold

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// touchedBy returns this agency's declarations whose goods have not moved and that an alert touches: that it names, under a licence
// that it names, with one of its parties, or with goods, papers, a container or a vessel of it; in order of id. None where it was
// refuted.
func touchedBy(view ledger.View, alert *ledgerv1.Alert) ([]incident.Touched, error) {
	if incident.Refuted(alert) {
		return nil, nil
	}
	all, err := incident.Declarations(view, alert.GetRaised())
	if err != nil {
		return nil, err
	}
	t := touching{view, all}
	for _, find := range []func(*ledgerv1.Alert) error{t.parties, t.licensed, t.named} {
		if err := find(alert); err != nil {
			return nil, err
		}
	}
	own := slices.DeleteFunc(slices.Collect(maps.Values(t.byID)), func(d incident.Touched) bool {
		return !view.Owns(d.Declaration.GetId()) || !here(d.Declaration)
	})
	slices.SortFunc(own, func(a, b incident.Touched) int { return cmp.Compare(a.Declaration.GetId(), b.Declaration.GetId()) })
	return own, nil
}

// touching gathers declarations; how one is touched is by what was found last, the surest.
type touching struct {
	view ledger.View
	byID map[string]incident.Touched
}

func (t touching) named(alert *ledgerv1.Alert) error {
	for _, id := range alert.GetRaised().GetDeclarationIds() {
		d, err := t.view.Declaration(id)
		if err != nil {
			return fmt.Errorf("read declaration %s: %w", id, err)
		}
		if d != nil {
			t.byID[id] = incident.Touched{Declaration: d, How: "is named by it"}
		}
	}
	return nil
}

func (t touching) licensed(alert *ledgerv1.Alert) error {
	for _, id := range alert.GetRaised().GetLicenceIds() {
		rows, err := t.here("licence", id)
		if err != nil {
			return fmt.Errorf("read declarations under licence %s: %w", id, err)
		}
		for _, d := range rows {
			t.byID[d.GetId()] = incident.Touched{Declaration: d, How: fmt.Sprintf("is under licence %s, which it names", id)}
		}
	}
	return nil
}

func (t touching) parties(alert *ledgerv1.Alert) error {
	for _, party := range alert.GetRaised().GetParties() {
		for _, value := range incident.Keys(party) {
			rows, err := t.here("party", value)
			if err != nil {
				return fmt.Errorf("read declarations by party: %w", err)
			}
			for _, d := range rows {
				if incident.HasParty(d.GetAccepted().GetParties(), party) {
					t.byID[d.GetId()] = incident.Touched{Declaration: d, How: fmt.Sprintf("has a party of it, its %s", incident.RoleWord(party))}
				}
			}
		}
	}
	return nil
}

// here returns the declarations under a value whose goods can still be held; those that have moved are never read.
func (t touching) here(attribute, value string) (rows []*ledgerv1.Declaration, err error) {
	of := &queryv1.Filter{Conditions: []*queryv1.Condition{
		{Attribute: attribute, Values: []string{value}}, {Attribute: "status", Values: []string{"accepted", "released", "held"}},
	}}
	for next, first := "", true; first || next != ""; first = false {
		var page []*queryv1.Row
		if page, next, err = t.view.List(queryv1.Table_TABLE_DECLARATIONS, of, next, pageSize); err != nil {
			return nil, err
		}
		for _, r := range page {
			rows = append(rows, r.GetDeclaration())
		}
	}
	return rows, nil
}

const pageSize = 1000
