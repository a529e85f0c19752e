package duedates

import (
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Record says of dates whether they were kept, from what is on record in a view. It reads what several dates rest on once, and is of
// use as long as the view.
type Record struct {
	view      ledger.View
	returns   map[of][]report.Return
	made      map[of]*made
	handovers []*ledgerv1.Handover
}

// of is a report of a year.
type of struct {
	report string
	year   int
}

// NewRecord returns the record that a view has.
func NewRecord(view ledger.View) *Record {
	return &Record{view: view, returns: map[of][]report.Return{}, made: map[of]*made{}}
}

// made is how far a report of a year was made, in any of its revisions. What has not happened is nil.
type made struct {
	opened, circulated, frozen, submitted, published *timestamppb.Timestamp
	// Its last revision, and the last draft of it that was circulated.
	reportID string
	draft    uint32
}

// Done returns when a step was done; nil while it is not.
//
// It is done when something on record says so (docs/reporting-calendar.md): a StepDone, or else, of the steps that the program knows,
// what each brings about. Every step up to the freezing but the returns is over with the freezing.
func (r *Record) Done(d Date) (*timestamppb.Timestamp, error) {
	row, err := r.view.ReportStep(d.ID())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read step %s: %w", d.ID(), err)
	case row.GetDone() != nil:
		return row.GetDoneAt(), nil
	case d.Step.GetStep() == report.StepReturn:
		return r.returned(d)
	}
	if _, figures := report.FormOf(d.Terms.GetReport()); !figures {
		return r.inWords(d)
	}
	m, err := r.madeOf(d)
	if err != nil {
		return nil, err
	}
	switch d.Step.GetStep() {
	case report.StepOpen:
		at, err := r.asked(d)
		return earliest(at, m.opened), err
	case report.StepReconcile:
		at, err := r.reconciled(d)
		return earliest(at, m.circulated, m.frozen), err
	case report.StepCirculate:
		return earliest(m.circulated, m.frozen), nil
	case report.StepApprove:
		at, err := r.approved(d, m)
		return earliest(at, m.frozen), err
	case report.StepFreeze:
		return m.frozen, nil
	case report.StepSubmit:
		return m.submitted, nil
	case report.StepPublish:
		return m.published, nil
	}
	return nil, nil
}

// earliest is the first of some times; nil where there is none.
func earliest(times ...*timestamppb.Timestamp) (at *timestamppb.Timestamp) {
	for _, t := range times {
		if t != nil && (at == nil || t.AsTime().Before(at.AsTime())) {
			at = t
		}
	}
	return at
}

func latest(a, b *timestamppb.Timestamp) *timestamppb.Timestamp {
	if a == nil || b != nil && b.AsTime().After(a.AsTime()) {
		return b
	}
	return a
}

// asked is when the first return to a report was asked for.
func (r *Record) asked(d Date) (at *timestamppb.Timestamp, err error) {
	list, err := r.returnsOf(d)
	for _, one := range list {
		when, err := r.eventAt(one.Request, &reportingv1.AgencyReturnRequested{}, one.Request.GetRequested().GetDue())
		if err != nil {
			return nil, err
		}
		at = earliest(at, when)
	}
	return at, err
}

// returned is when an agency answered what it was asked for last.
func (r *Record) returned(d Date) (*timestamppb.Timestamp, error) {
	list, err := r.returnsOf(d)
	for _, one := range list {
		if one.Agency == d.Agency {
			return one.Submission.GetAt(), nil
		}
	}
	return nil, err
}

func (r *Record) returnsOf(d Date) ([]report.Return, error) {
	key := of{d.Terms.GetReport(), d.Year}
	list, ok := r.returns[key]
	if ok {
		return list, nil
	}
	list, err := report.Returns(r.view, key.report, key.year)
	if err == nil {
		r.returns[key] = list
	}
	return list, err
}

// reconciled is when the last difference of the year was settled; nil where none was found, or one is open.
func (r *Record) reconciled(d Date) (at *timestamppb.Timestamp, err error) {
	rows, err := r.view.DifferencesWith("year", strconv.Itoa(d.Year))
	if err != nil {
		return nil, fmt.Errorf("read differences of %d: %w", d.Year, err)
	}
	for _, row := range rows {
		if row.GetClosed() == nil {
			return nil, nil
		}
		at = latest(at, row.GetClosedAt())
	}
	return at, nil
}

