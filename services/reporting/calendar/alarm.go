// Package calendar is what the dates of the State's reports bring about: reminders, and word of what is over its date. Its rules are
// pure functions of a ledger view.
package calendar

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/duedates"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

const (
	reminded  = reportingv1.StepAlarm_STEP_ALARM_REMINDED
	overdue   = reportingv1.StepAlarm_STEP_ALARM_OVERDUE
	escalated = reportingv1.StepAlarm_STEP_ALARM_ESCALATED
)

// Due says, of one of the dates of procedures of this agency whose step is not done, what it came to that is not on record: a reminder so
// many days before it, that it is over, and whom else that is told after so many working days. Of reminders that were missed only the
// last is given. Of a date before its procedure was adopted nothing is said, unless an earlier version had it and something was.
// Without any it says when there may be more; zero: never.
func Due(view ledger.View, dates []duedates.Date, now time.Time) (facts []proto.Message, next time.Time, err error) {
	record := duedates.NewRecord(view)
	for _, d := range dates {
		if !view.Owns(d.Procedure.ID) {
			continue
		}
		row, err := view.ReportStep(d.ID())
		if err != nil {
			return nil, time.Time{}, fmt.Errorf("read step %s: %w", d.ID(), err)
		}
		if d.Due.Before(d.Procedure.At) && row == nil {
			continue
		}
		facts, then := come(d, row, now)
		if len(facts) > 0 {
			at, err := record.Done(d)
			if err != nil {
				return nil, time.Time{}, err
			}
			if at == nil {
				return facts, time.Time{}, nil
			}
		}
		if next.IsZero() || !then.IsZero() && then.Before(next) {
			next = then
		}
	}
	return nil, next, nil
}

// come is what a date came to that is not on record, and when it may come to more.
func come(d duedates.Date, row *ledgerv1.ReportStep, now time.Time) (facts []proto.Message, next time.Time) {
	later := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	said := func(is func(*reportingv1.StepAlarmed) bool) bool {
		return slices.ContainsFunc(row.GetAlarms(), func(a *reportingv1.StepAlarmed) bool { return a.GetDue().AsTime().Equal(d.Due) && is(a) })
	}
	say := func(a *reportingv1.StepAlarmed) {
		a.StepId, a.Report, a.Year, a.Step, a.Agency, a.Role = d.ID(), d.Terms.GetReport(), uint32(d.Year), d.Step.GetStep(), d.Agency, d.Role
		a.Due = timestamppb.New(d.Due)
		if row == nil {
			facts = append(facts, a)
		} else {
			facts = append(facts, ledger.Beside(row, a))
		}
	}
	if over := d.Over(0); now.Before(over) {
		later(over)
		passed := uint32(0)
		for _, days := range d.Step.GetRemind() {
			switch at := d.Before(days); {
			case now.Before(at):
				later(at)
			case passed == 0 || days < passed:
				passed = days
			}
		}
		nearer := func(a *reportingv1.StepAlarmed) bool { return a.GetAlarm() != reminded || a.GetDays() <= passed }
		if passed > 0 && !said(nearer) {
			say(&reportingv1.StepAlarmed{Alarm: reminded, Days: passed})
		}
		return facts, next
	}
	if !said(func(a *reportingv1.StepAlarmed) bool { return a.GetAlarm() == overdue }) {
		say(&reportingv1.StepAlarmed{Alarm: overdue})
	}
	for _, e := range d.Step.GetEscalate() {
		told := func(a *reportingv1.StepAlarmed) bool {
			return a.GetAlarm() == escalated && a.GetToldAgency() == e.GetAgency() && a.GetToldRole() == e.GetRole()
		}
		switch at := d.Over(e.GetWorkingDays()); {
		case now.Before(at):
			later(at)
		case !said(told):
			say(&reportingv1.StepAlarmed{Alarm: escalated, ToldAgency: e.GetAgency(), ToldRole: e.GetRole()})
		}
	}
	return facts, next
}
