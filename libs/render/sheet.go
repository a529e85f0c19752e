package render

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Directions that a cell is read in, as the format counts them; 0 is that of its first letter.
const leftToRight, rightToLeft = 1, 2

// styleOf is the style of a text in a column.
func (b *book) styleOf(c column) int {
	switch {
	case c.kind == codeColumn:
		return b.code
	case c.key == "description" || c.key == "comments":
		return b.plain
	}
	return b.own
}

func (b *book) styles() (err error) {
	style := func(s *excelize.Style) (id int) {
		if err == nil {
			id, err = b.file.NewStyle(s)
		}
		return id
	}
	thin := []excelize.Border{{Type: "left", Color: "999999", Style: 1}, {Type: "right", Color: "999999", Style: 1}, {Type: "top", Color: "999999", Style: 1}, {Type: "bottom", Color: "999999", Style: 1}}
	top := &excelize.Alignment{Vertical: "top", WrapText: true, Horizontal: "left"}
	if b.w.Direction == "rtl" {
		top.Horizontal = "right"
	}
	b.bold = style(&excelize.Style{Font: &excelize.Font{Bold: true}})
	b.head = style(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}, Border: thin, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E6E6E6"}}})
	b.plain = style(&excelize.Style{Alignment: top, Border: thin})
	ours, codes := *top, *top
	ours.ReadingOrder, codes.ReadingOrder = leftToRight, leftToRight
	if b.w.Direction == "rtl" {
		ours.ReadingOrder = rightToLeft
	}
	b.own = style(&excelize.Style{Alignment: &ours, Border: thin})
	b.code = style(&excelize.Style{Alignment: &codes, Border: thin})
	b.block = style(&excelize.Style{Font: &excelize.Font{Bold: true}, Border: thin})
	b.numbers = map[int]int{}
	for decimals := range 5 {
		format := "#,##0"
		if decimals > 0 {
			format += "." + strings.Repeat("0", decimals)
		}
		b.numbers[decimals] = style(&excelize.Style{Alignment: &excelize.Alignment{Vertical: "top"}, Border: thin, CustomNumFmt: &format})
	}
	return err
}

// begin starts a sheet. Its name is cut to what a spreadsheet takes, and made another where it is taken.
func (b *book) begin(name string) {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return ' '
		}
		return r
	}, name)
	base := []rune(strings.TrimSpace(name))
	name = string(base[:min(len(base), 31)])
	for i := 2; ; i++ {
		at, err := b.file.GetSheetIndex(name)
		b.try(err)
		if at < 0 || b.err != nil {
			break
		}
		name = fmt.Sprintf("%s %d", string(base[:min(len(base), 27)]), i)
	}
	if b.sheet == "" {
		b.try(b.file.SetSheetName("Sheet1", name))
	} else {
		_, err := b.file.NewSheet(name)
		b.try(err)
	}
	b.sheet, b.row = name, 0
	rtl, landscape, fit, width, height, a4 := b.w.Direction == "rtl", "landscape", true, 1, 0, 9
	b.try(b.file.SetSheetView(name, 0, &excelize.ViewOptions{RightToLeft: &rtl}))
	b.try(b.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}))
	b.try(b.file.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &a4, Orientation: &landscape, FitToWidth: &width, FitToHeight: &height}))
}

func cellName(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column+1, row)
	if err != nil {
		panic(err) // tables have a dozen columns, and rows as many as fit into memory
	}
	return name
}

// put writes a cell with a style; columns from 0.
func (b *book) put(column, row int, c cell, style int) {
	name := cellName(column, row)
	switch {
	case b.err != nil:
		return
	case c.number:
		n, err := strconv.ParseFloat(c.String(), 64)
		b.try(err)
		b.try(b.file.SetCellFloat(b.sheet, name, n, c.decimals, 64))
		style = b.numbers[c.decimals]
	case c.text != "":
		b.try(b.file.SetCellStr(b.sheet, name, c.text))
	}
	if style != 0 {
		b.try(b.file.SetCellStyle(b.sheet, name, name, style))
	}
}

func (b *book) widths(g *grid) {
	for i, c := range g.columns {
		name, err := excelize.ColumnNumberToName(i + 1)
		b.try(err)
		b.try(b.file.SetColWidth(b.sheet, name, name, float64(c.width())))
	}
}

// width is that of the column in a spreadsheet, in characters.
func (c column) width() int {
	switch {
	case c.kind == codeColumn || c.key == "authorized" || c.key == "actual":
		return 11
	case c.key == "arms" || c.key == "description" || c.key == "comments":
		return 36
	case c.kind == textColumn:
		return 22
	}
	return 16
}

// lineHeight is that of a line of text in a row, in points.
const lineHeight = 15

// height makes the row that was written last as high as its texts need; a spreadsheet does so itself only where one types.
func (b *book) height(g *grid, cells []cell) {
	lines := 1
	for i, c := range cells {
		of := 0
		for part := range strings.SplitSeq(c.text, "\n") {
			of += 1 + len([]rune(part))/(g.columns[i].width()+1)
		}
		lines = max(lines, of)
	}
	if lines > 1 {
		b.try(b.file.SetRowHeight(b.sheet, b.row, float64(lineHeight*min(lines, 20))))
	}
}
