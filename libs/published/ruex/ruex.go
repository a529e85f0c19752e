// Package ruex reads the table of Germany's arms exports by country and year that Open Knowledge Foundation Germany made of the
// government's reports.
package ruex

import (
	"fmt"
	"io"
	"strings"

	"github.com/counterfoil/counterfoil/libs/published/figures"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Source is what the table is called on record.
const Source = "de-ruex"

const (
	exporter = "DE"
	currency = "EUR"
)

var head = []string{"year", "gesamt", "war_weapons", "country_e", "iso3_code"}

// Read reads the table. The publisher does not say what its two amounts are: by the government's reports "gesamt" is the value of
// licences, and "war_weapons" that of weapons of war that were really exported.
func Read(r io.Reader) (figures.File, error) { return figures.Read(r, ';', head, row) }

func row(fields []string) (*reportingv1.PartnerFigure, error) {
	f := &reportingv1.PartnerFigure{Exporter: exporter, Currency: currency}
	year, ok := strings.CutSuffix(fields[0], "-01-01")
	if !ok {
		return nil, fmt.Errorf("%.40q is no year such as 2000-01-01", fields[0])
	}
	var err error
	if f.Year, err = figures.Year(year); err != nil {
		return nil, err
	}
	if f.LicensedMinor, err = figures.Minor(fields[1]); err != nil {
		return nil, fmt.Errorf("gesamt: %w", err)
	}
	if f.ExportedMinor, err = figures.Minor(fields[2]); err != nil {
		return nil, fmt.Errorf("war_weapons: %w", err)
	}
	if err := figures.Name(fields[3]); err != nil {
		return nil, err
	}
	figures.Importer(f, fields[3])
	switch {
	case f.LicensedMinor == nil && f.ExportedMinor == nil:
		figures.Mark(f, figures.NoValue)
	case f.GetExportedMinor() > f.GetLicensedMinor() && f.LicensedMinor != nil:
		figures.Mark(f, figures.WarAboveTotal)
	}
	if !threeLetters(fields[4]) {
		figures.Mark(f, figures.NoISOCode)
	}
	return f, nil
}

func threeLetters(code string) bool {
	return len(code) == 3 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
