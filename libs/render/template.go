package render

import (
	"slices"
	"strings"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// categories are the rows of the reporting template in its order (docs/report-forms.md).
var categories = []string{
	"I", "II", "III", "IV", "IV a", "IV b", "V", "V a", "V b", "VI", "VII", "VII a", "VII b",
	"VIII",
	"VIII small arms", "VIII small arms 1", "VIII small arms 2", "VIII small arms 3", "VIII small arms 4", "VIII small arms 5", "VIII small arms 6",
	"VIII light weapons", "VIII light weapons 1", "VIII light weapons 2", "VIII light weapons 3", "VIII light weapons 4", "VIII light weapons 5",
	"VIII light weapons 6", "VIII light weapons 7",
}

// numeral is the category of Article 2(1) that a row of the template belongs to, and every other category itself.
func numeral(category string) string {
	if slices.Contains(categories, category) {
		category, _, _ = strings.Cut(category, " ")
	}
	return category
}

// categoryTitle is what a row of the template is called, or a category that the State reports on voluntarily.
func (l laying) categoryTitle(head *reportingv1.TableHead, category string) string {
	if slices.Contains(categories, category) {
		return l.w.of(category)
	}
	for _, d := range head.GetDefinitions() {
		if d.GetCategory() == category {
			return clean(d.GetTitle())
		}
	}
	return ""
}

// template lays out the rows of exports or imports as the reporting template has them: every category in its order, each with its rows or
// empty, and the State's own categories in a block of their own.
func (l laying) template(g *grid, rows []*reportingv1.Row) (list []line) {
	by := map[string][]*reportingv1.Row{}
	var own []string
	at := slices.Index(g.head.GetDimensions(), "category")
	for _, r := range rows {
		category := ""
		if at >= 0 && at < len(r.GetKeys()) {
			category = r.GetKeys()[at]
		}
		if by[category] == nil && !slices.Contains(categories, category) {
			own = append(own, category)
		}
		by[category] = append(by[category], r)
	}
	for _, d := range g.head.GetDefinitions() {
		if c := d.GetCategory(); !slices.Contains(own, c) && !slices.Contains(categories, c) {
			own = append(own, c)
		}
	}
	slices.Sort(own)
	add := func(category string) {
		for _, r := range by[category] {
			list = append(list, l.linesOf(g, r)...)
		}
		if len(by[category]) == 0 {
			cells := make([]cell, len(g.columns))
			cells[0], cells[1] = textCell(numeral(category)), cell{text: l.categoryTitle(g.head, category)}
			list = append(list, line{kind: categoryLine, cells: cells})
		}
	}
	for _, category := range categories {
		add(category)
	}
	if len(own) > 0 {
		cells := make([]cell, len(g.columns))
		cells[0] = cell{text: l.w.of("voluntary")}
		list = append(list, line{kind: blockLine, cells: cells})
	}
	for _, category := range own {
		add(category)
	}
	return list
}
