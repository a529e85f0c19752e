package published

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// Changes is what leads from what is on record to an edition.
type Changes struct {
	// Added holds the entries that are not on record, in order of date, then digest. Recording them cannot meet an id
	// that is on record.
	Added []*licensingv1.Addition
	// Changed holds the entries on record that the edition states otherwise, in order of id.
	Changed []*licensingv1.Change
	// Withdrawn holds the ids of what the edition no longer has, in order.
	Withdrawn []string
	// LinesAdded and LinesWithdrawn count lines by content, whichever entry they are in: a line that moved from one
	// entry to another was neither added nor withdrawn.
	LinesAdded, LinesWithdrawn int
}

// Empty reports whether the edition is on record as it is.
func (c Changes) Empty() bool {
	return len(c.Added) == 0 && len(c.Changed) == 0 && len(c.Withdrawn) == 0
}

// Compare says what an edition changes, comparing multisets of content: equal contents cancel one by one. What is
// left is paired, so that a change is told from a withdrawal and an addition where the content lets it: first entries
// with equal lines that differ in the rest, then those that share most lines, each at most once and never a grant
// with a refusal. Equal inputs in any order give equal Changes; neither input is altered.
//
// Which of several equally good partners is chosen has no meaning, only a rule (the smallest id). Where more than 32
// left-over entries share a line, only the first 32 by id are looked at as partners for it; the others may
// then come out as withdrawn and added, which ends in the same record.
func Compare(onRecord []*licensingv1.EntryOnRecord, edition []*licensingv1.Entry) Changes {
	old, next := oldItems(onRecord), newItems(edition)
	c := Changes{}
	c.LinesAdded, c.LinesWithdrawn = countLines(old, next)

	old, next, _ = cancel(old, next, func(i item) string { return string(i.digest) })
	old, next, pairs := cancel(old, next, item.lineKey)
	old, next, more := pairByLines(old, next)

	for _, p := range append(pairs, more...) {
		c.Changed = append(c.Changed, &licensingv1.Change{Id: p.old.id, Entry: p.next.entry})
	}
	slices.SortFunc(c.Changed, func(a, b *licensingv1.Change) int { return strings.Compare(a.Id, b.Id) })
	for _, o := range old {
		c.Withdrawn = append(c.Withdrawn, o.id)
	}
	c.Added = additions(onRecord, next)
	return c
}

// additions gives each new entry the first ordinal whose id is free. An entry on record keeps its id when its content
// changes, so the ids in use say more than the digests on record.
func additions(onRecord []*licensingv1.EntryOnRecord, next []item) []*licensingv1.Addition {
	if len(next) == 0 {
		return nil
	}
	used := make(map[string]bool, len(onRecord))
	for _, o := range onRecord {
		used[keyOf(o.Id)] = true
	}
	added := make([]*licensingv1.Addition, len(next))
	highest := make(map[string]uint32)
	for i, n := range next {
		prefix := string(n.digest[:10])
		ordinal := highest[prefix] + 1
		for used[entryKey(n.digest, ordinal)] {
			ordinal++
		}
		highest[prefix] = ordinal
		added[i] = &licensingv1.Addition{Entry: n.entry, Ordinal: ordinal}
	}
	return added
}

// item is an entry on either side.
type item struct {
	id      string             // on record
	entry   *licensingv1.Entry // in the edition
	digest  []byte
	refused bool
	lines   [][]byte // digests, sorted
}

// lineKey is equal for entries with equal lines and the same decision.
func (i item) lineKey() string {
	if i.refused {
		return "refused" + string(bytes.Join(i.lines, nil))
	}
	return "granted" + string(bytes.Join(i.lines, nil))
}

func oldItems(onRecord []*licensingv1.EntryOnRecord) []item {
	items := make([]item, len(onRecord))
	for i, o := range onRecord {
		lines := slices.Clone(o.Lines)
		slices.SortFunc(lines, bytes.Compare)
		items[i] = item{id: o.Id, digest: o.Digest, refused: o.Refused, lines: lines}
	}
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.id, b.id) })
	return items
}

func newItems(edition []*licensingv1.Entry) []item {
	items := make([]item, len(edition))
	for i, e := range edition {
		items[i] = item{entry: e, digest: e.Digest, refused: e.Refused, lines: LineDigests(e)}
	}
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Or(strings.Compare(a.entry.Date, b.entry.Date), bytes.Compare(a.digest, b.digest))
	})
	return items
}

func countLines(old, next []item) (added, withdrawn int) {
	balance := make(map[string]int)
	for _, n := range next {
		for _, l := range n.lines {
			balance[string(l)]++
		}
	}
	for _, o := range old {
		for _, l := range o.lines {
			balance[string(l)]--
		}
	}
	for _, b := range balance {
		if b > 0 {
			added += b
		} else {
			withdrawn -= b
		}
	}
	return added, withdrawn
}

type pair struct{ old, next item }

// cancel pairs items of equal key one by one, in order, and returns what is left on either side and the pairs.
func cancel(old, next []item, key func(item) string) (oldRest, nextRest []item, pairs []pair) {
	byKey := make(map[string][]int, len(old))
	for i, o := range old {
		k := key(o)
		byKey[k] = append(byKey[k], i)
	}
	taken := make([]bool, len(old))
	for _, n := range next {
		k := key(n)
		partners := byKey[k]
		if len(partners) == 0 {
			nextRest = append(nextRest, n)
			continue
		}
		taken[partners[0]] = true
		pairs = append(pairs, pair{old[partners[0]], n})
		byKey[k] = partners[1:]
	}
	return untaken(old, taken), nextRest, pairs
}

// maxPartners bounds how many entries on record are looked at for one line of the edition.
const maxPartners = 32

// pairByLines pairs items that share lines, the most shared lines first.
func pairByLines(old, next []item) (oldRest, nextRest []item, pairs []pair) {
	withLine := make(map[string][]int)
	for i, o := range old {
		for _, l := range slices.CompactFunc(slices.Clone(o.lines), bytes.Equal) {
			if with := withLine[string(l)]; len(with) < maxPartners {
				withLine[string(l)] = append(with, i)
			}
		}
	}
	type match struct{ shared, old, next int }
	var matches []match
	for j, n := range next {
		seen := make(map[int]bool)
		for _, l := range n.lines {
			for _, i := range withLine[string(l)] {
				if !seen[i] && old[i].refused == n.refused {
					seen[i] = true
					matches = append(matches, match{sharedLines(old[i].lines, n.lines), i, j})
				}
			}
		}
	}
	slices.SortFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.shared, a.shared), cmp.Compare(a.old, b.old), cmp.Compare(a.next, b.next))
	})
	oldTaken, nextTaken := make([]bool, len(old)), make([]bool, len(next))
	for _, m := range matches {
		if !oldTaken[m.old] && !nextTaken[m.next] {
			oldTaken[m.old], nextTaken[m.next] = true, true
			pairs = append(pairs, pair{old[m.old], next[m.next]})
		}
	}
	return untaken(old, oldTaken), untaken(next, nextTaken), pairs
}

func untaken(items []item, taken []bool) []item {
	var rest []item
	for i, it := range items {
		if !taken[i] {
			rest = append(rest, it)
		}
	}
	return rest
}

// sharedLines counts what two sorted lists have in common.
func sharedLines(a, b [][]byte) (n int) {
	for len(a) > 0 && len(b) > 0 {
		switch c := bytes.Compare(a[0], b[0]); {
		case c == 0:
			a, b, n = a[1:], b[1:], n+1
		case c < 0:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return n
}
