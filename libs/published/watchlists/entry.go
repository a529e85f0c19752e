package watchlists

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/published"
	"github.com/counterfoil/counterfoil/libs/refdata"
)

func missing(onRecord map[string][32]byte, seen map[string]bool) (keys []string) {
	for _, key := range sortedKeys(onRecord) {
		if !seen[key] {
			keys = append(keys, key)
		}
	}
	return keys
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// builder makes a list.
type builder struct {
	file              string
	list              List
	lines             []int // of the entries
	problems, remarks published.Findings
}

func (b *builder) problem(line int, reason string) { b.problems.Add(b.file, line, reason) }
func (b *builder) remark(line int, reason string)  { b.remarks.Add(b.file, line, reason) }

func (b *builder) add(line int, e Entry) {
	b.list.Entries, b.lines = append(b.list.Entries, e), append(b.lines, line)
}

// finish sorts what has no order, takes the digests, and tells apart entries with the same key.
func (b *builder) finish() List {
	byKey := map[string][]int{}
	for i := range b.list.Entries {
		e := &b.list.Entries[i]
		e.Names = distinctNames(e.Names)
		e.Countries, e.Identifiers = distinct(e.Countries), distinct(e.Identifiers)
		e.Digest = digest(e)
		byKey[e.Key] = append(byKey[e.Key], i)
	}
	for key, same := range byKey {
		slices.SortStableFunc(same, func(x, y int) int {
			return bytes.Compare(b.list.Entries[x].Digest[:], b.list.Entries[y].Digest[:])
		})
		n := 1
		for _, i := range same[1:] {
			for n++; byKey[fmt.Sprintf("%s#%d", key, n)] != nil; n++ {
			}
			b.list.Entries[i].Key = fmt.Sprintf("%s#%d", key, n)
		}
	}
	for i, e := range b.list.Entries {
		if len(byKey[e.Key]) != 1 {
			b.remark(b.lines[i], "its key is that of another row too; told apart by number")
		}
	}
	b.list.Problems, b.list.Remarks = b.problems.List, b.remarks.List
	return b.list
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

func distinctNames(names []Name) (all []Name) {
	seen := map[string]bool{}
	for _, n := range names {
		if n.Text != "" && !seen[n.Text] {
			seen[n.Text] = true
			all = append(all, n)
		}
	}
	return all
}

// digest covers every field but the key, each with its length before it.
func digest(e *Entry) (sum [32]byte) {
	h := sha256.New()
	text := func(list ...string) {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(list))))
		for _, s := range list {
			h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s))))
			h.Write([]byte(s))
		}
	}
	text("counterfoil watch list entry v1", string(e.Type), e.ListedOn, e.Until, e.Remarks)
	for _, n := range e.Names {
		text(n.Text, string(n.Kind), n.Original)
	}
	text(e.Programmes...)
	text(e.Countries...)
	text(e.Identifiers...)
	text(e.BirthDates...)
	text(e.Addresses...)
	h.Sum(sum[:0])
	return sum
}

// space writes runs of white space as one blank and cuts it off at the ends.
func space(s string) string { return strings.Join(strings.Fields(s), " ") }

// country adds a country by name or code, or keeps it in the remarks.
func (b *builder) country(line int, e *Entry, name string) {
	name = space(name)
	code, ok := refdata.Country(name)
	switch {
	case name == "" || name == "na":
	case ok:
		e.Countries = append(e.Countries, code)
	case len(name) == 2 && refdata.ValidCountry(name):
		e.Countries = append(e.Countries, name)
	default:
		e.Remarks = also(e.Remarks, "country: "+name)
		b.remark(line, fmt.Sprintf("%q is the name of no country that is known; kept in the remarks", name))
	}
}

func also(remarks, more string) string {
	if remarks == "" || more == "" {
		return remarks + more
	}
	return remarks + "; " + more
}

var dayForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`)

// day reads a date in the form given (see package time) and notes one that is none. No list was kept before 1900, nor
// will be for a while.
func (b *builder) day(line int, what, form, text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	if form == time.DateOnly && dayForm.MatchString(text) && len(text) > 10 {
		b.remark(line, what+" has an offset from Greenwich; the day stands as it is")
		text = text[:10]
	}
	t, err := time.Parse(form, text)
	if err != nil {
		b.remark(line, fmt.Sprintf("%s %q is no date; left out", what, text))
		return ""
	}
	if t.Year() < 1900 || t.Year() > 2100 {
		b.remark(line, fmt.Sprintf("%s is in the year %d; left out", what, t.Year()))
		return ""
	}
	return t.Format(time.DateOnly)
}
