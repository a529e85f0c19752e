package reports

import (
	"cmp"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/plain"
	"github.com/counterfoil/counterfoil/libs/render"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// measures are what a row comes to, as figures are named; the first two are told of decisions, the others of transfers too.
var measures = []string{"lines", "licences", "quantity", "value"}

// table is one of a report's tables, ready to be shown.
type table struct {
	*reportingv1.TableHead
	Title string
	Heads []string
	// Measures of its figures, and their heads.
	Measures []measure
	Rows     []line
	// Path leads to what the whole table is made of; empty where this node does not say that.
	Path string
	// From is the first row that is shown, from 0; Count is how many there are, Next the first of the next page, 0 where there is none.
	From, Count, Next int
}

type measure struct{ Name, Head string }

// line is a row of a table.
type line struct {
	Cells   []template.HTML
	Figures []figure
	Comment string
	// Hidden is what of it stays out of editions for others, as keys of messages.
	Hidden []string
	Reason reportingv1.HiddenReason
}

// figure is an amount that leads to what it is made of.
type figure struct{ Path, Text string }

// shownRows is how many rows of a table stand on one page.
const shownRows = 100

// tables lays a report's tables out; from says which page of the table named in is shown, and all others show their first.
func tables(v *web.Visit, e *edition, in string, from int) (all []table) {
	by := map[string][]*reportingv1.Row{}
	for _, r := range e.GetRows() {
		by[r.GetTable()] = append(by[r.GetTable()], r)
	}
	for _, head := range e.GetTables() {
		rows := by[head.GetTable()]
		t := layout(v, e.Name(), head, rows)
		t.Count = len(rows)
		if head.GetTable() == in && from > 0 && from < len(rows) {
			t.From = from
		}
		if t.From+shownRows < len(rows) {
			t.Next = t.From + shownRows
		}
		t.Rows = t.Rows[t.From:min(len(rows), t.From+shownRows)]
		all = append(all, t)
	}
	return all
}

// layout has every row of a table: what it is told apart by, less what no row has, and its figures.
func layout(v *web.Visit, name string, head *reportingv1.TableHead, rows []*reportingv1.Row) table {
	t := table{TableHead: head, Title: cmp.Or(word(v, "table."+head.GetTable()), head.GetTable())}
	if v.Site().Service == reporting && !past(v) && len(rows) > 0 {
		t.Path = below(v, "/figure", "cell", head.GetTable())
	}
	for _, m := range measures {
		if isForm(head.GetTable()) && (m == "lines" || m == "licences") { // which transfers do not say
			continue
		}
		t.Measures = append(t.Measures, measure{m, word(v, m)})
	}
	var shown []int
	for i, d := range head.GetDimensions() {
		if !optional(d) || slices.ContainsFunc(rows, func(r *reportingv1.Row) bool {
			return key(r, i) != "" || d == "description" && r.GetDescription() != ""
		}) {
			shown = append(shown, i)
			t.Heads = append(t.Heads, dimensionHead(v, head.GetTable(), d))
		}
	}
	for _, r := range rows {
		l := line{Comment: r.GetComment(), Reason: r.GetHidden().GetReason(), Hidden: hiddenParts(r.GetHidden())}
		for _, i := range shown {
			l.Cells = append(l.Cells, dimension(v, name, head, r, i))
		}
		for _, m := range t.Measures {
			l.Figures = append(l.Figures, figure{below(v, "/figure", "cell", r.GetId()+"."+m.Name), amount(r.GetAmounts(), m.Name)})
		}
		t.Rows = append(t.Rows, l)
	}
	return t
}

// isForm reports whether a table is one of transfers between States, which says items and values and not of how many decisions they come.
func isForm(table string) bool { return table == "exports" || table == "imports" }

// optional are dimensions that rows often have nothing of.
func optional(dimension string) bool {
	return slices.Contains([]string{"origin", "intermediate", "description", "nature", "unit"}, dimension)
}

func key(r *reportingv1.Row, i int) string {
	if i >= len(r.GetKeys()) {
		return ""
	}
	return r.GetKeys()[i]
}

func word(v *web.Visit, key string) string { return render.Word(v.Lang(), key) }

func dimensionHead(v *web.Visit, table, dimension string) string {
	if dimension == "counterpart" {
		return cmp.Or(word(v, "counterpart."+table), dimension)
	}
	return cmp.Or(word(v, dimension), dimension)
}

// dimension is a key of a row in the language's words.
func dimension(v *web.Visit, name string, head *reportingv1.TableHead, r *reportingv1.Row, i int) template.HTML {
	value := key(r, i)
	switch d := head.GetDimensions()[i]; d {
	case "category":
		return category(v, name, head, value)
	case "counterpart", "origin", "destination", "intermediate":
		return places(v, value)
	case "basis", "kind":
		return apart(v, cmp.Or(word(v, d+"."+value), value))
	case "nature":
		return apart(v, cmp.Or(word(v, "nature."+cmp.Or(value, "definitive")), value))
	case "criterion":
		return apart(v, cmp.Or(value, word(v, "criterion.none")))
	case "description":
		return apart(v, cmp.Or(r.GetDescription(), value))
	case "unit":
		return apart(v, value)
	default:
		return apart(v, cmp.Or(value, word(v, "unknown")))
	}
}

func apart(v *web.Visit, text string) template.HTML {
	shown, _ := v.Show(text) // of a text it never fails
	return shown
}

// category is a category by its number, and what it is called: in the words of the Treaty or the Register, or of the State's own definition.
func category(v *web.Visit, name string, head *reportingv1.TableHead, value string) template.HTML {
	title := word(v, value)
	if renamed := word(v, "register."+value); name == "un-register" && renamed != "" {
		title = renamed
	}
	for _, d := range head.GetDefinitions() {
		if d.GetCategory() == value {
			title = d.GetTitle()
		}
	}
	number := apart(v, cmp.Or(value, word(v, "unknown")))
	if title == "" {
		return number
	}
	return number + " " + apart(v, title)
}

// places are the countries of a list, by name and code; a place that is no country stands as it is written.
func places(v *web.Visit, list string) template.HTML {
	if list == "" {
		return ""
	}
	var all []string
	for place := range strings.SplitSeq(list, ", ") {
		all = append(all, string(v.Country(place, "")))
	}
	return template.HTML(strings.Join(all, ", "))
}

// amount is what a row comes to in a measure; nothing where it states none.
func amount(a *reportingv1.Amounts, measure string) string {
	var parts []string
	switch measure {
	case "lines":
		if n := a.GetLines(); n != 0 {
			parts = append(parts, strconv.FormatInt(n, 10))
		}
	case "licences":
		if n := a.GetLicences(); n != 0 {
			parts = append(parts, strconv.FormatInt(n, 10))
		}
	case "quantity":
		for _, q := range a.GetQuantities() {
			parts = append(parts, plain.Quantity(&transferv1.Quantity{Thousandths: q.GetThousandths(), Unit: q.GetUnit()}))
		}
	case "value":
		for _, c := range a.GetValues() {
			parts = append(parts, plain.Amount(c.GetMinor(), c.GetCurrency()))
		}
	}
	return strings.Join(parts, ", ")
}

// hiddenParts are the messages that name what of a row stays out of editions for others.
func hiddenParts(h *reportingv1.Hidden) (keys []string) {
	for _, part := range []struct {
		is  bool
		key string
	}{{h.GetRow(), "reports.hidden-row"}, {h.GetQuantity(), "reports.hidden-quantity"}, {h.GetValue(), "reports.hidden-value"}, {h.GetDescription(), "reports.hidden-description"}} {
		if part.is {
			keys = append(keys, part.key)
		}
	}
	return keys
}
