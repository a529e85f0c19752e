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
// corrected and submitted.
func PrepareReturn(view ledger.View, req *reportingv1.PrepareReturnRequest) (*reportingv1.PrepareReturnResponse, error) {
	request, err := view.ReturnRequest(req.GetRequestId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read request %s: %w", req.GetRequestId(), err)
	case request == nil:
		return nil, fault.Errorf(fault.NotFound, "request %s is not on record here; counterfoil list return_requests shows those that are", req.GetRequestId())
	}
	asked := request.GetRequested()
	spec, err := report.Of(view, asked.GetForm(), int(asked.GetYear()))
	if err != nil {
		return nil, err
	}
	draft, err := report.Build(view, spec)
	if err != nil {
		return nil, err
	}
	rows, problems, err := draft.Own(view)
	if err != nil {
		return nil, err
	}
	res := &reportingv1.PrepareReturnResponse{Requested: asked, Problems: problems}
	for _, r := range rows {
		res.Figures = append(res.Figures, figures(r)...)
	}
	for _, t := range spec.Form.Tables {
		if !slices.ContainsFunc(rows, func(r *reportingv1.Row) bool { return r.GetTable() == t.Name }) {
			res.Without = append(res.Without, t.Name)
		}
	}
	earlier, err := view.ReturnSubmission(view.Agency() + "/" + request.GetId())
	if err != nil {
		return nil, fmt.Errorf("read return to request %s: %w", request.GetId(), err)
	}
	res.Submitted = earlier.GetSubmitted()
	return res, nil
}

// figures are those of a row: one states one quantity and one value, so that a row with more has several.
func figures(r *reportingv1.Row) (list []*reportingv1.Figure) {
	a := r.GetAmounts()
	for i := range max(1, len(a.GetQuantities()), len(a.GetValues())) {
		f := &reportingv1.Figure{
			Table: r.GetTable(), Row: r.GetKeys()[0], Basis: r.GetKeys()[1], Destination: r.GetKeys()[2], Origin: r.GetKeys()[3],
			Intermediate: r.GetKeys()[4], Description: r.GetKeys()[5], Nature: r.GetKeys()[6], Prefilled: &reportingv1.Amounts{},
		}
		if i == 0 {
			f.Lines, f.Prefilled.Lines = uint64(a.GetLines()), a.GetLines()
		}
		if i < len(a.GetQuantities()) {
			q := a.GetQuantities()[i]
			f.Quantity = &transferv1.Quantity{Thousandths: q.GetThousandths(), Unit: q.GetUnit()}
			f.Prefilled.Quantities = []*reportingv1.UnitSum{q}
		}
		if i < len(a.GetValues()) {
			v := a.GetValues()[i]
			f.Value, f.Currency = v.GetMinor(), v.GetCurrency()
			f.Prefilled.Values = []*reportingv1.CurrencySum{v}
		}
		list = append(list, f)
	}
	return list
}
