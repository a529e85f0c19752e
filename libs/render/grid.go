package render

import (
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/refdata"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// pieces is the unit that items are counted in (UN/ECE Recommendation 20).
const pieces = "H87"

// What a column holds, as far as the forms treat it apart.
const (
	textColumn   = iota
	codeColumn   // identifiers, which read from left to right everywhere
	numberColumn // numbers
)

// column is one column of a table. Its key is stable.
type column struct {
	key  string
	kind int
	head string
	// group is the head above it and its neighbours of the same group; none: its head stands alone.
	group string
	// joins: pages show it in the cell before it.
	joins bool
}

// cell is what stands in a column of a row: a text, or the number n/10^decimals.
type cell struct {
	text     string
	number   bool
	n        int64
	decimals int
}

func textCell(s string) cell { return cell{text: clean(s)} }

func numberCell(n int64, decimals int) cell { return cell{number: true, n: n, decimals: decimals} }

// String is the cell as programs read it: numbers with a point.
func (c cell) String() string {
	if c.number {
		return decimal(c.n, c.decimals)
	}
	return c.text
}

// What a line of a grid is.
const (
	dataLine     = iota
	categoryLine // a category of the template for which there are no data
	blockLine    // the head of a block
)

// line is one line of a table below its heads.
type line struct {
	kind  int
	cells []cell
}

// grid is a table of a report, ready to be written in any form.
type grid struct {
	name, title string
	head        *reportingv1.TableHead
	columns     []column
	lines       []line
	totals      []total
}

// at is where the column with a key stands; -1: nowhere.
func (g *grid) at(key string) int {
	return slices.IndexFunc(g.columns, func(c column) bool { return c.key == key })
}

// data are the lines with data.
func (g *grid) data() (lines []line) {
	for _, l := range g.lines {
		if l.kind == dataLine {
			lines = append(lines, l)
		}
	}
	return lines
}

// isForm reports whether a table is one that has a nil report in its place: exports and imports of the annual report and the Register.
func isForm(table string) bool { return table == "exports" || table == "imports" }

// laying lays tables out.
type laying struct {
	o Options
	w words
}

// grids are the tables of an edition.
func grids(c *reportingv1.Content, o Options) ([]*grid, words, error) {
	w, err := o.words(c)
	if err != nil {
		return nil, w, err
	}
	rows := map[string][]*reportingv1.Row{}
	for _, r := range c.GetRows() {
		rows[r.GetTable()] = append(rows[r.GetTable()], r)
	}
	var list []*grid
	for _, head := range c.GetTables() {
		l := laying{o, w}
		g := &grid{name: head.GetTable(), title: w.or("table."+head.GetTable(), clean(head.GetTable())), head: head}
		g.columns = l.columns(head)
		if isForm(g.name) {
			g.lines = l.template(g, rows[g.name])
		} else {
			for _, r := range rows[g.name] {
				g.lines = append(g.lines, l.linesOf(g, r)...)
			}
		}
		if g.totals, err = l.totals(g, rows[g.name]); err != nil {
			return nil, w, err
		}
		list = append(list, g)
	}
	return list, w, nil
}

// columns are those of a table: its dimensions, in the template's order of docs/report-forms.md, and what is counted.
func (l laying) columns(head *reportingv1.TableHead) []column {
	w, form := l.w.of, isForm(head.GetTable())
	var list, last []column
	for _, d := range head.GetDimensions() {
		switch d {
		case "category":
			list = append(list, column{key: "category", kind: codeColumn, head: w("category")}, column{key: "arms", head: w("arms")})
		case "basis":
			list = append(list, column{key: "authorized", head: w("basis.authorized"), group: w("basis")}, column{key: "actual", head: w("basis.actual"), group: w("basis")})
			if form { // the extent stands before the parties in the template
				list = append(list, l.extent(form)...)
			}
		case "counterpart":
			list = append(list, l.country(d, w("counterpart."+head.GetTable()))...)
		case "origin", "destination":
			list = append(list, l.country(d, w(d))...)
		case "description":
			last = append(last, column{key: d, head: w(d), group: w("remarks")})
		case "rating", "criterion", "year":
			list = append(list, column{key: d, kind: codeColumn, head: w(d)})
		case "unit": // beside the quantity
		default:
			list = append(list, column{key: d, head: l.w.or(d, clean(d))})
		}
	}
	if !form {
		list = append(list, l.extent(form)...)
	}
	comments := column{key: "comments", head: w("comments"), group: w("remarks")}
	if len(last) == 0 {
		comments.group = ""
	}
	return append(append(list, last...), comments)
}

func (l laying) country(key, head string) []column {
	return []column{{key: key, kind: codeColumn, head: l.w.of("code"), group: head}, {key: key + "_name", head: l.w.of("name"), group: head, joins: true}}
}

func (l laying) extent(form bool) []column {
	w := l.w.of
	value := []column{{key: "value", kind: numberColumn, head: w("value")}, {key: "currency", kind: codeColumn, head: w("currency"), joins: true}}
	if form {
		list := append([]column{{key: "items", kind: numberColumn, head: w("items")}}, value...)
		for i := range list {
			list[i].group = w("extent")
		}
		return list
	}
	return append([]column{
		{key: "lines", kind: numberColumn, head: w("lines")}, {key: "licences", kind: numberColumn, head: w("licences")},
		{key: "quantity", kind: numberColumn, head: w("quantity")}, {key: "unit", kind: codeColumn, head: w("unit"), joins: true},
	}, value...)
}

// linesOf lays out one row: a line for each currency and unit, of which all but the first have no other numbers, so that a column
// can be added up.
func (l laying) linesOf(g *grid, r *reportingv1.Row) (list []line) {
	a := r.GetAmounts()
	quantities := a.GetQuantities()
	comments := clean(r.GetComment())
	form := isForm(g.name)
	if form { // the template counts items; amounts in other units are remarks
		quantities, comments = nil, strings.TrimPrefix(otherUnits(a)+"; "+comments, "; ")
		comments = strings.TrimSuffix(comments, "; ")
		for _, q := range a.GetQuantities() {
			if q.GetUnit() == pieces {
				quantities = append(quantities, q)
			}
		}
	}
	for i := range max(1, len(quantities), len(a.GetValues())) {
		cells := l.keys(g, r)
		put := func(key string, c cell) {
			if at := g.at(key); at >= 0 {
				cells[at] = c
			}
		}
		if i == 0 {
			put("lines", numberCell(a.GetLines(), 0))
			put("licences", numberCell(a.GetLicences(), 0))
			put("comments", cell{text: comments})
		}
		if i < len(quantities) {
			q := numberCell(shortest(quantities[i].GetThousandths()))
			put("items", q)
			put("quantity", q)
			put("unit", textCell(quantities[i].GetUnit()))
		}
		if i < len(a.GetValues()) {
			v := a.GetValues()[i]
			put("value", money(v))
			put("currency", textCell(v.GetCurrency()))
		}
		list = append(list, line{cells: cells})
	}
	return list
}

// otherUnits are the amounts of a row that are not in pieces: "12.5 KGM, 3 SET".
func otherUnits(a *reportingv1.Amounts) string {
	var list []string
	for _, q := range a.GetQuantities() {
		if q.GetUnit() != pieces {
			list = append(list, decimal(shortest(q.GetThousandths()))+" "+clean(q.GetUnit()))
		}
	}
	return strings.Join(list, ", ")
}

// shortest is an amount in thousandths with no more decimals than it needs.
func shortest(thousandths int64) (n int64, decimals int) {
	for decimals = 3; decimals > 0 && thousandths%10 == 0; decimals-- {
		thousandths /= 10
	}
	return thousandths, decimals
}

// money is a value in major units, with the decimals of its currency; two, of one that ISO 4217 does not have.
func money(v *reportingv1.CurrencySum) cell {
	decimals, known := refdata.CurrencyExponent(v.GetCurrency())
	if !known {
		decimals = 2
	}
	return numberCell(v.GetMinor(), decimals)
}

// keys fills in what a row is told apart by.
func (l laying) keys(g *grid, r *reportingv1.Row) []cell {
	cells := make([]cell, len(g.columns))
	for i, d := range g.head.GetDimensions() {
		if i >= len(r.GetKeys()) {
			break
		}
		key, put := clean(r.GetKeys()[i]), func(column, text string) {
			if at := g.at(column); at >= 0 {
				cells[at] = cell{text: text}
			}
		}
		switch d {
		case "category":
			put(d, numeral(key))
			put("arms", l.categoryTitle(g.head, key))
		case "basis":
			put(key, tick)
		case "counterpart", "origin", "destination":
			code, name := l.places(key)
			put(d, code)
			put(d+"_name", name)
		case "intermediate":
			_, name := l.places(key)
			put(d, name)
		case "description":
			put(d, clean(orElse(r.GetDescription(), key)))
		case "nature":
			put(d, l.w.or("nature."+orElse(key, "definitive"), key))
		case "kind":
			put(d, l.w.or("kind."+key, orElse(key, l.w.of("unknown"))))
		case "criterion":
			put(d, orElse(key, l.w.of("criterion.none")))
		case "unit":
			put(d, key)
		default:
			put(d, orElse(key, l.w.of("unknown")))
		}
	}
	return cells
}

// tick marks what holds.
const tick = "X"

// places are the codes and the names of a list of places; a place that is no country has a name alone.
func (l laying) places(key string) (codes, names string) {
	var c, n []string
	for place := range strings.SplitSeq(key, ", ") {
		switch {
		case refdata.ValidCountry(place):
			c = append(c, place)
			n = append(n, Country(place, l.o))
		case place != "":
			if _, former := refdata.FormerCountry(place); former {
				c = append(c, place)
			}
			n = append(n, Country(place, l.o))
		}
	}
	return strings.Join(c, ", "), strings.Join(n, ", ")
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
