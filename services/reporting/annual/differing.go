package annual

import (
	"slices"
	"strconv"

	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// pair is a row as two reports have it; nil where one has it not.
type pair struct{ a, b *reportingv1.Row }

func (p pair) row() *reportingv1.Row {
	if p.a != nil {
		return p.a
	}
	return p.b
}

func rowKey(r *reportingv1.Row) string { return r.GetTable() + "#" + r.GetId() }

// differing are the rows whose amounts differ between two reports of a form, in its order.
func differing(a, b *reportingv1.Content) (list []pair) {
	in := map[string]*reportingv1.Row{}
	for _, r := range b.GetRows() {
		in[rowKey(r)] = r
	}
	for _, r := range a.GetRows() {
		other := in[rowKey(r)]
		delete(in, rowKey(r))
		if other == nil || !sameAmounts(r.GetAmounts(), other.GetAmounts()) {
			list = append(list, pair{r, other})
		}
	}
	for _, r := range b.GetRows() {
		if in[rowKey(r)] != nil {
			list = append(list, pair{nil, r})
		}
	}
	form, _ := report.FormOf(a.GetTitle().GetReport())
	slices.SortStableFunc(list, func(x, y pair) int { return form.CompareRows(x.row(), y.row()) })
	return list
}

// sameAmounts reports whether two amounts come to the same; nothing of a unit or currency is no more than not to name it.
func sameAmounts(a, b *reportingv1.Amounts) bool { return report.IsZero(report.Minus(a, b)) }

// contributionKey tells contributions to a row apart.
func contributionKey(c *reportingv1.Contribution) string {
	return c.GetSubject() + "#" + strconv.FormatUint(uint64(c.GetFigure()), 10)
}

// change is a contribution as two reports have it; nil where one has it not.
type change struct{ a, b *reportingv1.Contribution }

func (c change) subject() string {
	if c.a != nil {
		return c.a.GetSubject()
	}
	return c.b.GetSubject()
}

// changes are the contributions to a row that differ, in the order that they have there.
func (p pair) changes() (list []change) {
	in := map[string]*reportingv1.Contribution{}
	for _, c := range p.b.GetContributions() {
		in[contributionKey(c)] = c
	}
	for _, c := range p.a.GetContributions() {
		other := in[contributionKey(c)]
		delete(in, contributionKey(c))
		if other == nil || !sameAmounts(c.GetAmounts(), other.GetAmounts()) {
			list = append(list, change{c, other})
		}
	}
	for _, c := range p.b.GetContributions() {
		if in[contributionKey(c)] != nil {
			list = append(list, change{nil, c})
		}
	}
	slices.SortStableFunc(list, func(x, y change) int {
		if x.subject() < y.subject() {
			return -1
		}
		if x.subject() > y.subject() {
			return 1
		}
		return 0
	})
	return list
}
