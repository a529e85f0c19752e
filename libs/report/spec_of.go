package report

import (
	"cmp"
	"fmt"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// SpecOf returns a report under the procedure that its title page names. It is refused where that is not on record here.
func SpecOf(view ledger.View, t *reportingv1.Title) (Spec, error) {
	if t.GetProcedureId() == "" {
		return NewSpec("", nil, t.GetReport(), int(t.GetYear()))
	}
	row, err := view.Procedure(t.GetProcedureId())
	switch {
	case err != nil:
		return Spec{}, fmt.Errorf("read procedure %s: %w", t.GetProcedureId(), err)
	case row == nil:
		return Spec{}, fault.Errorf(fault.NotFound, "procedure %s, by which a report was made, is not on record here; see: counterfoil list procedures", t.GetProcedureId())
	}
	p, err := load(row)
	if err != nil {
		return Spec{}, err
	}
	return NewSpec(row.GetId(), p, t.GetReport(), int(t.GetYear()))
}

// TableTerms is what the procedure says of a table; nil where it says nothing.
func (s Spec) TableTerms(table string) *reportingv1.TableTerms { return s.table(table) }

// Basis is whether a category of a table is reported as "authorized" or as "actual".
func (s Spec) Basis(table, category string) string { return s.basisOf(s.table(table), category) }

// Returns reports whether agencies contribute to the table by returns: only then it can be nil (rule R4).
func (t Table) Returns() bool { return t.returns }

// CompareRows orders rows as a report of the form has them.
func (f Form) CompareRows(a, b *reportingv1.Row) int {
	_, x, _ := f.Table(a.GetTable())
	_, y, _ := f.Table(b.GetTable())
	return cmp.Or(cmp.Compare(x, y), compareKeys(a.GetKeys(), b.GetKeys()))
}
