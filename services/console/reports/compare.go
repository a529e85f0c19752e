package reports

import (
	"cmp"
	"html/template"
	"strings"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// comparePage is what differs between two shapes of a report, and why.
type comparePage struct {
	A, B         string
	PathA, PathB string
	Rows         []changed
}

// changed is a row that differs.
type changed struct {
	Table, ID string
	Keys      []template.HTML
	A, B      []string
	Changes   []change
}

// change is what a record adds to it in the one and in the other.
type change struct {
	Subject, Cause, Text string
	A, B                 []string
}

func (p pages) compare(v *web.Visit) error {
	a, err := whichOf(v)
	if err != nil {
		return err
	}
	b, err := parseNamed(v.R.URL.Query().Get("with"))
	if err != nil {
		return err
	}
	res, err := v.API.Report.CompareReports(v.R.Context(), &reportingv1.CompareReportsRequest{A: a, B: b})
	if err != nil {
		return err
	}
	page := comparePage{A: named(a), B: named(b), PathA: path(a), PathB: path(b)}
	for _, r := range res.GetRows() {
		one := changed{Table: cmp.Or(word(v, "table."+r.GetTable()), r.GetTable()), ID: r.GetRowId(), A: amounts(v, r.GetA()), B: amounts(v, r.GetB())}
		for _, k := range r.GetKeys() {
			if k != "" {
				one.Keys = append(one.Keys, apart(v, k))
			}
		}
		for _, c := range r.GetChanges() {
			one.Changes = append(one.Changes, change{
				Subject: cmp.Or(c.GetA().GetSubject(), c.GetB().GetSubject()), Cause: causeKey(c.GetCause()), Text: c.GetText(),
				A: amounts(v, c.GetA().GetAmounts()), B: amounts(v, c.GetB().GetAmounts()),
			})
		}
		page.Rows = append(page.Rows, one)
	}
	return v.Page(p.Pages, "compare", page)
}

func causeKey(c reportingv1.ChangeCause) string {
	return "reports.cause-" + strings.ToLower(strings.TrimPrefix(c.String(), "CHANGE_CAUSE_"))
}

// amounts are all that a row or contribution comes to.
func amounts(v *web.Visit, a *reportingv1.Amounts) (all []string) {
	for _, m := range measures {
		if text := amount(a, m); text != "" {
			all = append(all, counted(v, m, text))
		}
	}
	return all
}
