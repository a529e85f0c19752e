package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/counterfoil/counterfoil/libs/plain"
	"github.com/counterfoil/counterfoil/libs/refdata"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// figureHeads are the columns of a return's file. Items are pieces, or in the unit beside them; values are in the currency's major unit.
var figureHeads = []string{
	"table", "row", "basis", "counterpart", "origin", "intermediate", "description", "nature", "items", "unit", "value", "currency",
	"prefilled_items", "prefilled_value", "reason",
}

// figureCells is a figure as figureHeads has it. A text that a spreadsheet would work out begins with an apostrophe.
func figureCells(f *reportingv1.Figure) []string {
	cells := []string{f.GetTable(), f.GetRow(), f.GetBasis(), f.GetDestination(), f.GetOrigin(), f.GetIntermediate(), f.GetDescription(), f.GetNature()}
	for i, text := range cells {
		cells[i] = asText(text)
	}
	var items, value, hadItems, hadValue string
	if q := f.GetQuantity(); q != nil {
		items = shortened(q.GetThousandths())
	}
	if f.GetCurrency() != "" {
		value = decimal(f.GetValue(), scaleOf(f.GetCurrency()))
	}
	for _, q := range f.GetPrefilled().GetQuantities() {
		hadItems = shortened(q.GetThousandths())
	}
	for _, v := range f.GetPrefilled().GetValues() {
		hadValue = decimal(v.GetMinor(), scaleOf(v.GetCurrency()))
	}
	return append(cells, items, f.GetQuantity().GetUnit(), value, f.GetCurrency(), hadItems, hadValue, asText(f.GetReason()))
}

func shortened(thousandths int64) string {
	return strings.TrimSuffix(strings.TrimRight(decimal(thousandths, 3), "0"), ".")
}

// scaleOf is how many decimals a currency has; 2 where it is not known.
func scaleOf(currency string) int {
	if scale, known := refdata.CurrencyExponent(currency); known {
		return scale
	}
	return 2
}

const workedOut = "=+-@'"

func asText(text string) string {
	if text != "" && strings.ContainsRune(workedOut, rune(text[0])) {
		return "'" + text
	}
	return text
}

func fromText(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune(workedOut, rune(cell[1])) {
		return cell[1:]
	}
	return cell
}

