package duty

import (
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// whole refuses a return that leaves open what its agency has to report (docs/returns.md). It speaks of every table, with
// figures or as nil. It speaks of every row that the agency's own journals make, from what they say now,
// once in each unit and currency, and gives a reason where it states something else. A table is nil where the agency's own journals
// make no row of it, or every such row is stated as 0.
func whole(view ledger.View, request *ledgerv1.ReturnRequest, r *reportingv1.AgencyReturnSubmitted) error {
	spec, own, _, err := ownRows(view, request)
	if err != nil {
		return err
	}
	for i, f := range r.GetFigures() {
		if _, ok := spec.KeysOf(f); !ok {
			return fault.Errorf(fault.Invalid, "figure %d is of table %q; returns to %s have figures of %s", i+1, f.GetTable(), spec.Form.Name, strings.Join(spec.Form.TakesReturns(), " and "))
		}
	}
	rows, err := spec.Beside(own, r.GetFigures())
	if err != nil {
		return err
	}
	prepare := "counterfoil return prepare " + request.GetId() + " --out FILE.csv"
	if moved := named(rows, report.StatedRow.Moved); moved != "" {
		return fault.Errorf(fault.Precondition, "%s's own records are otherwise than this return was prepared from, in %s; prepare it anew: %s", view.Agency(), moved, prepare)
	}
	for _, row := range rows {
		if err := statable(spec, row, r.GetFigures()); err != nil {
			return err
		}
	}
	if err := nils(spec, rows, r); err != nil {
		return err
	}
	if left := named(rows, report.StatedRow.LeftOut); left != "" {
		return fault.Errorf(fault.Invalid, "%s has on record, and the return leaves out, %s; state each, as 0 with a reason where it is not to be reported: %s", view.Agency(), left, prepare)
	}
	return nil
}

// ownRows are the rows of the report that a request is for which this agency's own journals make, as far as whoever asks reads them,
// with the problems of those facts.
func ownRows(view ledger.View, request *ledgerv1.ReturnRequest) (report.Spec, []*reportingv1.Row, []*reportingv1.Problem, error) {
	asked := request.GetRequested()
	spec, err := report.Of(view, asked.GetForm(), int(asked.GetYear()))
	if err != nil {
		return spec, nil, nil, err
	}
	draft, err := report.Build(view, spec)
	if err != nil {
		return spec, nil, nil, fmt.Errorf("work out what %s has for %s of %d: %w", view.Agency(), asked.GetForm(), asked.GetYear(), err)
	}
	rows, problems, err := draft.OwnOf(view, view.Agency(), ledger.AgencyOf(request.GetId()))
	return spec, rows, problems, err
}

// statable refuses figures of a row that state it twice, otherwise than the agency's own journals without a reason, or a row that a
// return cannot add.
func statable(spec report.Spec, row *report.StatedRow, figures []*reportingv1.Figure) error {
	units, currencies := map[string]bool{}, map[string]bool{}
	for _, i := range row.Figures {
		f := figures[i]
		unit, currency := f.GetQuantity().GetUnit(), f.GetCurrency()
		if unit != "" && units[unit] || currency != "" && currencies[currency] || unit == "" && currency == "" && len(row.Figures) > 1 {
			return fault.Errorf(fault.Invalid, "figure %d states %s a second time in %s; make one figure of them", i+1, row, strings.TrimSpace(unit+" "+currency))
		}
		units[unit], currencies[currency] = true, true
		if f.GetReason() == "" && !report.IsZero(report.Minus(report.StatedBy(f), f.GetPrefilled())) {
			return fault.Errorf(fault.Invalid, "figure %d states %s otherwise than the agency's own records have it; give the reason", i+1, row)
		}
	}
	if row.Own != nil {
		return nil
	}
	if report.IsZero(row.Stated) {
		return fault.Errorf(fault.Invalid, "nothing is stated of %s, and nothing of it is on record; leave it out", row)
	}
	return spec.MayState(row.Table, row.Keys)
}

// nils refuses a return that says nothing of a table, or that it is nil where it is not: silence is not nil.
func nils(spec report.Spec, rows []*report.StatedRow, r *reportingv1.AgencyReturnSubmitted) error {
	tables := spec.Form.TakesReturns()
	for _, t := range r.GetNilTables() {
		if !slices.Contains(tables, t) {
			return fault.Errorf(fault.Invalid, "there is no table %q that could be nil; there are %s", t, strings.Join(tables, " and "))
		}
	}
	for _, t := range tables {
		isNil := r.GetNil() || slices.Contains(r.GetNilTables(), t)
		ofTable := func(row *report.StatedRow) bool { return row.Table == t }
		if !isNil && !slices.ContainsFunc(rows, ofTable) {
			figures := ""
			if len(r.GetFigures()) > 0 {
				figures = " --from FILE.csv"
			}
			return fault.Errorf(fault.Invalid, "the return says nothing of %s; where there is nothing to report, say so: counterfoil return submit %s%s --nil --table %s", t, r.GetRequestId(), figures, t)
		}
		if !isNil {
			continue
		}
		something := named(rows, func(row report.StatedRow) bool {
			return row.Table == t && (row.LeftOut() || len(row.Figures) > 0 && !report.ComesToNothing(row.Stated))
		})
		if something != "" {
			return fault.Errorf(fault.Invalid, "%s is not nil: there is %s; state each as 0 with a reason where it is not to be reported, or do not say nil", t, something)
		}
	}
	return nil
}

// mostNamed is how many rows a refusal names.
const mostNamed = 5

// named are the rows of which something holds, as sentences name them; empty where there is none.
func named(rows []*report.StatedRow, holds func(report.StatedRow) bool) string {
	var names []string
	for _, r := range rows {
		if holds(*r) {
			names = append(names, r.String())
		}
	}
	if len(names) > mostNamed {
		names = append(names[:mostNamed], fmt.Sprintf("and %d more", len(names)-mostNamed))
	}
	return strings.Join(names, "; ")
}
