package render

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// XLSX writes a spreadsheet with the structure of the reporting template: a title page, a sheet for each table, and the national
// definitions (docs/report-forms.md). Texts are texts and never formulas, numbers are numbers, totals are formulas, which a
// spreadsheet works out when it opens the file. In Arabic sheets read from right to left. A spreadsheet keeps 15 digits of a number.
func XLSX(w io.Writer, c *reportingv1.Content, o Options) error {
	list, of, err := grids(c, o)
	if err != nil {
		return err
	}
	b := &book{file: excelize.NewFile(), c: c, o: o, w: of}
	defer b.file.Close()
	if err := b.styles(); err != nil {
		return fmt.Errorf("write a spreadsheet: %w", err)
	}
	b.titlePage(list)
	for _, g := range list {
		b.table(g)
	}
	b.definitions(definitions(list))
	yes := true
	b.try(b.file.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: &yes}))
	if b.err == nil {
		b.err = b.file.Write(w)
	}
	if b.err != nil {
		return fmt.Errorf("write a spreadsheet: %w", b.err)
	}
	return nil
}

// book is a spreadsheet that is being written. The first error stays, and nothing is written after it.
type book struct {
	file  *excelize.File
	c     *reportingv1.Content
	o     Options
	w     words
	sheet string
	row   int // last that was written
	err   error

	bold, head, block int
	// Of cells: what people wrote, our own words, and codes. They differ in the direction that a text is read in.
	plain, own, code int
	numbers          map[int]int // style by decimals
}

func (b *book) try(err error) {
	if b.err == nil {
		b.err = err
	}
}

// say writes one text, in a row of its own.
func (b *book) say(text string, style int) {
	b.row++
	b.put(0, b.row, cell{text: text}, style)
}

func (b *book) facts(list []fact) {
	for _, f := range list {
		if f.head {
			b.row++
			b.say(f.label, b.bold)
			continue
		}
		b.row++
		b.put(0, b.row, cell{text: f.label}, 0)
		b.put(2, b.row, cell{text: f.value}, 0)
	}
}

func (b *book) titlePage(list []*grid) {
	b.begin(b.w.of("title"))
	b.say(reportTitle(b.c, b.o, b.w), b.bold)
	b.row++
	b.facts(titleFacts(b.c, b.o, b.w))
	b.row++
	for _, g := range list {
		if isForm(g.name) {
			b.say(b.w.of("apart"), 0)
			break
		}
	}
	if b.w.hasMachineWords {
		b.say(b.w.of("machine"), 0)
	}
	b.try(b.file.SetColWidth(b.sheet, "A", "C", 30))
}

// table writes a sheet; where there are no data, one that says so, in place of the table.
func (b *book) table(g *grid) {
	b.begin(g.title)
	text := statement(b.c, g, b.o, b.w)
	title := g.title
	if g.head.GetNil() {
		title = b.w.or("nil."+g.name, title)
	}
	b.say(title, b.bold)
	b.facts(tableFacts(b.c, g, b.w))
	b.row++
	if text != "" {
		b.say(text, b.bold)
		b.row++
	}
	if g.head.GetNil() {
		return
	}
	b.heads(g)
	first := b.row + 1
	for _, l := range g.lines {
		b.row++
		if l.kind == blockLine {
			b.put(0, b.row, l.cells[0], b.block)
			continue
		}
		for i, c := range l.cells {
			b.put(i, b.row, c, b.styleOf(g.columns[i]))
		}
		b.height(g, l.cells)
	}
	if len(g.totals) > 0 {
		b.totals(g, first, b.row)
	}
	b.widths(g)
}

// heads writes one row of heads, or two where columns have a head together.
func (b *book) heads(g *grid) {
	b.row++
	above, start := b.row, 0
	grouped := false
	for _, c := range g.columns {
		grouped = grouped || c.group != ""
	}
	if grouped {
		b.row++
	}
	for i, c := range g.columns {
		if i > 0 && g.columns[i-1].group != c.group {
			start = i
		}
		switch {
		case !grouped || c.group != "":
			b.put(i, b.row, cell{text: c.head}, b.head)
		default:
			b.put(i, above, cell{text: c.head}, b.head)
			b.put(i, b.row, cell{}, b.head)
			b.try(b.file.MergeCell(b.sheet, cellName(i, above), cellName(i, b.row)))
		}
		if last := i+1 == len(g.columns) || g.columns[i+1].group != c.group; c.group != "" && last {
			for j := start; j <= i; j++ {
				b.put(j, above, cell{}, b.head)
			}
			b.put(start, above, cell{text: c.group}, b.head)
			b.try(b.file.MergeCell(b.sheet, cellName(start, above), cellName(i, above)))
		}
	}
	b.try(b.file.SetRowHeight(b.sheet, b.row, 2*lineHeight))
	b.try(b.file.SetPanes(b.sheet, &excelize.Panes{Freeze: true, YSplit: b.row, TopLeftCell: cellName(0, b.row+1), ActivePane: "bottomLeft"}))
	b.try(b.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$%d:$%d", b.sheet, above, b.row), Scope: b.sheet}))
}

// totals writes formulas under a table whose lines stand in rows first to last.
func (b *book) totals(g *grid, first, last int) {
	b.row++
	b.say(b.w.of("total"), b.block)
	for _, t := range g.totals {
		b.row++
		for i, c := range t.cells {
			b.put(i, b.row, cell{text: c.text}, b.styleOf(g.columns[i]))
		}
		for _, i := range t.sums {
			name := cellName(i, b.row)
			b.try(b.file.SetCellStyle(b.sheet, name, name, b.numbers[t.cells[i].decimals]))
			b.try(b.file.SetCellFormula(b.sheet, name, b.formula(t, i, first, last)))
		}
	}
}

// formula adds up a column over the lines that have the same as the total's row in its columns where. It compares, rather than naming a
// criterion, because a spreadsheet reads "*" and ">" in a criterion as more than texts.
func (b *book) formula(t total, column, first, last int) string {
	factors := ""
	for _, i := range t.where {
		factors += fmt.Sprintf("(%s:%s=%s)*", cellName(i, first), cellName(i, last), cellName(i, b.row))
	}
	of := fmt.Sprintf("%s:%s", cellName(column, first), cellName(column, last))
	if factors == "" {
		return "SUM(" + of + ")"
	}
	return fmt.Sprintf("ROUND(SUMPRODUCT(%s%s),%d)", factors, of, max(3, t.cells[column].decimals))
}

// definitions writes Annex 2, where there is any.
func (b *book) definitions(all []definition) {
	if len(all) == 0 {
		return
	}
	b.begin(b.w.of("definitions"))
	b.say(b.w.of("definitions"), b.bold)
	b.row += 2
	for i, head := range []string{"included", "category", "arms", "definition"} {
		b.put(i, b.row, cell{text: b.w.of(head)}, b.head)
	}
	for _, d := range all {
		b.row++
		for i, text := range []string{d.table, d.of.GetCategory(), d.of.GetTitle(), d.of.GetText()} {
			b.put(i, b.row, textCell(text), b.plain)
		}
	}
	b.try(b.file.SetColWidth(b.sheet, "A", "B", 16))
	b.try(b.file.SetColWidth(b.sheet, "C", "C", 36))
	b.try(b.file.SetColWidth(b.sheet, "D", "D", 80))
}
