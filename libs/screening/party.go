package screening

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Party returns what is on record that scores downTo or more with a party, from 0 to 1, one hit for each row: the best
// first, then by id, numbered from 1. Compared are those whose names share enough with the party's to be worth it, and
// those that have one of its identifiers; far below the review line some are not found.
//
// A common identifier scores 1 whatever the names are. Else it is the score of the names, lowered where identifiers of
// one scheme differ and, never to below the review line, where the countries differ; the pairs say so. Held against a party
// are entries that their lists have, denials and notices that were not revoked, by every party but the applicant, and
// open alerts.
func Party(view ledger.View, p *transferv1.Party, downTo float64) ([]*screeningv1.Hit, error) {
	return party(view, p, "", thousandths(downTo))
}

// party leaves out what was decided on an application itself.
func party(view ledger.View, p *transferv1.Party, application string, least uint32) ([]*screeningv1.Hit, error) {
	near, err := recordsNear(view, p.GetName(), p.GetIdentifiers())
	if err != nil {
		return nil, err
	}
	q := ask(p)
	var hits []*screeningv1.Hit
	for _, r := range near {
		if application != "" && r.application == application {
			continue
		}
		if h := q.compare(r); h.Score >= least {
			hits = append(hits, h)
		}
	}
	slices.SortFunc(hits, func(a, b *screeningv1.Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Id, b.Id))
	})
	for i, h := range hits {
		h.Number = uint32(i + 1)
	}
	return hits, nil
}

// recordsNear returns each row once.
func recordsNear(view ledger.View, name string, identifiers []string) (map[string]*record, error) {
	values, err := valuesNear(view, []string{name}, identifiers)
	if err != nil {
		return nil, err
	}
	all := map[string]*record{}
	for _, value := range values {
		records, err := recordsUnder(view, value)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			all[r.GetId()] = r
		}
	}
	return all, nil
}

// valuesNear are the values of the attribute "party" under which those are found who may be one of these.
func valuesNear(view ledger.View, list, identifiers []string) ([]string, error) {
	values := slices.Clone(identifiers)
	for _, name := range list {
		if ledger.FoldName(name) == nobody {
			continue
		}
		near, err := view.NamesNear(name)
		if err != nil {
			return nil, fmt.Errorf("find names on record that are near: %w", err)
		}
		for _, n := range near {
			values = append(values, "name:"+n)
		}
	}
	slices.Sort(values)
	return slices.Compact(values), nil
}
