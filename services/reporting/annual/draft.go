package annual

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Draft is a report that was worked out, on its way to the record. Its rows go there in parts, each in a block of its own, and then it
// is closed in one block with what is done with it. A crash between two blocks leaves a draft that nobody has seen: it is not closed.
// Recording it again finds the parts that are there and say the same, replaces those that do not, because facts moved on since, and
// closes it.
type Draft struct {
	Spec report.Spec
	// With contributions.
	Content *reportingv1.Content
	// What its facts and the returns to it have against them.
	Problems []*reportingv1.Problem

	parts [][]*reportingv1.Row
	// The draft on record that says the same, if that is the last; 0: none.
	same uint32
}

// NewDraft returns a report, as it was worked out of the view with contributions, ready to be put on record. Nothing of it may be
// changed after that.
func NewDraft(view ledger.View, spec report.Spec, c *reportingv1.Content, problems []*reportingv1.Problem) (*Draft, error) {
	d := &Draft{Spec: spec, Content: c, Problems: problems}
	last, err := Latest(view, c.GetTitle().GetReport(), c.GetTitle().GetYear())
	if err != nil {
		return nil, err
	}
	c.Title.Revises, c.Title.RevisionReason = last.GetOpened().GetRevises(), last.GetOpened().GetReason()
	if len(last.GetDrafts()) > 0 {
		kept, err := report.Read(view, last.GetId(), 0)
		if err != nil {
			return nil, err
		}
		if d.says(kept) {
			d.same = kept.Draft
		}
	}
	d.parts = report.Parts(c.GetRows())
	return d, nil
}

// says reports whether a draft on record says the same, however far the journals were read for it.
func (d *Draft) says(kept report.Recorded) bool {
	a, b := proto.CloneOf(d.Content.GetTitle()), proto.CloneOf(kept.Content.GetTitle())
	a.CutOff, a.Extents, b.CutOff, b.Extents = nil, nil, nil, nil
	return proto.Equal(a, b) && equal(d.Problems, kept.Drafted.GetProblems()) && equal(d.Content.GetTables(), kept.Content.GetTables()) &&
		equal(d.Content.GetRows(), kept.Content.GetRows())
}

func equal[M proto.Message](a, b []M) bool {
	return slices.EqualFunc(a, b, func(a, b M) bool { return proto.Equal(a, b) })
}

// Ahead are the parts, from 1, that go on record by commands of their own before one that decides these facts: all but the last.
func Ahead(facts []proto.Message) (parts []int) {
	for _, f := range facts {
		if dated, ok := f.(ledger.Dated); ok {
			f = dated.Message
		}
		if kept, ok := f.(*reportingv1.ReportPartKept); ok {
			parts = append(parts, int(kept.GetPart()))
		}
	}
	return parts[:max(0, len(parts)-1)]
}

// Keep puts one part of the next draft on record, from 1, and opens the report before where that is needed. A part that is there and
// says the same decides nothing.
func (d *Draft) Keep(view ledger.View, part int) ([]proto.Message, error) {
	at, err := d.at(view)
	if err != nil || at.last(d.same) {
		return nil, err
	}
	fact, err := at.part(view, d.parts, part)
	if fact == nil || err != nil {
		return nil, err
	}
	return at.facts(fact), nil
}

// place is where a draft goes on record.
type place struct {
	report *ledgerv1.Report // nil: it is opened with it
	opened *reportingv1.ReportOpened
	draft  uint32
}

// at finds where the draft goes on record: in the revision that is open, or the first. It is refused where the report is frozen.
func (d *Draft) at(view ledger.View) (place, error) {
	t := d.Content.GetTitle()
	r, err := Latest(view, t.GetReport(), t.GetYear())
	switch {
	case err != nil:
		return place{}, err
	case r.GetFrozen() != nil:
		return place{}, fault.Errorf(fault.Precondition, "%s is frozen as %s; what came since goes into a revision: counterfoil report revise %s --reason REASON", named(r), r.GetId(), r.GetId())
	case r == nil:
		id := report.ID(view.Agency(), t.GetReport(), int(t.GetYear()), 1)
		return place{nil, &reportingv1.ReportOpened{ReportId: id, Report: t.GetReport(), Year: t.GetYear(), Revision: 1}, 1}, nil
	}
	return place{r, r.GetOpened(), uint32(len(r.GetDrafts()) + 1)}, nil
}

// facts are those of a command, beside the report where it was opened before.
func (p place) facts(facts ...proto.Message) []proto.Message {
	if p.report == nil {
		return append([]proto.Message{p.opened}, facts...)
	}
	for i, f := range facts {
		facts[i] = ledger.Beside(p.report, f)
	}
	return facts
}

// last reports whether draft is the last of the report.
func (p place) last(draft uint32) bool { return draft > 0 && draft+1 == p.draft }

// part is what puts a part on record; nil when it is there and says the same.
func (p place) part(view ledger.View, parts [][]*reportingv1.Row, part int) (*reportingv1.ReportPartKept, error) {
	fact := &reportingv1.ReportPartKept{ReportId: p.opened.GetReportId(), Draft: p.draft, Part: uint32(part), Rows: parts[part-1]}
	if p.report == nil {
		return fact, nil
	}
	kept, err := view.DraftRows(fact.ReportId, fact.Draft, fact.Part)
	if err != nil {
		return nil, fmt.Errorf("read part %d of draft %d of %s: %w", part, fact.Draft, fact.ReportId, err)
	}
	if equal(kept, fact.Rows) {
		return nil, nil
	}
	return fact, nil
}

// closed are the facts that put on record what is not there of the draft, and close it.
func (d *Draft) closed(view ledger.View, at place) (facts []proto.Message, err error) {
	for part := range d.parts {
		fact, err := at.part(view, d.parts, part+1)
		switch {
		case err != nil:
			return nil, err
		case fact != nil:
			facts = append(facts, fact)
		}
	}
	title := proto.CloneOf(d.Content.GetTitle())
	title.Revises, title.RevisionReason = at.opened.GetRevises(), at.opened.GetReason()
	digest, err := report.Digest(&reportingv1.Content{Title: title, Tables: d.Content.GetTables(), Rows: d.Content.GetRows()})
	if err != nil {
		return nil, err
	}
	return append(facts, &reportingv1.ReportDrafted{
		ReportId: at.opened.GetReportId(), Draft: at.draft, Title: title, Tables: d.Content.GetTables(), Parts: uint32(len(d.parts)),
		Rows: uint32(len(d.Content.GetRows())), Digest: digest, Problems: d.Problems,
	}), nil
}
