package duty

import (
	"fmt"
	"slices"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// PrepareReturn draws the figures of a return from this agency's own journals: what the report has from them, to be looked at,
// corrected and submitted. Rows stand in the report's order. What an earlier return of this agency to the same report states otherwise
// is kept where its own journals still say the same of the row.
func PrepareReturn(view ledger.View, req *reportingv1.PrepareReturnRequest) (*reportingv1.PrepareReturnResponse, error) {
	request, err := askedOf(view, req.GetRequestId())
	if err != nil {
		return nil, err
	}
	form := request.GetRequested().GetForm()
	if _, known := report.FormOf(form); !known {
		return nil, fault.Errorf(fault.Invalid, "%s is no form that figures can be drawn for; write them in a file, and submit it: counterfoil report submit-return -f FILE", form)
	}
	spec, rows, problems, err := ownRows(view, request)
	if err != nil {
		return nil, err
	}
	earlier, err := view.ReturnSubmission(view.Agency() + "/" + request.GetId())
	if err != nil {
		return nil, fmt.Errorf("read return to request %s: %w", request.GetId(), err)
	}
	last, err := lastReturn(view, request.GetRequested())
	if err != nil {
		return nil, err
	}
	res := &reportingv1.PrepareReturnResponse{Requested: request.GetRequested(), Problems: problems, Submitted: earlier.GetSubmitted()}
	if res.Figures, err = corrected(spec, rows, last.GetFigures()); err != nil {
		return nil, err
	}
	for _, t := range spec.Form.TakesReturns() {
		if !slices.ContainsFunc(res.Figures, func(f *reportingv1.Figure) bool { return f.GetTable() == t }) {
			res.Without = append(res.Without, t)
		}
	}
	return res, nil
}

// figures are those of a row: one states one quantity and one value, so that a row with more has several. What is below nothing cannot be
// stated; it is given as 0, and needs a reason.
func figures(r *reportingv1.Row) (list []*reportingv1.Figure) {
	a := r.GetAmounts()
	for i := range max(1, len(a.GetQuantities()), len(a.GetValues())) {
		f := &reportingv1.Figure{
			Table: r.GetTable(), Row: r.GetKeys()[0], Basis: r.GetKeys()[1], Destination: r.GetKeys()[2], Origin: r.GetKeys()[3],
			Intermediate: r.GetKeys()[4], Description: r.GetKeys()[5], Nature: r.GetKeys()[6], Prefilled: &reportingv1.Amounts{},
		}
		if i == 0 {
			f.Lines, f.Prefilled.Lines = uint64(max(0, a.GetLines())), a.GetLines()
		}
		if i < len(a.GetQuantities()) {
			q := a.GetQuantities()[i]
			f.Quantity = &transferv1.Quantity{Thousandths: max(0, q.GetThousandths()), Unit: q.GetUnit()}
			f.Prefilled.Quantities = []*reportingv1.UnitSum{q}
		}
		if i < len(a.GetValues()) {
			v := a.GetValues()[i]
			f.Value, f.Currency = max(0, v.GetMinor()), v.GetCurrency()
			f.Prefilled.Values = []*reportingv1.CurrencySum{v}
		}
		list = append(list, f)
	}
	return list
}

// lastReturn is what this agency submitted last to the same report of a year, to whichever request; nil when it has not.
func lastReturn(view ledger.View, asked *reportingv1.AgencyReturnRequested) (last *reportingv1.AgencyReturnSubmitted, err error) {
	requests, err := view.RequestsWith("form", asked.GetForm())
	if err != nil {
		return nil, fmt.Errorf("read requests for returns to %s: %w", asked.GetForm(), err)
	}
	for _, r := range requests { // in the order of asking
		if r.GetRequested().GetYear() != asked.GetYear() {
			continue
		}
		submission, err := view.ReturnSubmission(view.Agency() + "/" + r.GetId())
		if err != nil {
			return nil, fmt.Errorf("read return to request %s: %w", r.GetId(), err)
		}
		if submission != nil {
			last = submission.GetSubmitted()
		}
	}
	return last, nil
}

// corrected are the figures of an agency's own rows, with the corrections of an earlier return where its own facts of the row are the
// same, and with the rows that only the return has.
func corrected(spec report.Spec, own []*reportingv1.Row, earlier []*reportingv1.Figure) (list []*reportingv1.Figure, err error) {
	rows, err := spec.Beside(own, earlier)
	if err != nil {
		return nil, err
	}
	for i, r := range rows { // own rows come first
		switch {
		case r.Own != nil && (len(r.Figures) == 0 || r.Moved()):
			list = append(list, figures(own[i])...)
		case r.Own != nil || report.IsZero(r.Prefilled):
			for _, n := range r.Figures {
				list = append(list, earlier[n])
			}
		}
	}
	return list, nil
}
