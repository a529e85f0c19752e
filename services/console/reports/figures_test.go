package reports

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func rifles() *reportingv1.Figure {
	return &reportingv1.Figure{
		Table: "exports", Row: "VIII", Basis: "authorized", Destination: "XB", Lines: 1, Quantity: &transferv1.Quantity{Thousandths: 500_000, Unit: "H87"},
		Value: 40_000_000, Currency: "EUR", Prefilled: &reportingv1.Amounts{Quantities: []*reportingv1.UnitSum{{Unit: "H87", Thousandths: 500_000}}},
	}
}

func seal(t rapid.TB, f *reportingv1.Figure) string {
	text, err := sealed(f)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestFiguresOfAForm(t *testing.T) {
	corrected := rifles()
	corrected.Quantity.Thousandths, corrected.Value, corrected.Reason = 499_500, 39_960_000, "one was returned"
	added := &reportingv1.Figure{Table: "imports", Row: "VIII", Basis: "actual", Destination: "XC", Quantity: &transferv1.Quantity{Thousandths: 2000, Unit: "H87"}, Reason: "a gift"}
	for _, tt := range []struct {
		name  string
		form  url.Values
		want  []*reportingv1.Figure
		wrong string
	}{
		{"as prepared", url.Values{"figure": {seal(t, rifles())}, "items.0": {"500"}, "value.0": {"400000.00"}}, []*reportingv1.Figure{rifles()}, ""},
		{"corrected", url.Values{"figure": {seal(t, rifles())}, "items.0": {" 499.5 "}, "value.0": {"399600"}, "reason.0": {"one was returned"}}, []*reportingv1.Figure{corrected}, ""},
		{"added", url.Values{"table.new-1": {"imports"}, "row.new-1": {"VIII"}, "basis.new-1": {"actual"}, "counterpart.new-1": {"xc"}, "items.new-1": {"2"}, "reason.new-1": {"a gift"}}, []*reportingv1.Figure{added}, ""},
		{"a blank line that only has its choices", url.Values{"table.new-0": {"exports"}, "basis.new-0": {"actual"}}, nil, ""},
		{"separators", url.Values{"figure": {seal(t, rifles())}, "items.0": {"1,000"}, "value.0": {"-1"}}, nil, "“1,000” is no number"},
		{"thousands with a dot", url.Values{"figure": {seal(t, rifles())}, "items.0": {"1.000"}, "value.0": {"0"}}, nil, "may be thousands of H87"},
		{"emptied", url.Values{"figure": {seal(t, rifles())}, "items.0": {""}, "value.0": {"0"}}, nil, "write 0 where there is none"},
		{"cut off", url.Values{"figure": {"AAAA"}}, nil, "prepare the return again"},
	} {
		got, err := parseFigures(tt.form)
		if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || (err != nil) != (tt.wrong != "") || err != nil && !strings.Contains(err.Error(), tt.wrong) {
			t.Errorf("%s: %v\n%s", tt.name, err, diff)
		}
	}
}

// parsedWrongly is a rule that prepares a figure anew with what is stated.
func parsedWrongly(form url.Values) ([]*reportingv1.Figure, error) {
	list, err := parseFigures(form)
	for _, f := range list {
		f.Prefilled.Quantities[0].Thousandths = f.GetQuantity().GetThousandths()
	}
	return list, err
}

// Whatever is corrected never touches what a figure was prepared with, nor what it is of: the rule compares that with the ledger.
func TestFormKeepsWhatWasPrepared(t *testing.T) {
	keeps := func(t *rapid.T, parse func(url.Values) ([]*reportingv1.Figure, error), prepared *reportingv1.Figure, stated string) bool {
		got, err := parse(url.Values{"figure": {seal(t, prepared)}, "items.0": {stated}, "value.0": {"1.00"}, "prefilled.0": {"7"}})
		return err == nil && proto.Equal(got[0].GetPrefilled(), prepared.GetPrefilled()) && got[0].GetRow() == prepared.GetRow() && got[0].GetLines() == prepared.GetLines()
	}
	caught := false
	rapid.Check(t, func(t *rapid.T) {
		prepared := rifles()
		prepared.Prefilled.Quantities[0].Thousandths = rapid.Int64().Draw(t, "prefilled")
		stated := rapid.StringMatching(`[0-9]{1,9}(\.[0-9]{1,2})?`).Draw(t, "stated")
		if !keeps(t, parseFigures, prepared, stated) {
			t.Fatalf("%v does not come through its form with %s", prepared, stated)
		}
		caught = caught || !keeps(t, parsedWrongly, prepared, stated)
	})
	if !caught {
		t.Error("a rule that prepares figures anew was not found out")
	}
}

func TestSilenceIsNotNil(t *testing.T) {
	for _, tt := range []struct {
		name    string
		form    url.Values
		figures int
		none    bool
		tables  []string
	}{
		{"nothing ticked", url.Values{"without": {"exports", "imports"}}, 0, false, nil},
		{"one of two", url.Values{"without": {"exports", "imports"}, "nil": {"imports"}}, 0, false, []string{"imports"}},
		{"both", url.Values{"without": {"exports", "imports"}, "nil": {"exports", "imports"}}, 0, true, nil},
		{"figures, and the other table", url.Values{"without": {"imports"}, "nil": {"imports"}}, 1, false, []string{"imports"}},
		{"a report without tables", url.Values{"nil": {"all"}}, 0, true, nil},
	} {
		if none, tables := nilOf(tt.form, tt.figures); none != tt.none || !cmp.Equal(tables, tt.tables) {
			t.Errorf("%s: %v, %v", tt.name, none, tables)
		}
	}
}

func FuzzParseFigures(f *testing.F) {
	f.Add("figure=AAAA&items.0=1")
	f.Add("row.new-0=VIII&items.new-0=2&counterpart.new-0=XB")
	f.Fuzz(func(t *testing.T, query string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		figures, err := parseFigures(form)
		if err == nil && len(figures) > len(form["figure"])+blankLines {
			t.Errorf("%d figures of %q", len(figures), query)
		}
	})
}
