package annual

import (
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Codes of problems that a report has beside those of its facts and of returns.
const (
	// NotNil: a table without rows that not every agency confirmed to be nil (docs/reports.md).
	NotNil = "not-nil"
	// NoExtent: rows that state neither a number of items nor a value (docs/reports.md).
	NoExtent = "no-extent"
	// HiddenWithoutText: rows that are hidden for a class of reasons, and nobody wrote why.
	HiddenWithoutText = "hidden-without-text"
	// Objection: an agency objects to the draft.
	Objection = "objection"
	// MissingApproval: an agency has not answered.
	MissingApproval = "missing-approval"
	// LateData: what is on record by now differs from the draft.
	LateData = "late-data"
	// Overdue: a step of the procedure is over its date.
	Overdue = "overdue"
)

// mostSubjects is how many records a problem names.
const mostSubjects = 20

func problem(code string, blocks bool, subjects []string, text, next string) *reportingv1.Problem {
	return &reportingv1.Problem{Code: code, Blocks: blocks, Text: text, Subjects: subjects[:min(len(subjects), mostSubjects)], Count: uint64(len(subjects)), Next: next}
}

// problemsOf are those of a report's facts and returns, and those that its tables and rows show.
func problemsOf(facts []*reportingv1.Problem, c *reportingv1.Content) []*reportingv1.Problem {
	list := slices.Clone(facts)
	form, _ := report.FormOf(c.GetTitle().GetReport())
	filled := map[string]bool{}
	var bare []string
	for _, r := range c.GetRows() {
		filled[r.GetTable()] = true
		if t, _, _ := form.Table(r.GetTable()); t.Returns() && len(r.GetAmounts().GetQuantities())+len(r.GetAmounts().GetValues()) == 0 {
			bare = append(bare, r.GetId())
		}
	}
	var open []string
	for _, h := range c.GetTables() {
		if t, _, _ := form.Table(h.GetTable()); t.Returns() && !filled[h.GetTable()] && !h.GetNil() && len(h.GetAwaited()) == 0 {
			open = append(open, h.GetTable())
		}
	}
	if len(open) > 0 {
		list = append(list, problem(NotNil, true, open, fmt.Sprintf("%s without rows, and not every agency confirmed that it has nothing", strings.Join(open, ", ")),
			"counterfoil return submit at each agency that contributes, with the tables for which it has nothing"))
	}
	if len(bare) > 0 {
		list = append(list, problem(NoExtent, false, bare, fmt.Sprintf("%d rows state neither a number of items nor a value", len(bare)),
			"counterfoil return submit, with the number or the value"))
	}
	return list
}
