// Package euexports reads the table of arms exports of the European Union's Member States that Open Knowledge Austria took from the
// Union's annual reports: licences, their value and what was exported, by exporter, importer, year and category.
package euexports

import (
	"fmt"
	"io"

	"github.com/counterfoil/counterfoil/libs/published/figures"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Source is what the table is called on record.
const Source = "eu-armsexports"

const (
	currency = "EUR"
	// total is the category of rows that stand beside those of the categories.
	total = "Total"
	// unionTotal stands in place of an exporter.
	unionTotal = "TOTAL PER ML categorya"

	maxCategory = 40
)

var head = []string{"unique-id", "year", "importing-country", "exporting-country", "CML-category", "num-licenses-imported", "val-licenses-imported", "val-arms-imported"}

// Read reads the table. What is empty in it is not reported, which is not zero.
func Read(r io.Reader) (figures.File, error) {
	f, err := figures.Read(r, ';', head, row)
	if err == nil {
		markTotals(f.Figures)
	}
	return f, err
}

func row(fields []string) (*reportingv1.PartnerFigure, error) {
	f := &reportingv1.PartnerFigure{Category: fields[4], Currency: currency}
	var err error
	if f.Year, err = figures.Year(fields[1]); err != nil {
		return nil, err
	}
	for _, name := range fields[2:4] {
		if err := figures.Name(name); err != nil {
			return nil, err
		}
	}
	if f.Category == "" || len(f.Category) > maxCategory {
		return nil, fmt.Errorf("%.40q is no category", f.Category)
	}
	licences, err := figures.Number(fields[5])
	if err != nil {
		return nil, fmt.Errorf("licences: %w", err)
	}
	if f.LicensedMinor, err = figures.Minor(fields[6]); err != nil {
		return nil, fmt.Errorf("value licensed: %w", err)
	}
	if f.ExportedMinor, err = figures.Minor(fields[7]); err != nil {
		return nil, fmt.Errorf("value exported: %w", err)
	}
	if licences != nil {
		n := uint64(*licences)
		f.Licences = &n
	}
	figures.Importer(f, fields[2])
	figures.Exporter(f, fields[3])
	mark(f)
	return f, nil
}

// mark notes what is odd about a row by itself.
func mark(f *reportingv1.PartnerFigure) {
	if f.Category == total {
		figures.Mark(f, figures.TotalRow)
	}
	if f.ExporterName == unionTotal {
		figures.Mark(f, figures.ScrapedTotal)
	}
	if f.Licences == nil && f.LicensedMinor == nil && f.ExportedMinor == nil {
		figures.Mark(f, figures.NoValue)
	}
	if figures.Implausible(f.GetLicences(), f.LicensedMinor) {
		figures.Mark(f, figures.ImplausibleCount)
	}
}

// pair are the rows of two States, as they are written, in a year.
type pair struct {
	total      *reportingv1.PartnerFigure
	categories []*reportingv1.PartnerFigure
}

// markTotals holds each total against the sum over its categories.
func markTotals(all []*reportingv1.PartnerFigure) {
	type key struct {
		year               uint32
		exporter, importer string
	}
	pairs := map[key]*pair{}
	for _, f := range all {
		k := key{f.Year, f.ExporterName, f.ImporterName}
		if pairs[k] == nil {
			pairs[k] = &pair{}
		}
		if figures.IsTotal(f) {
			pairs[k].total = f
		} else {
			pairs[k].categories = append(pairs[k].categories, f)
		}
	}
	for _, p := range pairs {
		p.mark()
	}
}

func (p *pair) mark() {
	t := p.total
	if t == nil {
		for _, f := range p.categories {
			figures.Mark(f, figures.NoTotalRow)
		}
		return
	}
	if t.LicensedMinor != nil {
		sum, stated := p.sum(func(f *reportingv1.PartnerFigure) *int64 { return f.LicensedMinor })
		switch apart := max(*t.LicensedMinor-sum, sum-*t.LicensedMinor); {
		case apart > 100:
			figures.Mark(t, figures.TotalNotSum)
		case apart > 0:
			figures.Mark(t, figures.TotalRounded)
		}
		if !stated {
			figures.Mark(t, figures.TotalAlone)
		}
	}
	licences := func(f *reportingv1.PartnerFigure) *int64 {
		if f.Licences == nil {
			return nil
		}
		n := int64(*f.Licences)
		return &n
	}
	if sum, stated := p.sum(licences); stated && t.Licences != nil && int64(*t.Licences) != sum {
		figures.Mark(t, figures.LicencesNotSum)
	}
	if sum, stated := p.sum(func(f *reportingv1.PartnerFigure) *int64 { return f.ExportedMinor }); stated && t.ExportedMinor != nil && *t.ExportedMinor != sum {
		figures.Mark(t, figures.ExportedNotSum)
	}
}

// sum adds up what the categories state, and says whether any does.
func (p *pair) sum(of func(*reportingv1.PartnerFigure) *int64) (sum int64, stated bool) {
	for _, f := range p.categories {
		if n := of(f); n != nil {
			sum, stated = sum+*n, true
		}
	}
	return sum, stated
}
