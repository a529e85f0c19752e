package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// shipped is a declaration of pieces under line 1 of a licence, and its exit in a year; of an import, its arrival.
func shipped(id, licence string, kind transferv1.Kind, year int, pieces int64, as customsv1.Procedure) []proto.Message {
	at := timestamppb.New(time.Date(year, 3, 1, 0, 0, 0, 0, time.UTC))
	q := &transferv1.Quantity{Thousandths: pieces * 1000, Unit: "H87"}
	v := &transferv1.Money{Minor: pieces * 100_00, Currency: "EUR"}
	list := []proto.Message{&customsv1.DeclarationAccepted{
		DeclarationId: "customs/" + id, Kind: kind, LicenceId: "licensing/" + licence, Destination: "XB", AcceptedAt: timestamppb.New(at.AsTime().AddDate(-1, 0, 0)),
		Items:       []*customsv1.Item{{Number: 1, LicenceLine: 1, Quantity: q, Value: v, Origin: "XC"}},
		Consignment: &customsv1.Consignment{Procedure: as, Dispatch: "XB", Route: []string{"XD"}},
	}}
	if kind == imp {
		list = append(list, &customsv1.ArrivalRecorded{DeclarationId: "customs/" + id, At: at})
	} else {
		list = append(list, &customsv1.ExitConfirmed{DeclarationId: "customs/" + id, At: at})
	}
	return append(list, &customsv1.LicenceQuantityCommitted{DeclarationId: "customs/" + id, Item: 1, LicenceId: "licensing/" + licence, LicenceLine: 1, Quantity: q, Value: v})
}

func actually(aggregate bool) *reportingv1.Procedure {
	tables := []*reportingv1.TableTerms{
		{Table: report.Exports, Basis: "actual", AggregateSmallArms: aggregate, BasisOf: map[string]string{"II": "authorized"}},
		{Table: report.Imports, Basis: "actual"},
	}
	return &reportingv1.Procedure{Procedure: "XA", Version: 1, State: "XA", Reports: []*reportingv1.ReportTerms{{Report: report.Annual, Tables: tables}}}
}

// cells are rows as text: table, keys, pieces and minor units.
func cells(c *reportingv1.Content) map[string][2]int64 {
	got := map[string][2]int64{}
	for _, r := range c.Rows {
		key := r.Table
		for _, k := range r.Keys {
			key += "|" + k
		}
		var of [2]int64
		of[0], _ = report.Items(r.Amounts)
		of[0] /= 1000
		for _, v := range r.Amounts.Values {
			of[1] += v.Minor
		}
		got[key] = of
	}
	return got
}

