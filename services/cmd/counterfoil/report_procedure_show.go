package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// procedureDocument is a procedure as a document, with its dates for a year: who has which role, who gives what to whom, when, and what
// counts (the national process document that reports of States to the Treaty's working groups describe).
func procedureDocument(a report.Adopted, year int, dates []*reportingv1.CalendarStep) output.Document {
	p := a.Terms
	return output.Document{Value: p, ItemType: p, Sections: []output.Section{
		{Title: fmt.Sprintf("Procedure of %s for its reports: %s, version %d", p.GetState(), p.GetProcedure(), p.GetVersion()), Text: procedureHead(a)},
		{Title: "Roles", Grid: rolesGrid(p)},
		{Title: "Exchange", Grid: exchangeGrid(p)},
		{Title: fmt.Sprintf("Calendar for what is reported on %d", year), Grid: datesGrid(year, dates)},
		{Title: "Data", Grid: dataGrid(p)},
	}}
}

func procedureHead(a report.Adopted) string {
	p := a.Terms
	var text strings.Builder
	for _, l := range [][2]string{
		{"on record as", a.ID}, {"authority", p.GetAuthority()}, {"legal basis", p.GetLegalBasis()}, {"valid from", p.GetValidFrom()},
		{"Treaty in force", cmp.Or(p.GetInForce(), "not yet: reports that count from it have no dates")},
		{"working days", cmp.Or(p.GetCalendar(), p.GetState())},
	} {
		if l[1] != "" {
			fmt.Fprintf(&text, "%-16s %s\n", l[0], l[1])
		}
	}
	return text.String()
}

func rolesGrid(p *reportingv1.Procedure) output.Grid {
	grid := output.Grid{Heads: []string{"report", "owner", "role", "contribute", "approve", "made"}}
	for _, r := range p.GetReports() {
		grid.Add(r.GetReport(), r.GetOwner(), r.GetRole(), strings.Join(r.GetContributors(), ", "), strings.Join(r.GetApprovers(), ", "), howOften(r))
	}
	return grid
}

func howOften(r *reportingv1.ReportTerms) string {
	often := "every year"
	switch {
	case r.GetOnce() || report.FromEntry(r):
		often = "once"
	case r.GetEveryYears() > 1:
		often = fmt.Sprintf("every %d years", r.GetEveryYears())
	}
	if r.GetFirstYear() > 0 {
		often += fmt.Sprintf(", from %d", r.GetFirstYear())
	}
	return often
}

// exchangeGrid says of each step who owes it, when they are reminded and who is told when it is over its date.
func exchangeGrid(p *reportingv1.Procedure) output.Grid {
	grid := output.Grid{Heads: []string{"report", "step", "owed by", "reminded", "told when it is over"}}
	for _, r := range p.GetReports() {
		for _, s := range r.GetSteps() {
			owing := strings.Join(report.Owing(r, s), ", ")
			if s.GetRole() != "" {
				owing += " (" + s.GetRole() + ")"
			}
			var remind, told []string
			for _, days := range s.GetRemind() {
				remind = append(remind, count(int(days)))
			}
			for _, e := range s.GetEscalate() {
				told = append(told, fmt.Sprintf("%s (%d working days later)", strings.TrimSpace(e.GetAgency()+" "+e.GetRole()), e.GetWorkingDays()))
			}
			reminded := ""
			if len(remind) > 0 {
				reminded = strings.Join(remind, ", ") + " days before"
			}
			grid.Add(r.GetReport(), s.GetStep(), owing, reminded, strings.Join(told, ", "))
		}
	}
	return grid
}

// datesGrid has each date once, with those who owe it.
func datesGrid(year int, dates []*reportingv1.CalendarStep) output.Grid {
	grid := output.Grid{Heads: []string{"date", "kind", "report", "step", "owed by", "source"}}
	at := map[string]int{}
	for _, s := range dates {
		if int(s.Year) != year {
			continue
		}
		key := s.Report + " " + s.Step
		if i, shown := at[key]; shown {
			grid.Rows[i][4] += ", " + s.Agency
			continue
		}
		at[key] = len(grid.Rows)
		grid.Add(s.Date, kindOfDate(s), s.Report, s.Step, s.Agency, s.Source)
	}
	return grid
}

func dataGrid(p *reportingv1.Procedure) output.Grid {
	grid := output.Grid{Heads: []string{"report", "table", "basis", "means", "small arms", "beyond Article 2(1)", "for"}}
	for _, r := range p.GetReports() {
		for _, t := range r.GetTables() {
			basis := cmp.Or(t.GetBasis(), "as the form has it")
			for _, category := range slices.Sorted(maps.Keys(t.GetBasisOf())) {
				basis += fmt.Sprintf("; %s %s", category, t.GetBasisOf()[category])
			}
			small := "by row"
			if t.GetAggregateSmallArms() {
				small = "as one row"
			}
			var voluntary []string
			for _, v := range t.GetVoluntary() {
				voluntary = append(voluntary, fmt.Sprintf("%s %s", v.GetCategory(), v.GetTitle()))
			}
			audience := "public"
			if t.GetAudience() != reportingv1.Audience_AUDIENCE_UNSPECIFIED {
				audience = strings.ReplaceAll(enum(t.GetAudience()), "_", " ")
			}
			grid.Add(r.GetReport(), t.GetTable(), basis, t.GetMeans(), small, strings.Join(voluntary, ", "), audience)
		}
	}
	return grid
}
