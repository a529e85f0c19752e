package names

import (
	"cmp"
	"slices"
	"strings"
)

// Compare says how alike two names are. The order of words does not matter, and Compare(a, b) scores as
// Compare(b, a). Each token takes part in one pair, the most alike first.
//
// A shorter name that is wholly in a longer one counts the rest of the longer at a third, so that "Jorge Galvez" comes
// near "Jorge Luis Pascual Galvez"; that needs two words of weight 1, which short names and words of business have not.
func Compare(query, listed Name) Match {
	c := comparison{query: query.Tokens, listed: listed.Tokens}
	c.takenQ, c.takenL = make([]bool, len(c.query)), make([]bool, len(c.listed))
	candidates := c.candidates()
	slices.SortFunc(candidates, candidate.compare)
	for _, k := range candidates {
		c.take(k)
	}
	return c.match()
}

// candidate is a pair that could be made. Its second index is -1 unless two words on that side were joined.
type candidate struct {
	Pair
	query, listed [2]int
}

// compare orders candidates by what they are worth and then by content, never by place in the name nor by side, so
// that neither changes the score.
func (a candidate) compare(b candidate) int {
	return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), cmp.Compare(b.Weight, a.Weight),
		strings.Compare(min(a.Query, a.Listed), min(b.Query, b.Listed)),
		strings.Compare(max(a.Query, a.Listed), max(b.Query, b.Listed)))
}

type comparison struct {
	query, listed  []Token
	takenQ, takenL []bool
	pairs          []Pair
}

func (c *comparison) candidates() []candidate {
	all := make([]candidate, 0, len(c.query)+len(c.listed))
	for i := range c.query {
		for j := range c.listed {
			q, l := &c.query[i], &c.listed[j]
			if s, how := similar(q, l); s > 0 {
				all = append(all, candidate{Pair{q.Text, l.Text, s, q.Weight + l.Weight, how}, [2]int{i, -1}, [2]int{j, -1}})
			}
		}
	}
	eachJoined(c.query, c.listed, func(first, second, whole int, s float64) {
		a, b, l := &c.query[first], &c.query[second], &c.listed[whole]
		p := Pair{a.Text + " " + b.Text, l.Text, s, a.Weight + b.Weight + l.Weight, Joined}
		all = append(all, candidate{p, [2]int{first, second}, [2]int{whole, -1}})
	})
	eachJoined(c.listed, c.query, func(first, second, whole int, s float64) {
		a, b, q := &c.listed[first], &c.listed[second], &c.query[whole]
		p := Pair{q.Text, a.Text + " " + b.Text, s, a.Weight + b.Weight + q.Weight, Joined}
		all = append(all, candidate{p, [2]int{whole, -1}, [2]int{first, second}})
	})
	return all
}

// eachJoined finds two words on one side that are one on the other. Legal forms are never part of it.
func eachJoined(parts, wholes []Token, found func(first, second, whole int, similarity float64)) {
	for w := range wholes {
		whole := &wholes[w]
		if len(whole.Text) < 4 || whole.kind == legalForm {
			continue
		}
		for i := range parts {
			if parts[i].kind == legalForm || whole.sound[0] != parts[i].sound[0] || len(parts[i].sound) >= len(whole.sound) {
				continue
			}
			for j := range parts {
				if i == j || parts[j].kind == legalForm {
					continue
				}
				if s := joined(&parts[i], &parts[j], whole); s > 0 {
					found(i, j, w, s)
				}
			}
		}
	}
}

// take makes the pair unless one of its tokens is in another by now.
func (c *comparison) take(k candidate) {
	if anyTaken(c.takenQ, k.query) || anyTaken(c.takenL, k.listed) {
		return
	}
	setTaken(c.takenQ, k.query)
	setTaken(c.takenL, k.listed)
	c.pairs = append(c.pairs, k.Pair)
}

func anyTaken(taken []bool, at [2]int) bool { return taken[at[0]] || at[1] >= 0 && taken[at[1]] }

func setTaken(taken []bool, at [2]int) {
	taken[at[0]] = true
	if at[1] >= 0 {
		taken[at[1]] = true
	}
}

// match adds what is unmatched, and shares out the weight.
func (c *comparison) match() Match {
	discountQ, discountL := 1.0, 1.0
	if c.contained() {
		restQ, restL := rest(c.query, c.takenQ), rest(c.listed, c.takenL)
		if restQ == 0 {
			discountL = 1.0 / 3
		} else if restL == 0 {
			discountQ = 1.0 / 3
		}
	}
	for i, t := range c.query {
		if !c.takenQ[i] {
			c.pairs = append(c.pairs, Pair{Query: t.Text, Weight: t.Weight * discountQ, How: Unmatched})
		}
	}
	for i, t := range c.listed {
		if !c.takenL[i] {
			c.pairs = append(c.pairs, Pair{Listed: t.Text, Weight: t.Weight * discountL, How: Unmatched})
		}
	}
	return score(c.pairs)
}

func score(pairs []Pair) Match {
	slices.SortFunc(pairs, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(b.Similarity, a.Similarity),
			strings.Compare(a.Query, b.Query), strings.Compare(a.Listed, b.Listed))
	})
	total := 0.0
	for _, p := range pairs {
		total += p.Weight
	}
	m := Match{Pairs: pairs}
	for i := range pairs {
		pairs[i].Weight /= total
		m.Score += pairs[i].Weight * pairs[i].Similarity
	}
	m.Score = min(m.Score, 1)
	return m
}

// rest is the weight of what is unmatched but for legal forms.
func rest(tokens []Token, taken []bool) (sum float64) {
	for i, t := range tokens {
		if !taken[i] && t.kind != legalForm {
			sum += t.Weight
		}
	}
	return sum
}

// contained reports whether enough was matched to speak of one name in another.
func (c *comparison) contained() bool {
	n := 0
	for i, t := range c.query {
		if c.takenQ[i] && t.kind == word && t.Weight == 1 {
			n++
		}
	}
	return n > 1
}
