package screening

import (
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/names"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// query is a party made ready to be compared.
type query struct {
	*transferv1.Party
	name names.Name
}

func ask(p *transferv1.Party) query {
	q := query{Party: p}
	if named(p) {
		q.name = names.Parse(p.GetName())
	}
	return q
}

// compare returns how near a party comes to a record: the best over all whom the record is about.
func (q query) compare(r *record) *screeningv1.Hit {
	best := &screeningv1.Hit{}
	for i, who := range r.about {
		if h := q.compareWith(who); i == 0 || h.Score > best.Score {
			best = h
		}
	}
	best.Role, best.Against, best.Id, best.Digest = q.GetRole(), r.against, r.GetId(), r.digest
	return best
}

// compareWith scores by name, then looks at what else both sides say. An identifier in common settles it whatever the
// names are.
func (q query) compareWith(who somebody) *screeningv1.Hit {
	h := q.compareNames(who.names)
	for _, id := range q.GetIdentifiers() {
		if slices.Contains(who.identifiers, id) && !slices.Contains(h.Identifiers, id) {
			h.Identifiers = append(h.Identifiers, id)
		}
	}
	h.Country = country(q.GetCountry(), who.countries)
	if len(h.Identifiers) > 0 {
		h.Score = 1000
		return h
	}
	if mine, theirs := differing(q.GetIdentifiers(), who.identifiers); mine != "" {
		h.Score -= min(h.Score, otherIdentifier)
		h.Pairs = append(h.Pairs, &screeningv1.Pair{Word: mine, Listed: theirs, How: fmt.Sprintf("other identifier: %d less", otherIdentifier)})
	}
	if h.Country == "other" {
		least := min(h.Score, ReviewLine)
		h.Score = max(h.Score-min(h.Score, otherCountry), least)
		h.Pairs = append(h.Pairs, &screeningv1.Pair{Word: q.GetCountry(), Listed: strings.Join(who.countries, " "), How: fmt.Sprintf("other country: up to %d less", otherCountry)})
	}
	return h
}

// compareNames compares with each name as it was written, and keeps the best.
func (q query) compareNames(listed []string) *screeningv1.Hit {
	h := &screeningv1.Hit{}
	var best names.Match
	for _, text := range listed {
		if h.Name == "" {
			h.Name = text
		}
		if ledger.FoldName(text) == nobody {
			continue
		}
		if m := names.Compare(q.name, names.Parse(text)); m.Score > best.Score {
			best, h.Name = m, text
		}
	}
	h.Score = thousandths(best.Score)
	for _, p := range best.Pairs {
		h.Pairs = append(h.Pairs, &screeningv1.Pair{
			Word: p.Query, Listed: p.Listed, Similarity: thousandths(p.Similarity), Weight: thousandths(p.Weight), How: string(p.How),
		})
	}
	return h
}

func country(mine string, theirs []string) string {
	switch {
	case mine == "" || len(theirs) == 0:
		return "unknown"
	case slices.Contains(theirs, mine):
		return "same"
	default:
		return "other"
	}
}

// differing returns the first two identifiers of one scheme that gives each body one; neither list has one of the other's.
func differing(mine, theirs []string) (string, string) {
	for _, x := range mine {
		for _, y := range theirs {
			if scheme(x) == scheme(y) && settles(scheme(x)) {
				return x, y
			}
		}
	}
	return "", ""
}

// settles reports whether a scheme gives each body one identifier, so that another one speaks for another body. Papers,
// such as passports, do not: a person has several.
func settles(scheme string) bool {
	switch scheme {
	case "lei", "eori", "imo", "imo-company":
		return true
	}
	return strings.HasSuffix(scheme, "-reg") // a State's register of companies
}

func scheme(identifier string) string {
	before, _, _ := strings.Cut(identifier, ":")
	return before
}
