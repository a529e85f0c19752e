package render

import (
	"bytes"
	"encoding/csv"
	"fmt"

	"github.com/counterfoil/counterfoil/libs/plain"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// CSV writes a file for each table, named "exports.csv" and the like, as RFC 4180 has it, in UTF-8. Numbers have a point, and no other mark. A text that a spreadsheet
// would take for a formula has an apostrophe before it (plain.Harmless). A row with several units or currencies stands in several records, of which the
// first alone has its other numbers, so that every column can be added up.
//
// In a language it has the columns of the spreadsheet and begins with a byte order mark, by which spreadsheets know UTF-8. Without one,
// heads and values are for programs and stable: row (its id), the table's dimensions, lines, licences, unit, quantity, currency, value, comment.
func CSV(c *reportingv1.Content, o Options) (files []File, err error) {
	list, _, err := grids(c, o)
	if err != nil {
		return nil, err
	}
	for _, g := range list {
		heads, records := g.records()
		var b bytes.Buffer
		if o.Language == "" {
			heads, records = machineRecords(g.head, c.GetRows())
		} else {
			b.WriteString("\ufeff")
		}
		w := csv.NewWriter(&b)
		w.UseCRLF = true
		if err := w.WriteAll(append([][]string{heads}, records...)); err != nil {
			return nil, fmt.Errorf("write %s as CSV: %w", g.name, err)
		}
		files = append(files, File{fileWord(g.name) + ".csv", b.Bytes()})
	}
	return files, nil
}

// records are the heads of a table and its lines with data.
func (g *grid) records() (heads []string, records [][]string) {
	for _, c := range g.columns {
		head := c.head
		if c.group != "" {
			head = c.group + ": " + c.head
		}
		heads = append(heads, head)
	}
	for _, l := range g.data() {
		var record []string
		for _, c := range l.cells {
			if c.number {
				record = append(record, c.String())
				continue
			}
			record = append(record, plain.Harmless(c.text))
		}
		records = append(records, record)
	}
	return heads, records
}

func machineRecords(head *reportingv1.TableHead, rows []*reportingv1.Row) (heads []string, records [][]string) {
	heads = append([]string{"row"}, head.GetDimensions()...)
	heads = append(heads, "lines", "licences", "unit", "quantity", "currency", "value", "comment")
	for _, r := range rows {
		if r.GetTable() != head.GetTable() {
			continue
		}
		a := r.GetAmounts()
		for i := range max(1, len(a.GetQuantities()), len(a.GetValues())) {
			record := []string{r.GetId()}
			for d, name := range head.GetDimensions() {
				key := ""
				if d < len(r.GetKeys()) {
					key = r.GetKeys()[d]
				}
				if name == "description" {
					key = orElse(r.GetDescription(), key)
				}
				record = append(record, plain.Harmless(clean(key)))
			}
			records = append(records, append(record, machineAmounts(r, i)...))
		}
	}
	return heads, records
}

// machineAmounts are the numbers of the record with an index of a row, and its comment.
func machineAmounts(r *reportingv1.Row, i int) []string {
	a, cells := r.GetAmounts(), make([]string, 7)
	if i == 0 {
		cells[0], cells[1] = decimal(a.GetLines(), 0), decimal(a.GetLicences(), 0)
		cells[6] = plain.Harmless(clean(r.GetComment()))
	}
	if i < len(a.GetQuantities()) {
		q := a.GetQuantities()[i]
		cells[2], cells[3] = plain.Harmless(clean(q.GetUnit())), decimal(shortest(q.GetThousandths()))
	}
	if i < len(a.GetValues()) {
		v := a.GetValues()[i]
		cells[4], cells[5] = plain.Harmless(clean(v.GetCurrency())), money(v).String()
	}
	return cells
}