// What moved counts in the year that it crossed the border in, as customs counted it in the end; temporary transfers and what came back
// stand in rows of their own; a category that is reported as authorized takes nothing from customs.
func TestActualTransfers(t *testing.T) {
	vehicles := transferv1.Category_CATEGORY_II_ARMOURED_COMBAT_VEHICLES
	facts := []proto.Message{
		in(2023, granted("1", export, "XB", goods("ML1.a", small, "VIII small arms 4", 100, 100_00))),
		in(2025, granted("2", export, "XB", goods("ML6", vehicles, "II", 10, 77_00))),
		in(2025, granted("3", imp, "XA", goods("ML6", tanks, "I", 10, 1_00))),
		in(2025, granted("4", export, "XB", goods("ML6", 0, "", 10, 1_00))),
	}
	for _, list := range [][]proto.Message{
		shipped("D1", "1", export, 2025, 30, 0), shipped("D2", "1", export, 2025, 20, 0), shipped("D3", "1", export, 2024, 9, 0),
		shipped("D4", "1", export, 2025, 7, customsv1.Procedure_PROCEDURE_TEMPORARY),
		shipped("D5", "2", export, 2025, 3, 0), shipped("D6", "3", imp, 2025, 4, 0), shipped("D7", "4", export, 2025, 1, 0), shipped("D8", "none", export, 2025, 1, 0),
	} {
		facts = append(facts, list...)
	}
	facts = append(facts,
		&customsv1.LicenceQuantityCorrected{DeclarationId: "customs/D1", Item: 1, LicenceId: "licensing/1", LicenceLine: 1, EntryId: "customs/D1#1#2", Sequence: 1,
			Change: &customsv1.Change{Thousandths: -2000, Unit: "H87", Minor: -200_00, Currency: "EUR"}},
		&customsv1.LicenceQuantityRestored{DeclarationId: "customs/D2", Item: 1, LicenceId: "licensing/1", LicenceLine: 1, Quantity: &transferv1.Quantity{Thousandths: 5000, Unit: "H87"}, Sequence: 1},
	)
	d, c := built(t, report.Annual, 2025, actually(false), facts...)
	want := map[string][2]int64{
		"exports|II|authorized|XB||||":                         {10, 77_00},
		"exports|VIII small arms 4|actual|XB|XC|XD||":          {48, 4_800_00},
		"exports|VIII small arms 4|actual|XB|XC|XD||temporary": {7, 700_00},
		"exports|VIII small arms 4|actual|XB|XC|XD||returned":  {5, 0},
		"imports|I|actual|XB|XC|XD||":                          {4, 400_00},
	}
	if diff := cmp.Diff(want, cells(c)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	var codes []string
	for _, p := range d.Problems() {
		codes = append(codes, p.Code)
	}
	if diff := cmp.Diff([]string{report.NoCategory, report.NoLicence}, codes); diff != "" {
		t.Errorf("problems: %s", diff)
	}
	if _, c = built(t, report.Annual, 2025, actually(true), facts...); cells(c)["exports|VIII small arms|actual|XB|XC|XD||"] != [2]int64{48, 4_800_00} {
		t.Errorf("small arms as one row: %v", cells(c))
	}
}

// A licence whose goods have moved is amended: what moved under it counts where it says now.
func TestUpdateFollowsALicenceToWhatMoved(t *testing.T) {
	l := ledgertest.Open(t, "reporting")
	w := ledgertest.NewWriter()
	record := func(facts ...proto.Message) {
		t.Helper()
		tx, err := l.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		for _, b := range w.Blocks(facts...) {
			if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	licence := granted("1", export, "XB", goods("ML6", tanks, "I", 10, 1_00))
	record(append([]proto.Message{in(2023, licence)}, shipped("D1", "1", export, 2025, 3, 0)...)...)
	spec, err := report.NewSpec("reporting/XA@1", actually(false), report.Annual, 2025)
	if err != nil {
		t.Fatal(err)
	}
	var d *report.Draft
	rows := func(look func(ledger.View) error) (got map[string][2]int64) {
		t.Helper()
		if err := l.View(func(v ledger.View) error {
			if err := look(v); err != nil {
				return err
			}
			c, err := d.Content(v, false)
			got = cells(c)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return got
	}
	before := rows(func(v ledger.View) (err error) {
		d, err = report.Build(v, spec)
		return err
	})
	if diff := cmp.Diff(map[string][2]int64{"exports|I|actual|XB|XC|XD||": {3, 300_00}}, before); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	deal := proto.CloneOf(licence.Deal)
	deal.Lines[0].Category, deal.Lines[0].Row, deal.Lines[0].Model = transferv1.Category_CATEGORY_III_LARGE_CALIBRE_ARTILLERY, "III", "howitzer"
	record(&licensingv1.LicenceAmended{LicenceId: licence.LicenceId, Deal: deal, Reason: "classified anew"})
	looked := 0
	after := rows(func(v ledger.View) (err error) {
		looked, err = d.Update(v)
		return err
	})
	if diff := cmp.Diff(map[string][2]int64{"exports|III|actual|XB|XC|XD|howitzer|": {3, 300_00}}, after); diff != "" || looked != 2 {
		t.Errorf("%d rows looked at; after (-want +got):\n%s", looked, diff)
	}
}
