package names

import (
	"cmp"
	"slices"
	"strings"
)

// Index finds the names alike to a query in memory. The zero Index is empty and ready. Search may be called from
// several goroutines as long as nobody calls Add.
type Index struct {
	entries  []indexed
	postings map[string][]int32
}

type indexed struct {
	id, text string
	name     Name
	keys     int
}

// Hit is a name of the index that a person has to look at.
type Hit struct {
	ID, Name string
	Match    Match
}

// Add puts a name under an id. An id may have several names.
func (x *Index) Add(id, name string) {
	if x.postings == nil {
		x.postings = map[string][]int32{}
	}
	n := Parse(name)
	keys := n.Keys()
	for _, k := range keys {
		x.postings[k] = append(x.postings[k], int32(len(x.entries)))
	}
	x.entries = append(x.entries, indexed{id, name, n, len(keys)})
}

// Search returns the names that score ReviewLine or more, the best first, then in order of id and name.
func (x *Index) Search(name string) []Hit {
	query := Parse(name)
	keys := query.Keys()
	shared := make([]uint8, len(x.entries)) // a name has at most some 300 keys, and 255 shared is enough
	for _, k := range keys {
		for _, at := range x.postings[k] {
			shared[at] = max(shared[at], shared[at]+1)
		}
	}
	var hits []Hit
	for at, n := range shared {
		e := &x.entries[at]
		if n == 0 || !Enough(int(n), len(keys), e.keys) {
			continue
		}
		if Score(query, e.name) >= ReviewLine {
			hits = append(hits, Hit{e.id, e.text, Compare(query, e.name)})
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Match.Score, a.Match.Score), strings.Compare(a.ID, b.ID), strings.Compare(a.Name, b.Name))
	})
	return hits
}
