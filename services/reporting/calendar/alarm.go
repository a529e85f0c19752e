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

// Planned is a date with the moments at which something is said of it.
type Planned struct {
	duedates.Date
	// The earliest of them, and the first after the date.
	first, over time.Time
	remind      []moment[uint32]
	escalate    []moment[*reportingv1.Escalation]
}

type moment[T any] struct {
	at time.Time
	of T
}

// Plan works out the moments of dates.
func Plan(dates []duedates.Date) []Planned {
	list := make([]Planned, 0, len(dates))
	for _, d := range dates {
		p := Planned{Date: d, over: d.Over(0)}
		p.first = p.over
		for _, days := range d.Step.GetRemind() {
			at := d.Before(days)
			p.remind = append(p.remind, moment[uint32]{at, days})
			if at.Before(p.first) {
				p.first = at
			}
		}
		for _, e := range d.Step.GetEscalate() {
			p.escalate = append(p.escalate, moment[*reportingv1.Escalation]{d.Over(e.GetWorkingDays()), e})
		}
		list = append(list, p)
	}
	return list
}

// Due says, of one of the dates of procedures of this agency whose step is not done, what it came to that is not on record: a reminder so
// many days before it, that it is over, and whom else that is told after so many working days. Of reminders that were missed only the
// last is given. Of a date before its procedure was adopted nothing is said, unless an earlier version had it and something was.
// Without any it says when there may be more; zero: never.
func Due(view ledger.View, plan []Planned, now time.Time) (facts []proto.Message, next time.Time, err error) {
	record := duedates.NewRecord(view)
	later := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, p := range plan {
		if !view.Owns(p.Procedure.ID) {
			continue
		}
		if now.Before(p.first) {
			later(p.first)
			continue
		}
		row, err := view.ReportStep(p.ID())
		if err != nil {
			return nil, time.Time{}, fmt.Errorf("read step %s: %w", p.ID(), err)
		}
		if row.GetDone() != nil || row == nil && p.Due.Before(p.Procedure.At) {
			continue
		}
		facts, then := p.come(row, now)
		later(then)
		if len(facts) == 0 {
			continue
		}
		switch at, err := record.Done(p.Date); {
		case err != nil:
			return nil, time.Time{}, err
		case at == nil:
			return facts, time.Time{}, nil
		}
	}
	return nil, next, nil
}

// come is what a date came to that is not on record, and when it may come to more.
func (p Planned) come(row *ledgerv1.ReportStep, now time.Time) (facts []proto.Message, next time.Time) {
	later := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	said := func(is func(*reportingv1.StepAlarmed) bool) bool {
		return slices.ContainsFunc(row.GetAlarms(), func(a *reportingv1.StepAlarmed) bool { return a.GetDue().AsTime().Equal(p.Due) && is(a) })
	}
	say := func(a *reportingv1.StepAlarmed) {
		a.StepId, a.Report, a.Year, a.Step, a.Agency, a.Role = p.ID(), p.Terms.GetReport(), uint32(p.Year), p.Step.GetStep(), p.Agency, p.Role
		a.Due = timestamppb.New(p.Due)
		if row == nil {
			facts = append(facts, a)
		} else {
			facts = append(facts, ledger.Beside(row, a))
		}
	}
	if now.Before(p.over) {
		later(p.over)
		passed := uint32(0)
		for _, m := range p.remind {
			switch {
			case now.Before(m.at):
				later(m.at)
			case passed == 0 || m.of < passed:
				passed = m.of
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
	for _, m := range p.escalate {
		told := func(a *reportingv1.StepAlarmed) bool {
			return a.GetAlarm() == escalated && a.GetToldAgency() == m.of.GetAgency() && a.GetToldRole() == m.of.GetRole()
		}
		switch {
		case now.Before(m.at):
			later(m.at)
		case !said(told):
			say(&reportingv1.StepAlarmed{Alarm: escalated, ToldAgency: m.of.GetAgency(), ToldRole: m.of.GetRole()})
		}
	}
	return facts, next
}