// writeReturn writes a return's file.
func writeReturn(w io.Writer, figures []*reportingv1.Figure) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(figureHeads); err != nil {
		return err
	}
	for _, f := range figures {
		if err := out.Write(figureCells(f)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// parseReturn reads a return's file as a spreadsheet saves it: its cells are parted by commas, semicolons or tabs, its columns stand in
// any order, and columns that are not known are passed over. file is what errors call it. Nothing is read where a line is wrong; every
// error is told, with its line.
func parseReturn(file string, data []byte) ([]*reportingv1.Figure, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	first, _, _ := bytes.Cut(data, []byte("\n"))
	in := csv.NewReader(bytes.NewReader(data))
	in.FieldsPerRecord = -1
	for _, comma := range []rune{';', '\t'} {
		if bytes.Count(first, []byte(string(comma))) > bytes.Count(first, []byte(string(in.Comma))) {
			in.Comma = comma
		}
	}
	heads, err := in.Read()
	if err != nil {
		return nil, usage("%s has no line of column names, such as counterfoil return prepare writes", file)
	}
	r := figureReader{file: file, commas: in.Comma == ';'}
	if r.at = r.columns(heads); len(r.wrong) > 0 {
		return nil, usage("%s", strings.Join(r.wrong, "\n"))
	}
	var figures []*reportingv1.Figure
	for {
		record, err := in.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if len(r.wrong) > 0 {
				return nil, usage("%s", strings.Join(r.wrong, "\n"))
			}
			return figures, nil
		case errors.As(err, &broken):
			r.line = broken.Line
			r.bad("", "%v; what follows was not read", broken.Err)
			return nil, usage("%s", strings.Join(r.wrong, "\n"))
		case err != nil:
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		if strings.TrimSpace(strings.Join(record, "")) == "" {
			continue
		}
		r.line, _ = in.FieldPos(0)
		r.record = record
		figures = append(figures, r.figure())
	}
}

// figureReader reads one line after the other, and notes what is wrong in each.
type figureReader struct {
	file   string
	commas bool // numbers may have a decimal comma
	at     map[string]int
	line   int
	record []string
	wrong  []string
}

func (r *figureReader) bad(column, format string, args ...any) {
	where := fmt.Sprintf("%s:%d: ", r.file, max(1, r.line))
	if column != "" {
		where += column + " "
	}
	r.wrong = append(r.wrong, where+fmt.Sprintf(format, args...))
}

// columns finds where each column stands.
func (r *figureReader) columns(heads []string) map[string]int {
	at := map[string]int{}
	for i, head := range heads {
		name := strings.ToLower(strings.TrimSpace(head))
		if _, twice := at[name]; twice && slices.Contains(figureHeads, name) {
			r.bad("", "column %s stands twice", name)
		}
		at[name] = i
	}
	for _, name := range figureHeads {
		if _, ok := at[name]; !ok {
			r.bad("", "there is no column %s; keep the columns that counterfoil return prepare writes", name)
		}
	}
	return at
}

func (r *figureReader) cell(column string) string {
	i := r.at[column]
	if i >= len(r.record) {
		return ""
	}
	if !utf8.ValidString(r.record[i]) {
		r.bad(column, "is no UTF-8; save the file as CSV in UTF-8")
		return ""
	}
	return strings.TrimSpace(r.record[i])
}

func (r *figureReader) text(column string) string { return fromText(r.cell(column)) }

// number reads a number of at most so many decimals; below 0 only where that may be.
func (r *figureReader) number(column string, scale int, mayBeBelow bool) int64 {
	text := r.cell(column)
	digits, sign := text, int64(1)
	if rest, below := strings.CutPrefix(text, "-"); below && mayBeBelow {
		digits, sign = rest, -1
	}
	if r.commas {
		digits = strings.Replace(digits, ",", ".", 1)
	}
	n, ok := plain.ParseDecimal(digits, scale)
	if !ok {
		r.bad(column, "is a number without separators and with at most %d decimals, not %q", scale, text)
	}
	return sign * n
}

func (r *figureReader) figure() *reportingv1.Figure {
	f := &reportingv1.Figure{
		Table: r.text("table"), Row: r.text("row"), Basis: r.text("basis"), Destination: r.text("counterpart"), Origin: r.text("origin"),
		Intermediate: r.text("intermediate"), Description: r.text("description"), Nature: r.text("nature"), Reason: r.text("reason"),
	}
	for column, value := range map[string]string{"table": f.Table, "row": f.Row} {
		if value == "" {
			r.bad(column, "is empty")
		}
	}
	if f.Basis != "" && f.Basis != "authorized" && f.Basis != "actual" {
		r.bad("basis", `is "authorized" or "actual", not %q`, f.Basis)
	}
	if f.Nature != "" && f.Nature != "temporary" && f.Nature != "returned" {
		r.bad("nature", `is "temporary", "returned" or empty, not %q`, f.Nature)
	}
	r.items(f)
	r.value(f)
	return f
}

// items reads a quantity and what it was prefilled with.
func (r *figureReader) items(f *reportingv1.Figure) {
	unit := strings.ToUpper(r.cell("unit"))
	switch items, had := r.cell("items"), r.cell("prefilled_items"); {
	case unit == "" && items+had != "":
		r.bad("unit", "is empty; pieces are H87")
	case unit != "" && items == "":
		r.bad("items", "is empty; write 0 where there is none")
	case unit != "":
		if _, known := refdata.Unit(unit); !known {
			r.bad("unit", "%s is no code of UN/ECE Recommendation 20; pieces are H87", unit)
		}
		f.Quantity = &transferv1.Quantity{Thousandths: r.number("items", 3, false), Unit: unit}
		if had != "" {
			r.prefilled(f).Quantities = []*reportingv1.UnitSum{{Unit: unit, Thousandths: r.number("prefilled_items", 3, true)}}
		}
	}
}

// value reads a value and what it was prefilled with.
func (r *figureReader) value(f *reportingv1.Figure) {
	f.Currency = strings.ToUpper(r.cell("currency"))
	switch value, had := r.cell("value"), r.cell("prefilled_value"); {
	case f.Currency == "" && value+had != "":
		r.bad("currency", "is empty; say in which, such as EUR")
	case f.Currency != "" && value == "":
		r.bad("value", "is empty; write 0 where there is none")
	case f.Currency != "":
		if len(f.Currency) != 3 {
			r.bad("currency", "%q is no code of ISO 4217, such as EUR", f.Currency)
		}
		f.Value = r.number("value", scaleOf(f.Currency), false)
		if had != "" {
			r.prefilled(f).Values = []*reportingv1.CurrencySum{{Currency: f.Currency, Minor: r.number("prefilled_value", scaleOf(f.Currency), true)}}
		}
	}
}

func (*figureReader) prefilled(f *reportingv1.Figure) *reportingv1.Amounts {
	if f.Prefilled == nil {
		f.Prefilled = &reportingv1.Amounts{}
	}
	return f.Prefilled
}
