package screening

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/names"
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
	q := ask(p)
	near, err := recordsNear(view, q, least)
	if err != nil {
		return nil, err
	}
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

// recordsNear returns the rows that may score so much with a party, each once.
func recordsNear(view ledger.View, q query, least uint32) (map[string]*record, error) {
	values, err := valuesNear(view, q.GetName(), least)
	if err != nil {
		return nil, err
	}
	all := map[string]*record{}
	for _, value := range append(values, q.GetIdentifiers()...) {
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

// slack is how far, in thousandths, the score of a folded name may lie below that of the name as it was written, which it
// does where an apostrophe parted a word. Names that were parted to single letters are always looked up.
const slack = 200

// valuesNear are the values of the attribute "party" under which those are found whose names may score so much with one.
// Names are kept folded, so it is asked for as it was written and folded.
func valuesNear(view ledger.View, name string, least uint32) ([]string, error) {
	near := map[string]bool{}
	texts := []string{name, ledger.FoldName(name)}
	forms := []names.Name{names.Parse(texts[0]), names.Parse(texts[1])}
	if slices.Equal(forms[0].Keys(), forms[1].Keys()) {
		texts, forms = texts[:1], forms[:1]
	}
	for _, text := range texts {
		found, err := view.NamesNear(text)
		if err != nil {
			return nil, fmt.Errorf("find names on record that are near: %w", err)
		}
		for _, n := range found {
			near[n] = true
		}
	}
	var values []string
	for n := range near {
		if least <= slack || hasLetter(n) || mayScore(forms, n, least) {
			values = append(values, "name:"+n)
		}
	}
	return values, nil
}

func mayScore(forms []names.Name, folded string, least uint32) bool {
	other := names.Parse(folded)
	return slices.ContainsFunc(forms, func(f names.Name) bool { return thousandths(names.Compare(f, other).Score)+slack >= least })
}

// hasLetter reports whether a word of a folded name is a single letter.
func hasLetter(folded string) bool {
	return slices.ContainsFunc(strings.Fields(folded), func(word string) bool { return utf8.RuneCountInString(word) == 1 })
}
