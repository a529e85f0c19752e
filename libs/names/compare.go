package names

import (
	"cmp"
	"slices"
	"strings"
)

// Compare says how alike two names are, and why. The order of words does not matter, and Compare(a, b) scores as
// Compare(b, a). Each token takes part in one pair, the most alike first.
//
// A common word of business that both names have counts half, because most names have one. A shorter name that is
// wholly in a longer one counts the other words of the longer, but for words of business, at a third, so that "Jorge
// Galvez" comes near "Jorge Luis Pascual Galvez"; that needs two words of weight 1 that are nearly equal.
func Compare(query, listed Name) Match {
	c := compare(query, listed)
	return Match{Score: c.score(), Pairs: c.explain()}
}

// Score returns the score of Compare without the explanation, at about half the cost.
func Score(query, listed Name) float64 {
	c := compare(query, listed)
	return c.score()
}

// comparison is two names with the pairs that were made.
type comparison struct {
	query, listed  []Token
	takenQ, takenL uint64 // a bit for each token; maxTokens is below 64
	pairs          []candidate
}

// candidate is a pair that could be made. Its second index is -1 unless two words on that side were joined.
type candidate struct {
	similarity, weight float64
	query, listed      [2]int8
	how                How
}

func compare(query, listed Name) comparison {
	c := comparison{query: query.Tokens, listed: listed.Tokens}
	all := c.candidates()
	slices.SortFunc(all, c.order)
	c.pairs = all[:0]
	for _, k := range all {
		q, l := maskOf(k.query), maskOf(k.listed)
		if c.takenQ&q|c.takenL&l == 0 {
			c.takenQ, c.takenL = c.takenQ|q, c.takenL|l
			c.pairs = append(c.pairs, k)
		}
	}
	return c
}

func maskOf(at [2]int8) uint64 {
	if at[1] < 0 {
		return 1 << at[0]
	}
	return 1<<at[0] | 1<<at[1]
}

// order sorts candidates by what they are worth and then by content, never by place in the name nor by side, so that
// neither changes the score.
func (c *comparison) order(a, b candidate) int {
	if by := cmp.Or(cmp.Compare(b.similarity, a.similarity), cmp.Compare(b.weight, a.weight)); by != 0 {
		return by
	}
	aq, al, bq, bl := textAt(c.query, a.query), textAt(c.listed, a.listed), textAt(c.query, b.query), textAt(c.listed, b.listed)
	return cmp.Or(strings.Compare(min(aq, al), min(bq, bl)), strings.Compare(max(aq, al), max(bq, bl)))
}

func textAt(tokens []Token, at [2]int8) string {
	if at[1] < 0 {
		return tokens[at[0]].Text
	}
	return tokens[at[0]].Text + " " + tokens[at[1]].Text
}

func (c *comparison) candidates() []candidate {
	all := make([]candidate, 0, max(len(c.query), len(c.listed)))
	for i := range c.query {
		for j := range c.listed {
			q, l := &c.query[i], &c.listed[j]
			if s, how := similar(q, l); s > 0 {
				all = append(all, candidate{s, pairWeight(q, l), [2]int8{int8(i), -1}, [2]int8{int8(j), -1}, how})
			}
		}
	}
	eachJoined(c.query, c.listed, func(first, second, whole int8, s, weight float64) {
		all = append(all, candidate{s, weight, [2]int8{first, second}, [2]int8{whole, -1}, Joined})
	})
	eachJoined(c.listed, c.query, func(first, second, whole int8, s, weight float64) {
		all = append(all, candidate{s, weight, [2]int8{whole, -1}, [2]int8{first, second}, Joined})
	})
	return all
}

func pairWeight(q, l *Token) float64 {
	if q.kind == generic && l.kind == generic {
		return (q.Weight + l.Weight) / 2
	}
	return q.Weight + l.Weight
}

// eachJoined finds two words on one side that are one on the other. Legal forms are never part of it.
func eachJoined(parts, wholes []Token, found func(first, second, whole int8, similarity, weight float64)) {
	for w := range wholes {
		whole := &wholes[w]
		if len(whole.Text) < 4 || whole.kind == legalForm {
			continue
		}
		for i := range parts {
			a := &parts[i]
			if a.kind == legalForm || whole.sound[0] != a.sound[0] || len(a.sound) >= len(whole.sound) {
				continue
			}
			for j := range parts {
				b := &parts[j]
				if i == j || b.kind == legalForm {
					continue
				}
				if s := joined(a, b, whole); s > 0 {
					found(int8(i), int8(j), int8(w), s, a.Weight+b.Weight+whole.Weight)
				}
			}
		}
	}
}
