package render_test

import (
	"bytes"
	"os/exec"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/render"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

var cutOff = timestamppb.New(time.Date(2026, 3, 31, 10, 0, 0, 0, time.UTC))

func items(thousandths int64) []*reportingv1.UnitSum {
	return []*reportingv1.UnitSum{{Unit: "H87", Thousandths: thousandths}}
}

func value(currency string, minor int64) *reportingv1.CurrencySum {
	return &reportingv1.CurrencySum{Currency: currency, Minor: minor}
}

func row(table string, amounts *reportingv1.Amounts, keys ...string) *reportingv1.Row {
	return &reportingv1.Row{Id: report.RowID(table, keys), Table: table, Keys: keys, Amounts: amounts}
}

func dimensions(t testing.TB, form, table string) []string {
	t.Helper()
	f, _ := report.FormOf(form)
	of, _, ok := f.Table(table)
	if !ok {
		t.Fatalf("%s has no table %s", form, table)
	}
	return of.Dimensions
}

// annual is an annual report with exports of both bases, temporary ones, several currencies and units, hostile texts, a voluntary
// category, and a nil report on imports.
func annual(t testing.TB, year uint32) *reportingv1.Content {
	exported := func(a *reportingv1.Amounts, keys ...string) *reportingv1.Row { return row(report.Exports, a, keys...) }
	c := &reportingv1.Content{
		Title: &reportingv1.Title{
			Report: report.Annual, Year: year, State: "XA", Authority: "Ministry of Foreign Affairs", Contact: "reporting compiler", CutOff: cutOff,
			WithheldCommercial: true,
		},
		Tables: []*reportingv1.TableHead{
			{
				Table: report.Exports, Dimensions: dimensions(t, report.Annual, report.Exports), Audience: reportingv1.Audience_AUDIENCE_PUBLIC,
				Means:       "physical transfer across the border",
				Definitions: []*reportingv1.NationalDefinition{{Category: "C 1", Title: "Sniper rifles", Text: "rifles with optical sights\nof 12.7 mm"}},
			},
			{Table: report.Imports, Dimensions: dimensions(t, report.Annual, report.Imports), Audience: reportingv1.Audience_AUDIENCE_PUBLIC, Nil: true},
		},
		Rows: []*reportingv1.Row{
			exported(&reportingv1.Amounts{Quantities: items(12_000), Values: []*reportingv1.CurrencySum{value("EUR", 123_456_789)}}, "I", "authorized", "XB", "", "", "MBT-1", ""),
			exported(&reportingv1.Amounts{Quantities: items(350_000), Values: []*reportingv1.CurrencySum{value("EUR", 50), value("JPY", 5_000_000)}}, "VIII small arms 2", "actual", "FR", "DE", "BE, NL", "350 / 500", ""),
			exported(&reportingv1.Amounts{Quantities: items(1_500)}, "VIII small arms 2", "actual", "FR", "", "", "<script>alert(1)</script> \"quoted\"", "temporary"),
			exported(&reportingv1.Amounts{Quantities: append(items(4_000), &reportingv1.UnitSum{Unit: "KGM", Thousandths: 12_500}), Values: []*reportingv1.CurrencySum{value("KWD", 1_234_567)}}, "VIII light weapons 6", "authorized", "CN", "RU", "", "=cmd|' /C calc'!A0", ""),
			exported(&reportingv1.Amounts{Quantities: items(2_000), Values: []*reportingv1.CurrencySum{value("EUR", 99_00)}}, "C 1", "actual", "FR", "", "", "line one\nline two \u202etxet", ""),
		},
	}
	c.Rows[0].Comment = "+gift, second-hand"
	return c
}

func national(t testing.TB, year uint32) *reportingv1.Content {
	c := &reportingv1.Content{Title: &reportingv1.Title{Report: report.National, Year: year, State: "FR", Authority: "Cabinet office", Contact: "compiler", CutOff: cutOff}}
	f, _ := report.FormOf(report.National)
	for _, table := range f.Tables {
		c.Tables = append(c.Tables, &reportingv1.TableHead{Table: table.Name, Dimensions: table.Dimensions, Audience: reportingv1.Audience_AUDIENCE_PUBLIC})
	}
	pounds := func(lines, minor int64) *reportingv1.Amounts {
		return &reportingv1.Amounts{Lines: lines, Licences: lines, Values: []*reportingv1.CurrencySum{value("GBP", minor)}}
	}
	c.Rows = []*reportingv1.Row{
		row("destinations", pounds(3, 50_000), "export", "US"), row("destinations", pounds(1, 90_000), "export", "AE"), row("destinations", pounds(1, 1), "trans_shipment", "AE"),
		row("ratings", pounds(4, 140_000), "export", "ML1.a"), row("ratings", pounds(1, 1), "trans_shipment", "ML4.b.1"),
		row("criteria", &reportingv1.Amounts{Lines: 4, Licences: 2}, "2c"), row("criteria", &reportingv1.Amounts{Lines: 1, Licences: 1}, ""),
		row("authorized", &reportingv1.Amounts{Lines: 2, Licences: 2, Quantities: items(7_000), Values: []*reportingv1.CurrencySum{value("GBP", 140_000), value("USD", 5)}}, "export", "VIII small arms 1", "H87"),
		row("moved", &reportingv1.Amounts{Lines: 2, Quantities: items(7_000), Values: []*reportingv1.CurrencySum{value("GBP", 70_000)}}, "export", "VIII small arms 1", "H87", ""),
		row("moved", &reportingv1.Amounts{Lines: 1, Quantities: items(1_000)}, "export", "VIII small arms 1", "H87", "temporary"),
	}
	return c
}

func xlsx(t testing.TB, c *reportingv1.Content, o render.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := render.XLSX(&b, c, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func htmlPage(t testing.TB, c *reportingv1.Content, o render.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := render.HTML(&b, c, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// program is the path of a program that a test looks at files with; where it is not installed the test is skipped.
func program(t testing.TB, name, of string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed: it comes with the package %s", name, of)
	}
	return path
}
