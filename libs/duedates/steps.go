package duedates

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	"github.com/counterfoil/counterfoil/libs/report/questions"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// mostYears is how many years a calendar may span.
const mostYears = 100

// Calendar lists the steps that a request is for, in order of their dates, with where each stands at a moment, and the procedure that
// the year of that moment is reported on under, or else the one under which the last of the steps is. It is refused for a span of
// more than 100 years, or of none.
func Calendar(view ledger.View, req *reportingv1.CalendarRequest, now time.Time) (*reportingv1.CalendarResponse, error) {
	from, to := int(req.GetFromYear()), int(req.GetToYear())
	switch {
	case from == 0 && to == 0:
		from, to = now.Year()-1, now.Year()+1
	case from == 0:
		from = min(now.Year()-1, to)
	case to == 0:
		to = max(now.Year()+1, from)
	}
	if from > to || to-from >= mostYears {
		return nil, fault.Errorf(fault.Invalid, "a calendar from %d to %d is not one of 1 to %d years; give other years", from, to, mostYears)
	}
	dates, err := Dates(view, from, to)
	if err != nil {
		return nil, err
	}
	res := &reportingv1.CalendarResponse{}
	if res.ProcedureId, _, err = report.ProcedureOf(view, now.Year()); err != nil {
		return nil, err
	}
	if res.ProcedureId == "" && len(dates) > 0 {
		res.ProcedureId = dates[len(dates)-1].Procedure.ID
	}
	record := NewRecord(view)
	for _, d := range dates {
		if req.GetAgency() != "" && d.Agency != req.GetAgency() {
			continue
		}
		step, err := record.Step(d, now)
		if err != nil {
			return nil, err
		}
		if req.GetDue() && step.State != soon && step.State != overdue {
			continue
		}
		res.Steps = append(res.Steps, step)
	}
	return res, nil
}

const (
	ahead   = reportingv1.StepState_STEP_STATE_AHEAD
	soon    = reportingv1.StepState_STEP_STATE_SOON
	overdue = reportingv1.StepState_STEP_STATE_OVERDUE
	done    = reportingv1.StepState_STEP_STATE_DONE
)

// Step is a date as the calendar shows it, with where it stands at a moment.
func (r *Record) Step(d Date, now time.Time) (*reportingv1.CalendarStep, error) {
	at, err := r.Done(d)
	if err != nil {
		return nil, err
	}
	row, err := r.view.ReportStep(d.ID())
	if err != nil {
		return nil, fmt.Errorf("read step %s: %w", d.ID(), err)
	}
	step := &reportingv1.CalendarStep{
		Report: d.Terms.GetReport(), Year: uint32(d.Year), Step: d.Step.GetStep(), Agency: d.Agency, Role: d.Role, Legal: d.Step.GetLegal(),
		Date: d.Day.Format(time.DateOnly), Due: timestamppb.New(d.Due), State: stateOf(d, at, now), DoneAt: at, Alarms: row.GetAlarms(),
		Source: d.Step.GetSource(), Remind: d.Step.GetRemind(),
	}
	if step.HandedOver, err = r.handedOver(d); err != nil {
		return nil, err
	}
	if at == nil {
		step.Next, err = r.next(d)
	}
	return step, err
}

// stateOf is where a step stands: it is soon from the first of its reminders on, and on its day.
func stateOf(d Date, at *timestamppb.Timestamp, now time.Time) reportingv1.StepState {
	switch {
	case at != nil:
		return done
	case !now.Before(d.Over(0)):
		return overdue
	case !now.Before(d.Before(longest(d.Step.GetRemind()))):
		return soon
	}
	return ahead
}

func longest(days []uint32) uint32 {
	if len(days) == 0 {
		return 0
	}
	return slices.Max(days)
}

// handedOver says who took over the role that owes a step, and when: the last hand-over that the agency has on record.
func (r *Record) handedOver(d Date) (who string, err error) {
	if r.handovers == nil {
		if r.handovers, err = r.view.Handovers(); err != nil {
			return "", fmt.Errorf("read hand-overs: %w", err)
		}
	}
	var last time.Time
	for _, h := range r.handovers {
		if at := h.GetAt().AsTime(); d.Role != "" && ledger.AgencyOf(h.GetId()) == d.Agency && h.GetHandedOver().GetRole() == d.Role && at.After(last) {
			last, who = at, fmt.Sprintf("%s, %s", h.GetHandedOver().GetToPerson(), at.In(d.Calendar.Zone()).Format(time.DateOnly))
		}
	}
	return who, nil
}

// next is the command by which a step is done, or the one that has to come before it.
func (r *Record) next(d Date) (string, error) {
	name := fmt.Sprintf("%s/%d", d.Terms.GetReport(), d.Year)
	ask := fmt.Sprintf("counterfoil return request --form %s --year %d", d.Terms.GetReport(), d.Year)
	if d.Step.GetStep() == report.StepOpen {
		return ask, nil
	}
	if d.Step.GetStep() == report.StepReturn {
		list, err := r.returnsOf(d)
		for _, one := range list {
			if one.Agency == d.Agency {
				return "counterfoil return prepare " + one.Request.GetId(), nil
			}
		}
		return ask, err
	}
	if _, figures := report.FormOf(d.Terms.GetReport()); !figures {
		return inWords(d), nil
	}
	m, err := r.madeOf(d)
	if err != nil {
		return "", err
	}
	circulate, freeze := "counterfoil report circulate "+name, "counterfoil report freeze "+name
	switch step := d.Step.GetStep(); {
	case step == report.StepReconcile:
		return fmt.Sprintf("counterfoil reconcile customs-licensing --year %d", d.Year), nil
	case step == report.StepCirculate, step == report.StepApprove && m.draft == 0:
		return circulate, nil
	case step == report.StepApprove:
		return "counterfoil report approve " + m.reportID, nil
	case step == report.StepFreeze, (step == report.StepSubmit || step == report.StepPublish) && m.frozen == nil:
		return freeze, nil
	case step == report.StepSubmit:
		return "counterfoil report submit " + m.reportID + " --to RECEIVER --audience AUDIENCE", nil
	case step == report.StepPublish:
		return "counterfoil report submit " + m.reportID + " --to RECEIVER --audience public", nil
	}
	return completes(d), nil
}

// inWords is the command by which a step of a report that does not come of figures is done.
func inWords(d Date) string {
	_, asks := questions.Of(d.Terms.GetReport())
	switch {
	case d.Step.GetStep() == report.StepSubmit && asks:
		return "counterfoil report answers record FILE"
	case d.Step.GetStep() == report.StepSubmit && d.Terms.GetReport() == measures:
		return "counterfoil report measure record FILE"
	}
	return completes(d)
}

// completes is the command by which people say that a step was done.
func completes(d Date) string {
	return fmt.Sprintf("counterfoil calendar done %s/%d %s --agency %s --text T", d.Terms.GetReport(), d.Year, d.Step.GetStep(), d.Agency)
}
