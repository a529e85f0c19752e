package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// apart are the dimensions over which nothing is added up: authorized and actual (rule R1), definitive and other movements (R11),
// exports and other kinds.
var apart = []string{"kind", "basis", "nature"}

// total is a line of totals. What it adds up are the lines of data that have the same as it in the columns where.
type total struct {
	cells []cell
	where []int
	sums  []int
}

// totals are those of a table: what stands apart has totals of its own, in the order of its first row. In each there are items by
// category, or lines and decisions with quantities by unit, and then values by currency. Where a table has no rows there are none.
func (l laying) totals(g *grid, rows []*reportingv1.Row) (list []total, err error) {
	var order []string
	groups := map[string][]*reportingv1.Row{}
	for _, r := range rows {
		key := groupOf(g.head, r)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], r)
	}
	for _, key := range order {
		of, err := l.totalsOf(g, groups[key])
		if err != nil {
			return nil, fmt.Errorf("add up %s: %w", g.name, err)
		}
		list = append(list, of...)
	}
	return list, nil
}

func groupOf(head *reportingv1.TableHead, r *reportingv1.Row) string {
	var keys []string
	for i, d := range head.GetDimensions() {
		if slices.Contains(apart, d) && i < len(r.GetKeys()) {
			keys = append(keys, r.GetKeys()[i])
		}
	}
	return strings.Join(keys, "\x00")
}

func (l laying) totalsOf(g *grid, rows []*reportingv1.Row) (list []total, err error) {
	var amounts []*reportingv1.Amounts
	for _, r := range rows {
		amounts = append(amounts, r.GetAmounts())
	}
	all, err := report.Total(amounts...)
	if err != nil {
		return nil, err
	}
	start := l.groupTotal(g, rows[0])
	if isForm(g.name) {
		if list, err = itemsByCategory(g, rows, start); err != nil {
			return nil, err
		}
	} else {
		list = append(list, start.with(g, "", "", map[string]cell{"lines": numberCell(all.GetLines(), 0), "licences": numberCell(all.GetLicences(), 0)}))
		for _, q := range all.GetQuantities() {
			list = append(list, start.with(g, "unit", q.GetUnit(), map[string]cell{"quantity": numberCell(shortest(q.GetThousandths()))}))
		}
	}
	for _, v := range all.GetValues() {
		list = append(list, start.with(g, "currency", v.GetCurrency(), map[string]cell{"value": money(v)}))
	}
	return list, nil
}

// groupTotal is a total that says what it is of, and has no sums yet.
func (l laying) groupTotal(g *grid, first *reportingv1.Row) total {
	t := total{cells: make([]cell, len(g.columns))}
	keys := l.keys(g, first)
	for _, key := range []string{"kind", "authorized", "actual", "nature"} {
		if at := g.at(key); at >= 0 {
			t.cells[at] = keys[at]
			t.where = append(t.where, at)
		}
	}
	return t
}

// with is a total of what has a text in a column, with sums by column.
func (t total) with(g *grid, column, text string, sums map[string]cell) total {
	t.cells, t.where = slices.Clone(t.cells), slices.Clone(t.where)
	if at := g.at(column); at >= 0 {
		t.cells[at] = textCell(text)
		t.where = append(t.where, at)
	}
	for i, c := range g.columns {
		if sum, ok := sums[c.key]; ok {
			t.cells[i] = sum
			t.sums = append(t.sums, i)
		}
	}
	return t
}

func itemsByCategory(g *grid, rows []*reportingv1.Row, start total) (list []total, err error) {
	at := slices.Index(g.head.GetDimensions(), "category")
	var order []string
	by := map[string][]*reportingv1.Amounts{}
	for _, r := range rows {
		if _, stated := report.Items(r.GetAmounts()); !stated || at < 0 {
			continue
		}
		category := numeral(clean(r.GetKeys()[at]))
		if by[category] == nil {
			order = append(order, category)
		}
		by[category] = append(by[category], r.GetAmounts())
	}
	for _, category := range order {
		sum, err := report.Total(by[category]...)
		if err != nil {
			return nil, err
		}
		items, _ := report.Items(sum)
		list = append(list, start.with(g, "category", category, map[string]cell{"items": numberCell(shortest(items))}))
	}
	return list, nil
}
