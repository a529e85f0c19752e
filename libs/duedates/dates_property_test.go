package duedates_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/duedates"
	"github.com/counterfoil/counterfoil/libs/policy"
	"github.com/counterfoil/counterfoil/libs/report"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

type rule func(adopted []report.Adopted, calendars map[string]*policy.Calendar, from, to int) []duedates.Date

// holds draws a procedure and a calendar with some holidays and at most three free weekdays, and compares the dates of a span with what
// they have to be: of each step and each agency one in each year that is reported on; where the procedure says, unless it is moved; moved
// only where it is not worked, to a day that is, less than a week away, on the side that the procedure says.
func holds(t *rapid.T, of rule) string {
	c := &directoryv1.CalendarAdopted{
		TimeZone: rapid.SampledFrom([]string{"", "Africa/Nairobi", "Pacific/Apia", "America/Havana"}).Draw(t, "zone"),
		Weekend:  rapid.SliceOfNDistinct(rapid.Uint32Range(1, 7), 0, 3, rapid.ID[uint32]).Draw(t, "weekend"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "holidays") {
		c.Holidays = append(c.Holidays, time.Date(2026, 1, rapid.IntRange(1, 3000).Draw(t, "holiday"), 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	}
	cal, err := policy.NewCalendar(c)
	if err != nil {
		t.Fatal(err)
	}
	terms := &reportingv1.ReportTerms{Report: "iti", Owner: "reporting", EveryYears: rapid.Uint32Range(0, 4).Draw(t, "every")}
	for i := range rapid.IntRange(1, 4).Draw(t, "steps") {
		s := &reportingv1.StepTerms{Step: fmt.Sprintf("step-%d", i), Day: rapid.SampledFrom([]string{"01-01", "02-28", "02-29", "02-last", "05-31", "11-last", "12-31"}).Draw(t, "day")}
		if s.Legal = rapid.Bool().Draw(t, "legal"); !s.Legal {
			s.Move = rapid.SampledFrom([]string{"", "before", "after"}).Draw(t, "move")
		}
		if rapid.Bool().Draw(t, "two owe it") {
			s.Agencies = []string{"customs", "licensing"}
		}
		terms.Steps = append(terms.Steps, s)
	}
	first := rapid.IntRange(2025, 2030).Draw(t, "first")
	p := report.Adopted{ID: "reporting/P@1", Terms: &reportingv1.Procedure{Version: 1, ValidFrom: fmt.Sprintf("%d-07-01", first), Reports: []*reportingv1.ReportTerms{terms}}}
	from := rapid.IntRange(2025, 2032).Draw(t, "from")
	to := from + rapid.IntRange(0, 4).Draw(t, "years")

	found := map[string][]duedates.Date{}
	for _, d := range of([]report.Adopted{p}, map[string]*policy.Calendar{p.ID: cal}, from, to) {
		if d.Day.Year() < from || d.Day.Year() > to {
			return fmt.Sprintf("%s is on %s, and not from %d to %d", d.ID(), d.Day, from, to)
		}
		found[d.ID()] = append(found[d.ID()], d)
	}
	for _, s := range terms.Steps {
		for year := from - 3; year <= to+1; year++ {
			day, err := report.ParseDay(s.Day)
			if err != nil {
				t.Fatal(err)
			}
			written := day.In(year + 1)
			reported := year >= first && (year-first)%max(1, int(terms.EveryYears)) == 0
			for _, agency := range report.Owing(terms, s) {
				list := found[fmt.Sprintf("reporting/iti-%d-%s-%s", year, s.Step, agency)]
				if why := rightly(list, s, written, cal, reported, from, to); why != "" {
					return fmt.Sprintf("%s of %d by %s: %s", s, year, agency, why)
				}
			}
		}
	}
	return ""
}

// rightly says what is wrong with the dates of a step of a year.
func rightly(list []duedates.Date, s *reportingv1.StepTerms, written time.Time, cal *policy.Calendar, reported bool, from, to int) string {
	const week = 7 * 24 * time.Hour
	inside := written.Year() >= from && written.Year() <= to
	near := written.Add(-week).Year() <= to && written.Add(week).Year() >= from // it may be moved into the span, or out of it
	switch {
	case len(list) > 1:
		return fmt.Sprintf("%d dates", len(list))
	case len(list) == 1 && (!reported || !near):
		return "a date in a year that is none"
	case len(list) == 0 && reported && inside && (s.Move == "" || cal.WorkingDate(written)):
		return "no date"
	case len(list) == 0:
		return ""
	}
	day, by := list[0].Day, list[0].Day.Sub(written)
	switch {
	case by == 0 && s.Move != "" && !cal.WorkingDate(day):
		return "it is not worked and was not moved"
	case by != 0 && (s.Legal || s.Move == ""):
		return "it does not move, and did"
	case by != 0 && (cal.WorkingDate(written) || !cal.WorkingDate(day)):
		return "it was moved without need, or to a day that is not worked"
	case by != 0 && (by < 0) != (s.Move == "before") || by.Abs() >= week:
		return fmt.Sprintf("it was moved by %s", by)
	}
	if last := list[0].Due.In(cal.Zone()); last.Format("2006-01-02 15:04:05") != day.Format("2006-01-02")+" 23:59:59" {
		return fmt.Sprintf("it is due %s", last)
	}
	return ""
}

func TestDatesHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if why := holds(t, duedates.DatesOf); why != "" {
			t.Fatal(why)
		}
	})
}

// The property notices a rule that moves dates of the law, one that moves none, one that moves all the same way, one that forgets what is
// moved over the end of a year, and one that has dates twice.
func TestWrongDatesAreNoticed(t *testing.T) {
	with := func(change func(*reportingv1.StepTerms)) rule {
		return func(adopted []report.Adopted, calendars map[string]*policy.Calendar, from, to int) []duedates.Date {
			adopted = slices.Clone(adopted)
			for i, a := range adopted {
				adopted[i].Terms = proto.CloneOf(a.Terms)
				for _, s := range adopted[i].Terms.Reports[0].Steps {
					change(s)
				}
			}
			return duedates.DatesOf(adopted, calendars, from, to)
		}
	}
	for name, wrong := range map[string]rule{
		"moves the law's": with(func(s *reportingv1.StepTerms) {
			if s.Legal {
				s.Move = "before"
			}
		}),
		"moves none": with(func(s *reportingv1.StepTerms) { s.Move = "" }),
		"moves all after": with(func(s *reportingv1.StepTerms) {
			if s.Move != "" {
				s.Move = "after"
			}
		}),
		"twice": func(adopted []report.Adopted, calendars map[string]*policy.Calendar, from, to int) []duedates.Date {
			list := duedates.DatesOf(adopted, calendars, from, to)
			return append(list, list...)
		},
		"forgets a year": func(adopted []report.Adopted, calendars map[string]*policy.Calendar, from, to int) []duedates.Date {
			return duedates.DatesOf(adopted, calendars, from+1, to)
		},
	} {
		t.Run(name, func(t *testing.T) {
			noticed := false
			rapid.Check(t, func(t *rapid.T) { noticed = noticed || holds(t, wrong) != "" })
			if !noticed {
				t.Error("the property does not notice it")
			}
		})
	}
}
