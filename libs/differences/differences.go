// Package differences says how rows differ between two states of an agency's ledger: field by field, and by which events.
package differences

import (
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Of returns how a row differs between two ledgers of one agency, of which before has less of its history, or the other way round.
// The filter decides whether it came or went: a row that is there, and kept only afterwards, came, and says all the same which of its
// fields changed. Its events are those that only one of the ledgers has: of a line that is gone, the one by which its licence or denial
// was left without it.
func Of(before, after ledger.View, p ledger.RowPair) (*queryv1.Difference, error) {
	d := &queryv1.Difference{Table: p.Table, Id: p.ID, Row: p.After, Kind: queryv1.DifferenceKind_DIFFERENCE_KIND_CHANGED}
	switch {
	case !p.WasKept:
		d.Kind = queryv1.DifferenceKind_DIFFERENCE_KIND_CAME
	case !p.IsKept:
		d.Kind = queryv1.DifferenceKind_DIFFERENCE_KIND_WENT
	}
	was, is := inner(p.Before), inner(p.After)
	var err error
	switch {
	case is == nil:
		d.Row = p.Before
	case was != nil:
		if d.Changes, err = Fields(was, is); err != nil {
			return nil, fmt.Errorf("compare %s: %w", p.ID, err)
		}
	}
	if d.Events, err = events(before, after, was, is); err != nil {
		return nil, fmt.Errorf("find the events that changed %s: %w", p.ID, err)
	}
	return d, nil
}

// inner is the row in its wrapping; nil when there is none.
func inner(row *queryv1.Row) ledger.Made {
	_, m := ledger.Unwrap(row)
	made, _ := m.(ledger.Made)
	return made
}

// events are those behind a difference, in the order of their journal. What both ledgers have is between neither.
func events(before, after ledger.View, was, is ledger.Made) ([]*queryv1.EventNote, error) {
	if was == nil && is == nil {
		return nil, nil
	}
	var had, has []uint64
	of := is
	if was != nil {
		had, of = was.GetEvents(), was
	}
	if is != nil {
		has, of = is.GetEvents(), is
	}
	id, err := journal.ParseID(of.GetJournal())
	if err != nil {
		return nil, err
	}
	between := slices.Concat(without(has, had), without(had, has))
	slices.Sort(between)
	var notes []*queryv1.EventNote
	for _, number := range between {
		there, err := before.Has(id, number)
		if err != nil {
			return nil, err
		}
		alsoThere, err := after.Has(id, number)
		if err != nil {
			return nil, err
		}
		if there && alsoThere {
			continue
		}
		in := after
		if there {
			in = before
		}
		n, err := in.Note(id, number)
		if err != nil {
			return nil, err
		}
		notes = append(notes, n)
	}
	if len(notes) > 0 {
		return notes, nil
	}
	switch {
	case is == nil:
		return leftOut(before, after, was)
	case was == nil:
		return leftOut(after, before, is)
	}
	return nil, nil
}

// without are the numbers that others does not have.
func without(numbers, others []uint64) (left []uint64) {
	for _, n := range numbers {
		if !slices.Contains(others, n) {
			left = append(left, n)
		}
	}
	return left
}

// leftOut is the event by which a line's licence or denial was left without it: of those that state its lines and that only the later ledger
// has, the first after the last that has the line. Where its content is gone, all that could have done it.
func leftOut(earlier, later ledger.View, line ledger.Made) ([]*queryv1.EventNote, error) {
	owner, number, _ := strings.Cut(line.GetId(), "#")
	_, row, err := later.Find(owner)
	decision := inner(row)
	if decision == nil || err != nil {
		return nil, err
	}
	id, err := journal.ParseID(decision.GetJournal())
	if err != nil {
		return nil, err
	}
	var could, did []*queryv1.EventNote
	for _, n := range decision.GetEvents() {
		if there, err := earlier.Has(id, n); there || err != nil {
			if err != nil {
				return nil, err
			}
			continue
		}
		note, err := later.Note(id, n)
		if err != nil {
			return nil, err
		}
		could = append(could, note)
		deal, err := dealOf(later, decision, n)
		switch {
		case err != nil:
			return nil, err
		case deal == nil:
		case slices.ContainsFunc(deal.Lines, func(l *transferv1.Line) bool { return fmt.Sprint(l.Number) == number }):
			did = nil
		case did == nil:
			did = []*queryv1.EventNote{note}
		}
	}
	if did == nil {
		return could, nil
	}
	return did, nil
}

// dealOf is the deal that an event of a decision states; nil when it states none.
func dealOf(v ledger.View, decision ledger.Made, number uint64) (*licensingv1.Deal, error) {
	found, err := v.EventsOf(one{decision, number})
	if err != nil || found[0].Fact == nil {
		return nil, err
	}
	fact, err := found[0].Fact.UnmarshalNew()
	if err != nil {
		return nil, err
	}
	stating, ok := fact.(interface{ GetDeal() *licensingv1.Deal })
	if !ok {
		return nil, nil
	}
	return stating.GetDeal(), nil
}

// one is a row as if a single one of its events had made it.
type one struct {
	ledger.Made
	number uint64
}

func (o one) GetEvents() []uint64 { return []uint64{o.number} }
