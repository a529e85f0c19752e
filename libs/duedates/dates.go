// Package duedates is the calendar of a State's reports: which step is due when and by whom, as its procedure says, and where each
// stands on record.
package duedates

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Date is one date of a report for one agency.
type Date struct {
	Procedure report.Adopted
	Terms     *reportingv1.ReportTerms
	Step      *reportingv1.StepTerms
	// Year that is reported on; of a report whose days count from entry into force, that of its last day.
	Year int
	// Agency owes it, and there who has the role; empty: nobody is named.
	Agency, Role string
	// Day is midnight UTC of its date.
	Day time.Time
	// Due is the last second of the date in the zone of Calendar, by whose working days it counts.
	Due      time.Time
	Calendar *policy.Calendar
}

// ID is what the agency whose procedure it is calls the step.
func (d Date) ID() string {
	return fmt.Sprintf("%s/%s-%d-%s-%s", ledger.AgencyOf(d.Procedure.ID), d.Terms.GetReport(), d.Year, d.Step.GetStep(), d.Agency)
}

// Before is the first moment of the day that lies so many days before the date.
func (d Date) Before(days uint32) time.Time {
	first, _ := d.Calendar.Bounds(d.Day.AddDate(0, 0, -int(days)))
	return first
}

// Over is the first moment after the date, and after so many working days more.
func (d Date) Over(workingDays uint32) time.Time {
	if workingDays == 0 {
		return d.Due.Add(time.Second)
	}
	return policy.Deadline(d.Calendar, d.Due, int(workingDays), nil).Add(time.Second)
}

// Dates are all dates that lie in the years from and to, and between them, in order. A year is reported on under the procedure that
// report.For says.
func Dates(view ledger.View, from, to int) ([]Date, error) {
	adopted, err := report.Procedures(view)
	if len(adopted) == 0 || err != nil {
		return nil, err
	}
	calendars := map[string]*policy.Calendar{}
	for _, a := range adopted {
		if calendars[a.ID], err = calendarOf(view, a.Terms); err != nil {
			return nil, err
		}
	}
	return datesOf(adopted, calendars, from, to), nil
}

// Basis names what dates come of: it is another one whenever a procedure or a calendar was adopted, and empty while no procedure is on
// record.
func Basis(view ledger.View) (string, error) {
	procedures, err := view.Procedures()
	if len(procedures) == 0 || err != nil {
		return "", err
	}
	calendars, err := view.Calendars()
	if err != nil {
		return "", fmt.Errorf("read calendars: %w", err)
	}
	var basis strings.Builder
	for _, p := range procedures {
		fmt.Fprintln(&basis, p.GetId())
	}
	for _, c := range calendars {
		fmt.Fprintln(&basis, c.GetId(), c.GetEvents())
	}
	return basis.String(), nil
}

// calendarOf is the calendar that a procedure names, or the one that is called as its State; without one Monday to Friday are worked,
// UTC.
func calendarOf(view ledger.View, p *reportingv1.Procedure) (*policy.Calendar, error) {
	name := cmp.Or(p.GetCalendar(), p.GetState())
	row, err := view.Calendar(name)
	if err != nil {
		return nil, fmt.Errorf("read calendar %s: %w", name, err)
	}
	if row == nil {
		return &policy.Calendar{}, nil
	}
	return policy.NewCalendar(row.GetAdopted())
}

