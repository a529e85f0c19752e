// Package custody says, from what is on one ledger, who had an item: from the licence over declarations, exits and arrivals to
// deliveries, sightings and recoveries; who took it over lawfully last; and what should have followed and did not. It names
// nobody where the records can be read in two ways. Its functions depend on the view and their arguments alone.
package custody

import (
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/marks"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// comparing says how far two marks are of one item, as marks.Compare does.
type comparing func(a, b marks.Mark) marks.Match

// once compares each two marks once: several records state the same.
func (c comparing) once() comparing {
	known := map[[2]marks.Mark]marks.Match{}
	return func(a, b marks.Mark) marks.Match {
		match, ok := known[[2]marks.Mark{a, b}]
		if !ok {
			match = c(a, b)
			known[[2]marks.Mark{a, b}] = match
		}
		return match
	}
}

// Of returns the chain of custody of every item on record whose mark may be the one asked for, each apart, in the order of
// their marks: several makers and models share serials. Parts of the mark that are empty ask for any; the serial is stated in
// full, since records are found by marks.Normalize of it. Without a record it is empty.
//
// Only records whose mark is the same as the item's count for what is concluded (docs/tracing.md: never the serial
// alone); others are shown with their reasons. Stages are those of docs/tracing.md. No clock is read: a step is overdue
// where a record says so, or the item was found elsewhere.
func Of(view ledger.View, mark *transferv1.Mark) ([]*queryv1.Custody, error) {
	return of(view, mark, marks.Compare)
}

func of(view ledger.View, mark *transferv1.Mark, compare comparing) ([]*queryv1.Custody, error) {
	if err := Findable(mark); err != nil {
		return nil, err
	}
	records, err := find(view, marks.Normalize(mark.GetSerial()))
	if err != nil {
		return nil, err
	}
	compare = compare.once()
	all := group(records, compare)
	var chains []*queryv1.Custody
	for _, it := range all {
		match := compare(marks.Of(filled(mark, it.mark)), marks.Of(it.mark))
		if match.Level == marks.Different {
			continue
		}
		if err := it.gather(view, records, all, compare); err != nil {
			return nil, err
		}
		chain, err := it.judge(view)
		if err != nil {
			return nil, err
		}
		chain.Match, chain.Reasons = string(match.Level), match.Reasons
		if match.Level != marks.Same && it.whole {
			nameNobody(chain, "the serial that was asked for is another reading of the one on record")
		}
		chains = append(chains, chain)
	}
	return chains, nil
}

// Findable refuses a mark that records cannot be found by: one without a serial, or with one that was not read in full.
func Findable(mark *transferv1.Mark) error {
	switch serial := mark.GetSerial(); {
	case marks.Normalize(serial) == "":
		return fault.Errorf(fault.Invalid, "state the serial: records are found by it")
	case strings.ContainsAny(serial, "?*"):
		return fault.Errorf(fault.Invalid, "serial %q was not read in full, and records are found by a whole one; ask for each that it may be", serial)
	}
	return nil
}

// filled is a mark with its empty parts taken from another.
func filled(m, from *transferv1.Mark) *transferv1.Mark {
	or := func(a, b string) string {
		if a == "" {
			return b
		}
		return a
	}
	return &transferv1.Mark{
		Maker: or(m.GetMaker(), from.GetMaker()), Country: or(m.GetCountry(), from.GetCountry()), Model: or(m.GetModel(), from.GetModel()),
		Calibre: or(m.GetCalibre(), from.GetCalibre()), Serial: m.GetSerial(), Year: m.GetYear(), ImportMark: m.GetImportMark(),
	}
}

// text orders marks, and tells whether two are written alike.
func text(m *transferv1.Mark) string {
	return strings.Join([]string{m.GetMaker(), m.GetCountry(), m.GetModel(), m.GetSerial(), m.GetCalibre()}, "\x00")
}

// group returns the items that the records are of: one for each mark that is stated in full and not the same as another, and
// one for each that is stated in part and may be of none of those. An item goes by the mark that stands first: on a
// declaration, where there is one.
func group(records []*record, compare comparing) []*item {
	var items []*item
	var part []*transferv1.Mark
	for _, r := range records {
		for _, m := range r.readings {
			if compare(marks.Of(m.mark), marks.Of(m.mark)).Level != marks.Same {
				part = append(part, m.mark)
			} else if !slices.ContainsFunc(items, func(it *item) bool { return compare(marks.Of(m.mark), marks.Of(it.mark)).Level == marks.Same }) {
				items = append(items, &item{mark: m.mark, whole: true})
			}
		}
	}
	for _, m := range part {
		fits := func(it *item) bool {
			return text(m) == text(it.mark) || compare(marks.Of(m), marks.Of(it.mark)).Level != marks.Different
		}
		if !slices.ContainsFunc(items, fits) {
			items = append(items, &item{mark: m})
		}
	}
	slices.SortStableFunc(items, func(a, b *item) int { return strings.Compare(text(a.mark), text(b.mark)) })
	return items
}
