package render_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/render"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// What programs read is stable, has every amount once, and ends its lines as RFC 4180 has it.
func TestCSVForPrograms(t *testing.T) {
	files, err := render.CSV(annual(t, 2025), render.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"row,category,basis,counterpart,origin,intermediate,description,nature,lines,licences,unit,quantity,currency,value,comment",
		`dd74ba51d3e2,I,authorized,XB,,,MBT-1,,0,0,H87,12,EUR,1234567.89,"'+gift, second-hand"`,
		`d1b35eec1f3f,VIII small arms 2,actual,FR,DE,"BE, NL",350 / 500,,0,0,H87,350,EUR,0.50,`,
		`d1b35eec1f3f,VIII small arms 2,actual,FR,DE,"BE, NL",350 / 500,,,,,,JPY,5000000,`,
		`e3c2b50d5b5c,VIII small arms 2,actual,FR,,,"<script>alert(1)</script> ""quoted""",temporary,0,0,H87,1.5,,,`,
		`e18df4a5ce05,VIII light weapons 6,authorized,CN,RU,,'=cmd|' /C calc'!A0,,0,0,H87,4,KWD,1234.567,`,
		`e18df4a5ce05,VIII light weapons 6,authorized,CN,RU,,'=cmd|' /C calc'!A0,,,,KGM,12.5,,,`,
		"6d2d7a5e5fd1,C 1,actual,FR,,,\"line one\r\nline two txet\",,0,0,H87,2,EUR,99.00,",
		"",
	}, "\r\n")
	ids := func(s string) string { // they are report.RowID's, which has tests of its own
		lines := strings.Split(s, "\r\n")
		for i, l := range lines {
			if id, rest, ok := strings.Cut(l, ","); ok && len(id) == 12 {
				lines[i] = "id," + rest
			}
		}
		return strings.Join(lines, "\r\n")
	}
	if diff := cmp.Diff(ids(want), ids(string(files[0].Data))); diff != "" || files[0].Name != "exports.csv" {
		t.Errorf("%s:\n%s", files[0].Name, diff)
	}
}

func TestFiles(t *testing.T) {
	files, err := render.Files(annual(t, 2025), render.Options{Language: "fr"}, reportingv1.Audience_AUDIENCE_STATES_PARTIES, render.Formats())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	want := []string{
		"att-annual-2025-states-parties-fr.xlsx", "att-annual-2025-states-parties-fr-exports.csv", "att-annual-2025-states-parties-fr-imports.csv", "att-annual-2025-states-parties.json",
		"att-annual-2025-states-parties-fr.html", "att-annual-2025-states-parties-fr-destinations.svg", "att-annual-2025-states-parties-fr-years.svg",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	for _, wrong := range []struct {
		o      render.Options
		format string
	}{{render.Options{}, "pdf"}, {render.Options{Language: "de"}, "xlsx"}, {render.Options{Language: "../x"}, "csv"}} {
		if _, err := render.Files(annual(t, 2025), wrong.o, 1, []string{wrong.format}); !errors.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v, want a refusal", wrong, err)
		}
	}
}

// The same content under the Register's name has its titles.
func TestRegisterRendering(t *testing.T) {
	c := annual(t, 2025)
	f := open(t, xlsx(t, c, render.Options{Register: true}))
	rows, err := f.GetRows("Exports")
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range rows {
		found = found || len(r) > 1 && r[0] == "IV" && r[1] == "Combat aircraft and unmanned combat aerial vehicles"
	}
	title, err := f.GetCellValue("Title page", "A1")
	if !found || err != nil || !strings.Contains(title, "Register of Conventional Arms") {
		t.Errorf("the spreadsheet is called %q (%v); it has the Register's title of category IV: %v", title, err, found)
	}
}
