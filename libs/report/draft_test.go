package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	export = transferv1.Kind_KIND_EXPORT
	imp    = transferv1.Kind_KIND_IMPORT
	tanks  = transferv1.Category_CATEGORY_I_BATTLE_TANKS
	small  = transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS
	shells = transferv1.Category_CATEGORY_ARTICLE_3_AMMUNITION
)

func in(year int, fact proto.Message) proto.Message {
	return ledgertest.At(time.Date(year, 6, 15, 12, 0, 0, 0, time.UTC), fact)
}

func granted(id string, kind transferv1.Kind, to string, lines ...*transferv1.Line) *licensingv1.LicenceGranted {
	for i, l := range lines {
		l.Number = uint32(i + 1)
	}
	return &licensingv1.LicenceGranted{LicenceId: "licensing/" + id, Deal: &licensingv1.Deal{Kind: kind, Destination: &licensingv1.Place{Country: to}, Lines: lines}}
}

func goods(rating string, c transferv1.Category, row string, pieces, minor int64) *transferv1.Line {
	return &transferv1.Line{
		Rating: rating, Category: c, Row: row, Quantity: &transferv1.Quantity{Thousandths: pieces * 1000, Unit: "H87"},
		Value: &transferv1.Money{Minor: minor, Currency: "EUR"},
	}
}

func built(t *testing.T, name string, year int, procedure *reportingv1.Procedure, facts ...proto.Message) (*report.Draft, *reportingv1.Content) {
	t.Helper()
	view := ledgertest.GivenAs(t, "reporting", facts...)
	spec, err := report.NewSpec("reporting/XA@1", procedure, name, year)
	if err != nil {
		t.Fatal(err)
	}
	d, err := report.Build(view, spec)
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.Content(view, true)
	if err != nil {
		t.Fatal(err)
	}
	return d, c
}

// What was granted in the year stands in the row of its category and the other State; ammunition, another year and what its register
// took back stand in none.
func TestAuthorizedExports(t *testing.T) {
	d, c := built(t, report.Annual, 2025, nil,
		in(2025, granted("1", export, "XB", goods("ML1.a", small, "VIII small arms 4", 100, 5_000_00), goods("ML6", tanks, "I", 2, 9_000_000_00))),
		in(2025, granted("2", export, "XB", goods("ML1.b", small, "VIII small arms 4", 50, 1_000_00))),
		in(2025, granted("3", export, "XC", goods("ML3", shells, "", 1000, 10_00))),
		in(2024, granted("4", export, "XB", goods("ML6", tanks, "I", 1, 1_00))),
		in(2025, granted("5", export, "XB", goods("ML6", tanks, "I", 7, 1_00))), in(2025, &licensingv1.EntryWithdrawn{Id: "licensing/5"}),
		in(2025, granted("6", imp, "XA", goods("ML6", tanks, "I", 3, 1_00))),
		in(2025, granted("7", export, "XB", goods("ML6", 0, "", 4, 1_00))),
	)
	row := func(table string, pieces, minor, lines int64, keys ...string) *reportingv1.Row {
		return &reportingv1.Row{Id: report.RowID(table, keys), Table: table, Keys: keys, Amounts: &reportingv1.Amounts{
			Lines: lines, Licences: lines, Quantities: []*reportingv1.UnitSum{{Unit: "H87", Thousandths: pieces * 1000}},
			Values: []*reportingv1.CurrencySum{{Currency: "EUR", Minor: minor}},
		}}
	}
	want := []*reportingv1.Row{
		row("exports", 2, 9_000_000_00, 1, "I", "authorized", "XB", "", "", "", ""),
		row("exports", 150, 6_000_00, 2, "VIII small arms 4", "authorized", "XB", "", "", "", ""),
		row("imports", 3, 1_00, 1, "I", "authorized", "", "", "", "", ""),
	}
	if diff := cmp.Diff(want, report.Only(c, "", false).Rows, protocmp.Transform()); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if got := c.Rows[1].Contributions; len(got) != 2 || got[0].Subject != "licensing/1#1" || got[1].Subject != "licensing/2#1" {
		t.Errorf("the small arms are made of %v", got)
	}
	var codes []string
	for _, p := range d.Problems() {
		codes = append(codes, p.Code)
	}
	if diff := cmp.Diff([]string{report.NoCategory, report.NoCounterpart}, codes); diff != "" {
		t.Errorf("problems: %s", diff)
	}
}
