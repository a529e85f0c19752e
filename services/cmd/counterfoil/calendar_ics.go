package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// icsOf is a calendar of reports as calendar programs read it (RFC 5545): an event of a whole day for each step, with an alarm for each
// of its reminders while it is not done. An event keeps its UID, so that reading a later file brings an earlier one up to date.
func icsOf(res *reportingv1.CalendarResponse, now time.Time) string {
	cal := ics.NewCalendarFor("Counterfoil")
	cal.SetProductId("-//Counterfoil//calendar of reports//EN")
	cal.SetMethod(ics.MethodPublish)
	agency, procedure, _ := strings.Cut(res.ProcedureId, "/")
	cal.SetName("Reports " + procedure)
	for _, s := range res.Steps {
		addEvent(cal, s, agency, now)
	}
	return cal.Serialize(ics.WithNewLineWindows)
}

func addEvent(cal *ics.Calendar, s *reportingv1.CalendarStep, agency string, now time.Time) {
	day, err := time.Parse(time.DateOnly, s.Date)
	if err != nil {
		return // the API has days only
	}
	title := fmt.Sprintf("%s %d: %s (%s)", s.Report, s.Year, s.Step, s.Agency)
	e := cal.AddEvent(fmt.Sprintf("%s-%d-%s-%s@%s.counterfoil", s.Report, s.Year, s.Step, s.Agency, agency))
	e.SetDtStampTime(now)
	e.SetAllDayStartAt(day)
	e.SetAllDayEndAt(day.AddDate(0, 0, 1))
	e.SetSummary(title)
	e.SetDescription(description(s))
	e.AddCategory(strings.ToUpper(kindOfDate(s)))
	e.SetTimeTransparency(ics.TransparencyTransparent)
	if s.DoneAt != nil {
		return
	}
	remind := slices.Clone(s.Remind)
	slices.Sort(remind)
	for _, days := range slices.Backward(remind) {
		alarm := e.AddAlarm()
		alarm.SetAction(ics.ActionDisplay)
		alarm.SetTrigger(fmt.Sprintf("-P%dD", days))
		alarm.SetDescription(title)
	}
}

// description says of a step what its event's title does not.
func description(s *reportingv1.CalendarStep) string {
	lines := []string{kindOfDate(s) + " date", "state: " + stateCell(s)}
	for _, l := range [][2]string{{"role: ", roleCell(s)}, {"source: ", s.Source}, {"next: ", s.Next}, {"done: ", date(s.DoneAt)}} {
		if l[1] != "" {
			lines = append(lines, l[0]+l[1])
		}
	}
	return strings.Join(lines, "\n")
}
