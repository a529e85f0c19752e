package names

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// score is rounded to six decimals, because machines differ in the last digits of the same arithmetic.
func (c *comparison) score() float64 {
	sum, total := 0.0, 0.0
	for _, p := range c.pairs {
		sum, total = sum+p.similarity*p.weight, total+p.weight
	}
	inListed, inQuery := c.contained(c.query, c.takenQ), c.contained(c.listed, c.takenL)
	total += unmatched(c.query, c.takenQ, inQuery) + unmatched(c.listed, c.takenL, inListed)
	if total == 0 {
		return 0
	}
	return math.Round(min(sum/total, 1)*1e6) / 1e6
}

// explain lists every pair and every token without one.
func (c *comparison) explain() []Pair {
	pairs := make([]Pair, 0, len(c.query)+len(c.listed))
	for _, p := range c.pairs {
		pairs = append(pairs, Pair{textAt(c.query, p.query), textAt(c.listed, p.listed), p.similarity, p.weight, p.how})
	}
	inListed, inQuery := c.contained(c.query, c.takenQ), c.contained(c.listed, c.takenL)
	for i, t := range c.query {
		if c.takenQ>>i&1 == 0 {
			pairs = append(pairs, Pair{Query: t.Text, Weight: weightAlone(t, inQuery), How: Unmatched})
		}
	}
	for i, t := range c.listed {
		if c.takenL>>i&1 == 0 {
			pairs = append(pairs, Pair{Listed: t.Text, Weight: weightAlone(t, inListed), How: Unmatched})
		}
	}
	total := 0.0
	for _, p := range pairs {
		total += p.Weight
	}
	for i := range pairs {
		pairs[i].Weight /= total
	}
	slices.SortFunc(pairs, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(b.Similarity, a.Similarity),
			strings.Compare(a.Query, b.Query), strings.Compare(a.Listed, b.Listed))
	})
	return pairs
}

// unmatched is the weight of the tokens that are in no pair.
func unmatched(tokens []Token, taken uint64, containsOther bool) (sum float64) {
	for i, t := range tokens {
		if taken>>i&1 == 0 {
			sum += weightAlone(t, containsOther)
		}
	}
	return sum
}

// weightAlone is what a token counts for that the other name has not; less where that name is contained in this one.
func weightAlone(t Token, containsOther bool) float64 {
	if containsOther && (t.kind == word || t.kind == initial || t.kind == particle) {
		return t.Weight / 3
	}
	return t.Weight
}

// contained reports whether all of a name but legal forms and particles is in the other, nearly as it stands.
func (c *comparison) contained(tokens []Token, taken uint64) bool {
	for i, t := range tokens {
		if taken>>i&1 == 0 && t.kind != legalForm && t.kind != particle {
			return false
		}
	}
	words := 0
	for _, p := range c.pairs {
		if p.similarity < leastOfCommon && p.how == Spelling {
			return false
		}
		if p.weight >= 2 {
			words++
		}
	}
	return words > 1
}
