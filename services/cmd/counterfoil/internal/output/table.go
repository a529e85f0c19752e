package output

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// writeSections prints for a person. Nothing in the data can act on the terminal.
func writeSections(w io.Writer, width int, sections []Section) error {
	for i, section := range sections {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if section.Title != "" {
			fmt.Fprintln(w, Clean(section.Title))
		}
		if len(section.Grid.Heads) > 0 {
			if _, err := fmt.Fprintln(w, render(section.Grid, width)); err != nil {
				return err
			}
		}
		for line := range strings.Lines(section.Text) {
			if _, err := fmt.Fprintln(w, Clean(strings.TrimRight(line, "\n"))); err != nil {
				return err
			}
		}
	}
	return nil
}

func render(grid Grid, width int) string {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.OptionsNoBordersAndSeparators
	style.Options.SeparateHeader = true
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	if width > 0 {
		style.Size.WidthMax = width
	}
	t.SetStyle(style)
	t.AppendHeader(cells(grid.Heads))
	columns := make([]table.ColumnConfig, len(grid.Heads))
	for i := range grid.Heads {
		columns[i] = table.ColumnConfig{Number: i + 1}
		if numeric(grid, i) {
			columns[i].Align, columns[i].AlignHeader = text.AlignRight, text.AlignRight
		}
	}
	t.SetColumnConfigs(columns)
	for _, row := range grid.Rows {
		t.AppendRow(cells(row))
	}
	lines := strings.Split(t.Render(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

func cells(texts []string) table.Row {
	row := make(table.Row, len(texts))
	for i, one := range texts {
		row[i] = Clean(one)
	}
	return row
}

// numeric reports whether a column holds numbers only, which are aligned to the right.
func numeric(grid Grid, column int) bool {
	found := false
	for _, row := range grid.Rows {
		if column >= len(row) || row[column] == "" {
			continue
		}
		if strings.Trim(row[column], "0123456789.,") != "" {
			return false
		}
		found = true
	}
	return found
}

// Clean returns the text on one line, without the characters that a terminal would act on: escapes and other controls,
// marks that turn the direction of writing, bytes that are no UTF-8.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case acts(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// acts reports whether a terminal, or a reader's eye, would be led by the character instead of shown it. The joiners
// that some scripts are written with stay.
func acts(r rune) bool {
	switch {
	case r < 0xad: // most text by far
		return unicode.IsControl(r)
	case r == '\u200c' || r == '\u200d':
		return false
	}
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}
