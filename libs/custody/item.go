package custody

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/marks"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// item is one item, with what the records say of it.
type item struct {
	mark *transferv1.Mark
	// whole: serial, maker, model and country are stated, and tell it from others.
	whole        bool
	steps        []*queryv1.CustodyStep
	declarations []*declaration
	deliveries   []*delivery
	found        []finding
	// unsure are ids of declarations and deliveries that may be of it, and of no other item on record.
	unsure []string
}

// finding is where an item was found or seen.
type finding struct {
	id, country string
	at          time.Time
	// sighting: seen, and not taken for illicit.
	sighting bool
}

// gather takes what counts from the records: those whose mark is the same.
func (it *item) gather(view ledger.View, records []*record, all []*item, compare comparing) error {
	others := slices.DeleteFunc(slices.Clone(all), func(o *item) bool { return o == it })
	states := stateOf(view)
	for _, r := range records {
		d, ok := r.row.(*ledgerv1.Declaration)
		if !ok {
			continue
		}
		match, at := it.best(r.readings, compare)
		switch {
		case match.Level == marks.Different:
			continue
		case match.Level == marks.Same:
			own, err := readDeclaration(view, d, at.number, states)
			if err != nil {
				return err
			}
			it.declarations = append(it.declarations, own)
			it.addSteps(own.steps(), d, match)
		default:
			it.addSteps(declarationSteps(d, states), d, match)
			it.notSure(r, others, compare)
		}
	}
	slices.SortStableFunc(it.declarations, func(a, b *declaration) int { return a.start().Compare(b.start()) })
	if err := it.gatherDeliveries(view, records, others, compare); err != nil {
		return err
	}
	for _, r := range records {
		it.gatherFound(r, compare)
	}
	slices.SortStableFunc(it.found, func(a, b finding) int { return a.at.Compare(b.at) })
	slices.SortStableFunc(it.steps, func(a, b *queryv1.CustodyStep) int { return a.GetAt().AsTime().Compare(b.GetAt().AsTime()) })
	return nil
}

// best is the reading that comes nearest to the item.
func (it *item) best(readings []reading, compare comparing) (marks.Match, reading) {
	best, of := marks.Match{Level: marks.Different}, reading{}
	for _, r := range readings {
		if m := compare(marks.Of(r.mark), marks.Of(it.mark)); rank(m.Level) < rank(best.Level) {
			best, of = m, r
		}
	}
	return best, of
}

func rank(l marks.Level) int {
	return slices.Index([]marks.Level{marks.Same, marks.Ambiguous, marks.Partial, marks.Different}, l)
}

// notSure notes a movement that may be of the item, unless it is of another that is on record.
func (it *item) notSure(r *record, others []*item, compare comparing) {
	for _, o := range others {
		if m, _ := o.best(r.readings, compare); m.Level == marks.Same && o.whole {
			return
		}
	}
	it.unsure = append(it.unsure, r.GetId())
}

func (it *item) gatherFound(r *record, compare comparing) {
	match, _ := it.best(r.readings, compare)
	if match.Level == marks.Different {
		return
	}
	switch row := r.row.(type) {
	case *ledgerv1.Trace:
		o := row.GetOpened()
		step := &queryv1.CustodyStep{What: "recovered", At: o.GetRecoveredAt(), Place: o.GetPlace(), Country: o.GetCountry(), Text: o.GetGround()}
		if row.GetStatus() == ledgerv1.TraceStatus_TRACE_STATUS_WITHDRAWN {
			step.Text = "withdrawn: " + row.GetStatusReason()
		} else if match.Level == marks.Same {
			it.found = append(it.found, finding{id: row.GetId(), country: o.GetCountry(), at: o.GetRecoveredAt().AsTime()})
		}
		it.addSteps([]*queryv1.CustodyStep{step}, row, match)
	case *ledgerv1.Sighting:
		a := row.GetAdded()
		if match.Level == marks.Same {
			it.found = append(it.found, finding{id: row.GetId(), country: a.GetCountry(), at: a.GetSeenAt().AsTime(), sighting: true})
		}
		it.addSteps([]*queryv1.CustodyStep{{What: "sighted", At: a.GetSeenAt(), Place: a.GetPlace(), Country: a.GetCountry(), Text: a.GetText()}}, row, match)
	case *ledgerv1.PostDeliveryCheck:
		done := row.GetDone()
		it.addSteps([]*queryv1.CustodyStep{{What: "checked", At: done.GetAt(), Place: row.GetPlanned().GetSite(), LicenceId: row.GetPlanned().GetLicenceId(), Text: done.GetFindings()}}, row, match)
	}
}

// addSteps adds what a record says, with how its mark compares.
func (it *item) addSteps(steps []*queryv1.CustodyStep, of row, match marks.Match) {
	for _, s := range steps {
		if s.RecordId == "" {
			s.RecordId, s.Journal, s.Events = of.GetId(), of.GetJournal(), of.GetEvents()
		}
		s.Match, s.Reasons = string(match.Level), match.Reasons
		it.steps = append(it.steps, s)
	}
}

// stateOf returns the State of an agency by the directory; it asks once for each.
func stateOf(view ledger.View) func(agency string) (string, error) {
	known := map[string]string{}
	return func(agency string) (string, error) {
		if state, ok := known[agency]; ok {
			return state, nil
		}
		a, err := view.AgencyRow(agency)
		if err != nil {
			return "", fmt.Errorf("read agency %s: %w", agency, err)
		}
		known[agency] = a.GetState()
		return known[agency], nil
	}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
