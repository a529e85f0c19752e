package figures

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/table"
	"github.com/counterfoil/counterfoil/libs/refdata"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

const (
	maxName = 200
	maxText = 2000
	// maxNumber is more than anybody states; sums over the rows of a file stay within 64 bits by it.
	maxNumber = 1_000_000_000_000
)

// File is what a file of annual figures says.
type File struct {
	// Figures in the order of the lines, each with its line and what is odd about it.
	Figures []*reportingv1.PartnerFigure
	// Unread are lines that are in no figure, and why.
	Unread []*reportingv1.UnreadLine
}

// Read reads rows whose columns are those of head; blanks and quotes around a column's name do not matter. row makes a figure of the
// fields of one, or says why it cannot. A file with other columns is refused, and so is one without rows that can be read.
func Read(r io.Reader, comma rune, head []string, row func(fields []string) (*reportingv1.PartnerFigure, error)) (File, error) {
	rows := table.New(r, comma)
	first, _, err := rows.Next()
	if err != nil && !errors.As(err, new(*table.BadRow)) && !errors.Is(err, io.EOF) {
		return File{}, fmt.Errorf("read figures: %w", err)
	}
	for i, name := range first {
		first[i] = strings.Trim(name, "\" \t")
	}
	if !slices.Equal(first, head) {
		return File{}, fault.Errorf(fault.Invalid, "this is no file of such figures: its columns are %.200q, and should be %s", strings.Join(first, "; "), strings.Join(head, "; "))
	}
	var f File
	for {
		fields, line, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return f.finish()
		}
		var bad *table.BadRow
		if err != nil && !errors.As(err, &bad) {
			return File{}, fmt.Errorf("read figures: %w", err)
		}
		var figure *reportingv1.PartnerFigure
		switch {
		case err != nil:
		case len(fields) != len(head):
			err = fmt.Errorf("%d columns where the head has %d", len(fields), len(head))
		default:
			figure, err = row(fields)
		}
		if err != nil {
			f.Unread = append(f.Unread, &reportingv1.UnreadLine{Line: uint32(line), Text: cut(rows.Text(), maxText), Reason: cut(err.Error(), maxText)})
			continue
		}
		figure.Line = uint32(line)
		f.Figures = append(f.Figures, figure)
	}
}

func (f File) finish() (File, error) {
	if len(f.Figures) == 0 {
		return File{}, fault.Errorf(fault.Invalid, "the file has no figures that can be read")
	}
	markNames(f.Figures)
	return f, nil
}

// cut keeps texts within what is recorded of them.
func cut(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Year reads a year that figures can be of.
func Year(text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n < 1990 || n > 2200 || len(text) != 4 {
		return 0, fmt.Errorf("%.40q is no year from 1990 to 2200", text)
	}
	return uint32(n), nil
}

// Number reads a whole number that is not negative; nil where nothing is stated, which is not zero.
func Number(text string) (*int64, error) {
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || n > maxNumber {
		return nil, fmt.Errorf("%.40q is no whole number from 0 to %d", text, maxNumber)
	}
	stated := int64(n)
	return &stated, nil
}

// Minor reads a value in whole units of a currency with hundredths, and returns it in those.
func Minor(text string) (*int64, error) {
	n, err := Number(text)
	if n == nil || err != nil {
		return nil, err
	}
	*n *= 100
	return n, nil
}

// Name checks the name of a country as it is written.
func Name(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return errors.New("a country without a name")
	case len(text) > maxName:
		return fmt.Errorf("the name of a country has more than %d bytes", maxName)
	case strings.ContainsRune(text, '\uFFFD'):
		return fmt.Errorf("the name %.40q has bytes that are no text", text)
	}
	return nil
}

// Importer sets who a figure's goods go to, by the name that is written.
func Importer(f *reportingv1.PartnerFigure, name string) {
	f.ImporterName = name
	f.Importer = state(f, name, UnknownImporter)
}

// Exporter sets who a figure's goods come from, by the name that is written.
func Exporter(f *reportingv1.PartnerFigure, name string) {
	f.ExporterName = name
	f.Exporter = state(f, name, UnknownExporter)
}

// state is the code of a State's name; a name that is of none is odd.
func state(f *reportingv1.PartnerFigure, name, unknown string) string {
	if strings.Contains(name, "\n") {
		Mark(f, LineBreak)
	}
	code, ok := refdata.Country(name)
	if !ok {
		Mark(f, unknown)
	}
	return code
}

// Mark notes once that something is odd about a figure.
func Mark(f *reportingv1.PartnerFigure, code string) {
	if !slices.Contains(f.Oddities, code) {
		f.Oddities = append(f.Oddities, code)
	}
}

// Odd reports whether something is odd about a figure.
func Odd(f *reportingv1.PartnerFigure, code string) bool {
	return slices.Contains(f.GetOddities(), code)
}

// IsTotal reports whether a figure is of all categories.
func IsTotal(f *reportingv1.PartnerFigure) bool { return f.GetCategory() == "" || Odd(f, TotalRow) }

// markNames marks States that stand under several names, and rows that are the same but for that.
func markNames(all []*reportingv1.PartnerFigure) {
	names := map[string]map[string]bool{}
	note := func(code, name string) { // the exporter may be the publisher, whom no column names
		if code == "" || name == "" {
			return
		}
		if names[code] == nil {
			names[code] = map[string]bool{}
		}
		names[code][name] = true
	}
	type cell struct {
		year                         uint32
		exporter, importer, category string
	}
	cells := map[cell][]*reportingv1.PartnerFigure{}
	for _, f := range all {
		note(f.Exporter, f.ExporterName)
		note(f.Importer, f.ImporterName)
		if f.Exporter != "" && f.Importer != "" {
			c := cell{f.Year, f.Exporter, f.Importer, f.Category}
			cells[c] = append(cells[c], f)
		}
	}
	for _, f := range all {
		if len(names[f.Exporter]) > 1 || len(names[f.Importer]) > 1 {
			Mark(f, NameVaries)
		}
	}
	for _, same := range cells {
		for _, f := range same {
			if len(same) > 1 {
				Mark(f, DuplicatePair)
			}
		}
	}
}