// approved is when an agency approved the draft that was circulated last.
func (r *Record) approved(d Date, m *made) (*timestamppb.Timestamp, error) {
	if m.draft == 0 {
		return nil, nil
	}
	id := ledger.DraftAnswerID(d.Agency, m.reportID, m.draft)
	row, err := r.view.DraftAnswer(id)
	if err != nil {
		return nil, fmt.Errorf("read answer %s: %w", id, err)
	}
	if !row.GetAnswered().GetApproved() {
		return nil, nil
	}
	return row.GetAt(), nil
}

// madeOf is how far the report of a date was made.
func (r *Record) madeOf(d Date) (*made, error) {
	key := of{d.Terms.GetReport(), d.Year}
	if m := r.made[key]; m != nil {
		return m, nil
	}
	rows, err := r.view.ReportsWith("form", key.report)
	if err != nil {
		return nil, fmt.Errorf("read reports %s: %w", key.report, err)
	}
	m := &made{}
	for _, row := range rows {
		if int(row.GetOpened().GetYear()) != key.year {
			continue
		}
		m.opened, m.frozen = earliest(m.opened, row.GetOpenedAt()), earliest(m.frozen, row.GetFrozenAt())
		m.reportID, m.draft = row.GetId(), 0
		if n := len(row.GetCirculated()); n > 0 {
			m.draft = row.GetCirculated()[n-1].GetDraft()
			at, err := r.eventAt(row, &reportingv1.DraftCirculated{}, row.GetCirculated()[0].GetDue())
			if err != nil {
				return nil, err
			}
			m.circulated = earliest(m.circulated, at)
		}
		for _, s := range row.GetSubmitted() {
			m.submitted = earliest(m.submitted, s.GetAt())
			if s.GetAudience() == reportingv1.Audience_AUDIENCE_PUBLIC {
				m.published = earliest(m.published, s.GetAt())
			}
		}
	}
	r.made[key] = m
	return m, nil
}

// inWords is when a step of a report that does not come of figures was done. It is submitted when answers to the questionnaire of its
// name, or a measure against diversion, are on record: of a report that comes again, recorded between the year that is reported on and
// the next that is.
func (r *Record) inWords(d Date) (*timestamppb.Timestamp, error) {
	if d.Step.GetStep() == report.StepOpen {
		return r.asked(d)
	}
	if d.Step.GetStep() != report.StepSubmit {
		return nil, nil
	}
	if d.Terms.GetReport() == measures {
		rows, err := r.view.Measures()
		if err != nil {
			return nil, fmt.Errorf("read measures: %w", err)
		}
		return r.within(d, len(rows), func(i int) *timestamppb.Timestamp { return rows[i].GetAt() }), nil
	}
	rows, err := r.view.ReportAnswersWith("form", d.Terms.GetReport())
	if err != nil {
		return nil, fmt.Errorf("read answers to %s: %w", d.Terms.GetReport(), err)
	}
	return r.within(d, len(rows), func(i int) *timestamppb.Timestamp { return rows[i].GetAt() }), nil
}

// measures is the report on measures against diversion, Articles 11(6) and 13(2).
const measures = "diversion-measures"

// within is the earliest of n times that lies in the years for which a date stands; any, of a report that is made once.
func (r *Record) within(d Date, n int, at func(int) *timestamppb.Timestamp) (found *timestamppb.Timestamp) {
	from := time.Date(d.Year+1, 1, 1, 0, 0, 0, 0, d.Calendar.Zone())
	until := from.AddDate(max(1, int(d.Terms.GetEveryYears())), 0, 0)
	once := d.Terms.GetOnce() || report.FromEntry(d.Terms)
	for i := range n {
		if t := at(i); once || !t.AsTime().Before(from) && t.AsTime().Before(until) {
			found = earliest(found, t)
		}
	}
	return found
}

// eventAt is when the first event of a kind was true of those that made a row. Where it cannot be read here any more it is unread, the
// time by which it must have been.
func (r *Record) eventAt(row interface {
	GetJournal() string
	GetEvents() []uint64
}, kind proto.Message, unread *timestamppb.Timestamp) (*timestamppb.Timestamp, error) {
	id, err := journal.ParseID(row.GetJournal())
	if err != nil {
		return nil, err
	}
	for _, number := range row.GetEvents() {
		e, err := r.view.Event(id, number)
		if err != nil {
			return nil, fmt.Errorf("read event %d of %s: %w", number, id, err)
		}
		if e.GetFact().MessageIs(kind) {
			return e.GetOccurredAt(), nil
		}
	}
	return unread, nil
}
