package report_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// edges are numbers that wrap when they are added carelessly.
func edges(t *rapid.T, what string) int64 {
	return rapid.OneOf(rapid.SampledFrom([]int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MinInt64 + 1}), rapid.Int64()).Draw(t, what)
}

func pieces(thousandths int64) *reportingv1.Amounts {
	return &reportingv1.Amounts{Quantities: []*reportingv1.UnitSum{{Unit: "H87", Thousandths: thousandths}}}
}

// A sum is exact or refused, and a difference exact or the most that can be said.
func TestAmountsDoNotWrap(t *testing.T) {
	most, least := big.NewInt(math.MaxInt64), big.NewInt(math.MinInt64)
	rapid.Check(t, func(t *rapid.T) {
		a, b := edges(t, "a"), edges(t, "b")
		exact := new(big.Int).Add(big.NewInt(a), big.NewInt(b))
		got, err := report.Total(pieces(a), pieces(b))
		switch {
		case !exact.IsInt64():
			if !errors.Is(err, fault.Precondition) {
				t.Fatalf("%d and %d are %v, %v", a, b, got, err)
			}
		case err != nil || got.Quantities[0].Thousandths != exact.Int64():
			t.Fatalf("%d and %d are %v, %v", a, b, got, err)
		}
		exact.Sub(big.NewInt(a), big.NewInt(b))
		if exact.Cmp(most) > 0 {
			exact = most
		}
		if exact.Cmp(least) < 0 {
			exact = least
		}
		var n int64
		for _, q := range report.Minus(pieces(a), pieces(b)).Quantities {
			n = q.Thousandths
		}
		if n != exact.Int64() {
			t.Fatalf("%d less %d is %d, not %s", a, b, n, exact)
		}
	})
}

func TestMinusKeepsUnitsApart(t *testing.T) {
	f := &reportingv1.Figure{
		Lines: math.MaxUint64, Quantity: &transferv1.Quantity{Thousandths: 5, Unit: "H87"}, Value: 7, Currency: "EUR",
		Prefilled: &reportingv1.Amounts{Lines: 2, Licences: 1, Quantities: []*reportingv1.UnitSum{{Unit: "KGM", Thousandths: 5}}, Values: []*reportingv1.CurrencySum{{Currency: "EUR", Minor: 7}}},
	}
	want := &reportingv1.Amounts{
		Lines: math.MaxInt64 - 2, Licences: -1, Quantities: []*reportingv1.UnitSum{{Unit: "H87", Thousandths: 5}, {Unit: "KGM", Thousandths: -5}},
	}
	if diff := cmp.Diff(want, report.Minus(report.StatedBy(f), f.Prefilled), protocmp.Transform()); diff != "" {
		t.Errorf("difference (-want +got):\n%s", diff)
	}
}
