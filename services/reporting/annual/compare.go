package annual

import (
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Compare lists every row whose amounts differ between two reports of a year, in the order of their tables and rows, with every
// contribution that does and its cause. The causes are those that lead from the one that was drawn earlier to the other, whichever is
// named first. Contents are with contributions. It is refused between different reports, or years.
func Compare(view ledger.View, a, b *reportingv1.Content) ([]*reportingv1.ChangedRow, error) {
	if x, y := a.GetTitle(), b.GetTitle(); x.GetReport() != y.GetReport() || x.GetYear() != y.GetYear() {
		return nil, fault.Errorf(fault.Invalid, "%s/%d and %s/%d are not of the same report and year; see what is on record: counterfoil list reports", x.GetReport(), x.GetYear(), y.GetReport(), y.GetYear())
	}
	pairs := differing(a, b)
	if len(pairs) == 0 {
		return nil, nil
	}
	from, err := newCauses(view, a, b)
	if err != nil {
		return nil, err
	}
	var list []*reportingv1.ChangedRow
	for _, p := range pairs {
		row := &reportingv1.ChangedRow{Table: p.row().GetTable(), RowId: p.row().GetId(), Keys: p.row().GetKeys(), A: p.a.GetAmounts(), B: p.b.GetAmounts()}
		for _, c := range p.changes() {
			cause, text, err := from.of(p.row(), c)
			if err != nil {
				return nil, err
			}
			row.Changes = append(row.Changes, &reportingv1.ChangedContribution{Cause: cause, A: c.a, B: c.b, Text: text})
		}
		list = append(list, row)
	}
	return list, nil
}
