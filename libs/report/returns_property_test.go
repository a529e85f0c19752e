package report_test

import (
	"errors"
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// drawnLicences are exports of two agencies that fall in few rows, in several units and currencies.
func drawnLicences(t *rapid.T, agency string) (facts []proto.Message) {
	for i := range rapid.IntRange(0, 5).Draw(t, "licences of "+agency) {
		l := &transferv1.Line{Rating: "ML6", Category: tanks, Row: rapid.SampledFrom([]string{"I", "II"}).Draw(t, "row")}
		if rapid.Bool().Draw(t, "has quantity") {
			l.Quantity = &transferv1.Quantity{Thousandths: rapid.Int64Range(0, 9).Draw(t, "quantity") * 1000, Unit: rapid.SampledFrom([]string{"H87", "KGM"}).Draw(t, "unit")}
		}
		if rapid.Bool().Draw(t, "has value") {
			l.Value = &transferv1.Money{Minor: rapid.Int64Range(0, 9).Draw(t, "value"), Currency: rapid.SampledFrom([]string{"EUR", "USD"}).Draw(t, "currency")}
		}
		g := granted(fmt.Sprint(i), export, rapid.SampledFrom([]string{"XB", "XC", ""}).Draw(t, "destination"), l)
		g.LicenceId = fmt.Sprintf("%s/L-%d", agency, i)
		facts = append(facts, in(2025, ledgertest.By(agency, g)))
	}
	return facts
}

// restated are figures of an agency's own rows, each stated as drawn, and of a row that only the return has.
func restated(t *rapid.T, own []*reportingv1.Row) (figures []*reportingv1.Figure) {
	of := func(r *reportingv1.Row) *reportingv1.Figure {
		return &reportingv1.Figure{
			Table: r.Table, Row: r.Keys[0], Basis: r.Keys[1], Destination: r.Keys[2], Origin: r.Keys[3], Intermediate: r.Keys[4], Description: r.Keys[5], Nature: r.Keys[6],
			Reason: "counted again", Prefilled: &reportingv1.Amounts{},
		}
	}
	for _, r := range own {
		for _, q := range r.GetAmounts().GetQuantities() {
			f := of(r)
			f.Quantity = &transferv1.Quantity{Unit: q.Unit, Thousandths: rapid.Int64Range(0, 20_000).Draw(t, "stated")}
			f.Prefilled.Quantities = []*reportingv1.UnitSum{q}
			figures = append(figures, f)
		}
		for _, v := range r.GetAmounts().GetValues() {
			f := of(r)
			f.Value, f.Currency = rapid.Int64Range(0, 20).Draw(t, "stated"), v.Currency
			f.Prefilled.Values = []*reportingv1.CurrencySum{v}
			figures = append(figures, f)
		}
	}
	if rapid.Bool().Draw(t, "a row of the return alone") {
		f := of(&reportingv1.Row{Table: report.Exports, Keys: []string{"III", "authorized", "XB", "", "", "", ""}})
		f.Quantity, f.Prefilled = &transferv1.Quantity{Unit: "H87", Thousandths: rapid.Int64Range(1, 9000).Draw(t, "stated")}, nil
		figures = append(figures, f)
	}
	return figures
}

// statedHolds draws facts of two agencies and a return of one of them, and fails where a row of the report is something else than what
// the return states of it and the other agency's facts together, or counts a fact twice. spoil changes the return before it is submitted.
func statedHolds(t *rapid.T, folder string, spoil func(*reportingv1.Figure)) error {
	facts := append(drawnLicences(t, "licensing"), drawnLicences(t, "ministry")...)
	w := ledgertest.NewWriter()
	l := openDrawn(t, folder)
	foldAll(t, l, w.Blocks(facts...))
	spec, err := report.NewSpec("", nil, report.Annual, 2025)
	if err != nil {
		return err
	}
	before, err := contentOf(l, spec)
	if err != nil {
		return err
	}
	var own, others []*reportingv1.Row
	if err := l.View(func(v ledger.View) error {
		d, err := report.Build(v, spec)
		if err != nil {
			return err
		}
		if own, _, err = d.OwnOf(v, "licensing", "reporting"); err == nil {
			others, _, err = d.OwnOf(v, "ministry", "reporting")
		}
		return err
	}); err != nil {
		return err
	}
	figures := restated(t, own)
	want := map[string]*reportingv1.Amounts{}
	add := func(id string, a *reportingv1.Amounts) {
		if want[id], err = report.Total(want[id], a); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range others {
		add(r.Id, r.Amounts)
	}
	for _, f := range figures {
		keys, _ := spec.KeysOf(f)
		add(report.RowID(f.Table, keys), report.StatedBy(f))
		spoil(f)
	}
	foldAll(t, l, w.Blocks(asked("Q-1", "licensing"), says("licensing", "Q-1", &reportingv1.AgencyReturnSubmitted{Figures: figures})))
	after, err := contentOf(l, spec)
	if err != nil {
		return err
	}
	if len(after.Rows) < len(before.Rows) {
		return errors.New("a return took a row away")
	}
	for _, r := range after.Rows {
		got := &reportingv1.Amounts{Quantities: r.Amounts.Quantities, Values: r.Amounts.Values}
		stated := &reportingv1.Amounts{Quantities: want[r.Id].GetQuantities(), Values: want[r.Id].GetValues()}
		if !report.IsZero(report.Minus(got, stated)) {
			return fmt.Errorf("%s is %v; stated, with what others have, is %v", report.RowWords(r.Table, r.Keys), got, stated)
		}
		counted := map[string]bool{}
		for _, c := range r.Contributions {
			if name := fmt.Sprint(c.Subject, c.Figure); counted[name] {
				return fmt.Errorf("%s counts %s twice", report.RowWords(r.Table, r.Keys), c.Subject)
			} else {
				counted[name] = true
			}
		}
	}
	return nil
}

func contentOf(l *ledger.Ledger, spec report.Spec) (c *reportingv1.Content, err error) {
	err = l.View(func(v ledger.View) error {
		d, err := report.Build(v, spec)
		if err != nil {
			return err
		}
		c, err = d.Content(v, true)
		return err
	})
	return c, err
}

// Whatever a return states is what the report has of its rows: the agency's own facts and what the return states otherwise, each once.
func TestReportHasWhatReturnsState(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		if err := statedHolds(t, folder, func(*reportingv1.Figure) {}); err != nil {
			t.Fatal(err)
		}
	})
}

// The property notices figures that are added to the facts that they are of, and ones that take more away than the agency's own.
func TestReportHasWhatReturnsStateCatchesMutants(t *testing.T) {
	folder := t.TempDir()
	for name, mutant := range map[string]func(*reportingv1.Figure){
		"own facts count twice": func(f *reportingv1.Figure) { f.Prefilled = nil },
		"others' facts are taken away": func(f *reportingv1.Figure) {
			for _, q := range f.GetPrefilled().GetQuantities() {
				q.Thousandths *= 2
			}
		},
		"another row is corrected": func(f *reportingv1.Figure) { f.Destination = "XC" },
	} {
		t.Run(name, func(t *testing.T) {
			caught := false
			for seed := 0; seed < 200 && !caught; seed++ {
				caught = rapid.Custom(func(t *rapid.T) bool { return statedHolds(t, folder, mutant) != nil }).Example(seed)
			}
			if !caught {
				t.Error("no return that was drawn shows it")
			}
		})
	}
}
