package render

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strconv"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

//go:embed page
var pageFiles embed.FS

// HTML writes an edition as one page that needs nothing else, with its charts, and that prints to A4 with page numbers and heads on every
// page. Identifiers, numbers and dates read from left to right in every language.
func HTML(w io.Writer, c *reportingv1.Content, o Options) error {
	list, of, err := grids(c, o)
	if err != nil {
		return err
	}
	drawn, _, err := charts(c, o)
	if err != nil {
		return err
	}
	style, err := pageFiles.ReadFile("page/page.css")
	if err != nil {
		return err
	}
	p := page{
		Lang: pageLanguage(of.Language), Direction: of.Direction, Style: template.CSS(style),
		Title: reportTitle(c, o, of), State: stateName(c, o), Year: strconv.Itoa(int(c.GetTitle().GetYear())), ChartsTitle: of.of("charts"),
	}
	for _, f := range titleFacts(c, o, of) {
		if f.value != "" || f.head || f.label != of.of("submitted") {
			p.Facts = append(p.Facts, pageFact(f))
		}
	}
	if of.hasMachineWords {
		p.Machine = of.of("machine")
	}
	for _, g := range list {
		if isForm(g.name) {
			p.Apart = of.of("apart")
		}
		p.Tables = append(p.Tables, pageTableOf(c, g, o, of))
	}
	if all := definitions(list); len(all) > 0 {
		p.Definitions = &pageDefinitions{Title: of.of("definitions"), Heads: []string{of.of("included"), of.of("category"), of.of("arms"), of.of("definition")}}
		for _, d := range all {
			p.Definitions.Rows = append(p.Definitions.Rows, []string{d.table, clean(d.of.GetCategory()), clean(d.of.GetTitle()), clean(d.of.GetText())})
		}
	}
	for _, one := range drawn {
		p.Charts = append(p.Charts, one.drawn(of))
	}
	if err := pages.ExecuteTemplate(w, "page", p); err != nil {
		return fmt.Errorf("write a page: %w", err)
	}
	return nil
}

// pageLanguage is how HTML names a language: of Chinese, with the script of its words.
func pageLanguage(language string) string {
	if language == "zh" {
		return "zh-Hans"
	}
	return language
}

type page struct {
	Lang, Direction             string
	Style                       template.CSS
	Title, State, Year          string
	Facts                       []pageLine
	Apart, Machine, ChartsTitle string
	Tables                      []pageTable
	Definitions                 *pageDefinitions
	Charts                      []drawing
}

type pageLine struct {
	Label, Value string
	Code, Head   bool
}

func pageFact(f fact) pageLine { return pageLine{f.label, f.value, f.code, f.head} }

type pageDefinitions struct {
	Title string
	Heads []string
	Rows  [][]string
}

type pageTable struct {
	Title, Statement, TotalTitle string
	Facts                        []pageLine
	Columns                      int
	Heads                        []pageHead
	Below                        []string
	Rows, Totals                 []pageRow
}

type pageHead struct {
	Text           string
	Columns, Lines int
}

type pageRow struct {
	Class, Block string
	Columns      int
	Cells        []pageCell
}

type pageCell struct {
	Number bool
	Parts  []pagePart
}

type pagePart struct {
	Text string
	Code bool
}

func pageTableOf(c *reportingv1.Content, g *grid, o Options, w words) pageTable {
	t := pageTable{Title: g.title, Statement: statement(c, g, o, w), TotalTitle: w.of("total")}
	for _, f := range tableFacts(c, g, w) {
		t.Facts = append(t.Facts, pageFact(f))
	}
	if g.head.GetNil() {
		t.Title = w.or("nil."+g.name, g.title)
		return t
	}
	t.Heads, t.Below = g.pageHeads()
	for _, col := range g.columns {
		if !col.joins {
			t.Columns++
		}
	}
	for _, l := range g.lines {
		row := pageRow{Columns: t.Columns}
		switch l.kind {
		case blockLine:
			row.Block = l.cells[0].text
		case categoryLine:
			row.Class = "empty"
			fallthrough
		default:
			row.Cells = g.pageCells(l.cells, w)
		}
		t.Rows = append(t.Rows, row)
	}
	for _, sum := range g.totals {
		t.Totals = append(t.Totals, pageRow{Cells: g.pageCells(sum.cells, w)})
	}
	return t
}

// pageHeads are the heads of a table: one line, or two where columns have a head together.
func (g *grid) pageHeads() (heads []pageHead, below []string) {
	var shown []column
	for _, c := range g.columns {
		if !c.joins {
			shown = append(shown, c)
		}
	}
	for i := 0; i < len(shown); {
		n := 1
		for shown[i].group != "" && i+n < len(shown) && shown[i+n].group == shown[i].group {
			n++
		}
		if n > 1 {
			heads = append(heads, pageHead{shown[i].group, n, 1})
			for _, c := range shown[i : i+n] {
				below = append(below, c.head)
			}
		} else {
			heads = append(heads, pageHead{orElse(shown[i].group, shown[i].head), 1, 2})
		}
		i += n
	}
	if below == nil {
		for i := range heads {
			heads[i].Lines = 1
		}
	}
	return heads, below
}

// pageCells are the cells of a line, each with those that join it: a number and its unit are one.
func (g *grid) pageCells(cells []cell, w words) (list []pageCell) {
	for i, c := range cells {
		part := pagePart{c.text, g.columns[i].kind != textColumn}
		if c.number {
			part.Text = w.figure(c.n, c.decimals)
		}
		if !g.columns[i].joins {
			list = append(list, pageCell{Number: g.columns[i].kind == numberColumn})
		}
		to := &list[len(list)-1]
		switch last := len(to.Parts) - 1; {
		case part.Text == "" || last >= 0 && part.Text == to.Parts[last].Text: // a code that has no name
		case last >= 0 && to.Number:
			to.Parts[last].Text += " " + part.Text
		default:
			to.Parts = append(to.Parts, part)
		}
	}
	return list
}
