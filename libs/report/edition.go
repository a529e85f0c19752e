package report

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

const (
	public = reportingv1.Audience_AUDIENCE_PUBLIC

	internal = reportingv1.Audience_AUDIENCE_INTERNAL
)

// Edition is what an audience reads of a report: the tables that are for it, without what is hidden in them. Nothing in an edition
// for others tells which rows that was: rows that look alike then are one, ids and totals are those of what is shown, and only the
// ticks of the title page remain (rule R7). The content itself is not changed.
func Edition(c *reportingv1.Content, audience reportingv1.Audience) (*reportingv1.Content, error) {
	if audience == internal || audience == reportingv1.Audience_AUDIENCE_UNSPECIFIED {
		return c, nil
	}
	e := &reportingv1.Content{Title: proto.CloneOf(c.GetTitle())}
	tables := map[string]bool{}
	for _, t := range c.GetTables() {
		if t.GetAudience() == public || t.GetAudience() == audience {
			tables[t.GetTable()] = true
			head := proto.CloneOf(t)
			head.Awaited, head.NilConfirmedBy = nil, nil
			e.Tables = append(e.Tables, head)
		}
	}
	form, _ := FormOf(c.GetTitle().GetReport())
	at := map[string]int{}
	for _, r := range c.GetRows() {
		if !tables[r.GetTable()] || r.GetHidden().GetRow() {
			continue
		}
		table, _, _ := form.Table(r.GetTable())
		shown := seen(table, r)
		if table.transfers && empty(shown.GetAmounts()) && !empty(r.GetAmounts()) {
			continue // a row without any amount would tell that it is hidden
		}
		if table.transfers && ComesToNothing(r.GetAmounts()) {
			continue // an agency states that there was nothing of it
		}
		i, known := at[shown.GetId()]
		if !known {
			at[shown.GetId()] = len(e.Rows)
			e.Rows = append(e.Rows, shown)
			continue
		}
		if err := join(e.Rows[i], shown); err != nil {
			return nil, err
		}
	}
	order(form, e.Rows)
	return e, nil
}

// seen is a row as others see it.
func seen(t Table, r *reportingv1.Row) *reportingv1.Row {
	s := proto.CloneOf(r)
	h := s.GetHidden()
	s.Hidden = nil
	if h.GetDescription() {
		s.Description = ""
		for i, d := range t.Dimensions {
			if d == byDescription {
				s.Keys[i] = ""
			}
		}
	}
	s.Id = RowID(s.GetTable(), s.GetKeys())
	blank(t, h, s.GetAmounts())
	for _, c := range s.GetContributions() {
		blank(t, h, c.GetAmounts())
	}
	return s
}

func empty(a *reportingv1.Amounts) bool { return len(a.GetQuantities())+len(a.GetValues()) == 0 }

// blank takes from amounts what others do not see. How many decisions a transfer comes of is told of none, so that it does not tell
// of which something is hidden.
func blank(t Table, h *reportingv1.Hidden, a *reportingv1.Amounts) {
	if t.transfers {
		a.Lines, a.Licences = 0, 0
	}
	if h.GetQuantity() {
		a.Quantities = nil
	}
	if h.GetValue() {
		a.Values = nil
	}
}

// join adds a row to another that looks the same.
func join(into, r *reportingv1.Row) (err error) {
	if into.Amounts, err = Total(into.GetAmounts(), r.GetAmounts()); err != nil {
		return err
	}
	into.Contributions = append(into.Contributions, r.GetContributions()...)
	if r.GetComment() != "" && r.GetComment() != into.GetComment() {
		into.Comment = strings.TrimPrefix(into.GetComment()+"; "+r.GetComment(), "; ")
	}
	return nil
}

// order puts rows where their keys say.
func order(form Form, rows []*reportingv1.Row) {
	slices.SortStableFunc(rows, form.CompareRows)
	for _, r := range rows {
		slices.SortFunc(r.GetContributions(), func(a, b *reportingv1.Contribution) int { return strings.Compare(a.GetSubject(), b.GetSubject()) })
	}
}

// Only is a report with one of its tables, or all where none is named, and with what rows are made of or without it. The content
// itself is not changed.
func Only(c *reportingv1.Content, table string, contributions bool) *reportingv1.Content {
	only := &reportingv1.Content{Title: c.GetTitle()}
	for _, t := range c.GetTables() {
		if table == "" || t.GetTable() == table {
			only.Tables = append(only.Tables, t)
		}
	}
	for _, r := range c.GetRows() {
		if table != "" && r.GetTable() != table {
			continue
		}
		if !contributions && len(r.GetContributions()) > 0 {
			r = withoutContributions(r)
		}
		only.Rows = append(only.Rows, r)
	}
	return only
}