// datesOf is Dates of procedures, each with its calendar by its id.
func datesOf(adopted []report.Adopted, calendars map[string]*policy.Calendar, from, to int) (list []Date) {
	add := func(a report.Adopted, r *reportingv1.ReportTerms, year int) {
		for _, d := range ofReport(a, r, year, calendars[a.ID]) {
			if d.Day.Year() >= from && d.Day.Year() <= to {
				list = append(list, d)
			}
		}
	}
	for year := from - 2; year <= to; year++ { // a date may be moved over the end of its year
		a := report.For(adopted, year)
		for _, r := range a.Terms.GetReports() {
			if !report.FromEntry(r) {
				add(a, r, year)
			}
		}
	}
	for _, a := range adopted {
		for _, r := range a.Terms.GetReports() {
			if year := lastDay(a.Terms, r).Year(); report.FromEntry(r) && report.For(adopted, year).ID == a.ID {
				add(a, r, year)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Date) int { return a.Day.Compare(b.Day) })
	return list
}

// Of are the dates of one report of a year, in the order of the procedure's steps; none where it is not made of that year.
func Of(view ledger.View, name string, year int) ([]Date, error) {
	adopted, err := report.Procedures(view)
	if err != nil {
		return nil, err
	}
	a := report.For(adopted, year)
	r := report.TermsOf(a.Terms, name)
	if r == nil {
		return nil, nil
	}
	cal, err := calendarOf(view, a.Terms)
	return ofReport(a, r, year, cal), err
}

// DueOf is the last second by which a step of a report of a year is due; zero where the procedure has no date for it.
func DueOf(view ledger.View, name string, year int, step string) (time.Time, error) {
	dates, err := Of(view, name, year)
	for _, d := range dates {
		if d.Step.GetStep() == step {
			return d.Due, nil
		}
	}
	return time.Time{}, err
}

// ofReport are the dates of a report of a year.
func ofReport(a report.Adopted, r *reportingv1.ReportTerms, year int, cal *policy.Calendar) (list []Date) {
	entry, err := time.Parse(time.DateOnly, a.Terms.GetInForce())
	fromEntry := report.FromEntry(r)
	if fromEntry && (err != nil || lastDay(a.Terms, r).Year() != year) || !fromEntry && !reportedOn(a.Terms, r, year) {
		return nil
	}
	for _, s := range r.GetSteps() {
		day, err := report.ParseDay(s.GetDay())
		if err != nil {
			continue // it is not on record: LoadProcedure refuses it
		}
		d := Date{Procedure: a, Terms: r, Step: s, Year: year, Calendar: cal}
		if fromEntry {
			d.Day = day.After(entry)
		} else {
			d.Day = day.In(year + 1)
		}
		if s.GetMove() != "" {
			d.Day = cal.Moved(d.Day, s.GetMove() == "before")
		}
		_, d.Due = cal.Bounds(d.Day)
		for _, d.Agency = range report.Owing(r, s) {
			d.Role = s.GetRole()
			if d.Role == "" && d.Agency == r.GetOwner() {
				d.Role = r.GetRole()
			}
			list = append(list, d)
		}
	}
	return list
}

// lastDay is the last date of a report whose days count from entry into force, before it is moved; zero without an entry into force.
func lastDay(p *reportingv1.Procedure, r *reportingv1.ReportTerms) (last time.Time) {
	entry, err := time.Parse(time.DateOnly, p.GetInForce())
	if err != nil {
		return last
	}
	for _, s := range r.GetSteps() {
		if day, err := report.ParseDay(s.GetDay()); err == nil && day.After(entry).After(last) {
			last = day.After(entry)
		}
	}
	return last
}

// reportedOn reports whether a year is one that a report is made of.
func reportedOn(p *reportingv1.Procedure, r *reportingv1.ReportTerms, year int) bool {
	first, every := firstYear(p, r), max(1, int(r.GetEveryYears()))
	return year == first || year > first && !r.GetOnce() && (year-first)%every == 0
}

// firstYear is the first year that a report is made of: the one that the procedure names, or the one from which it is valid. The annual
// report of Article 13(3) begins with the first full calendar year in which the Treaty is in force for the State.
func firstYear(p *reportingv1.Procedure, r *reportingv1.ReportTerms) (year int) {
	if r.GetFirstYear() > 0 {
		return int(r.GetFirstYear())
	}
	if valid, err := time.Parse(time.DateOnly, p.GetValidFrom()); err == nil {
		year = valid.Year()
	}
	entry, err := time.Parse(time.DateOnly, p.GetInForce())
	if err != nil || r.GetReport() != report.Annual {
		return year
	}
	full := entry.Year()
	if entry.YearDay() > 1 {
		full++
	}
	return max(year, full)
}
