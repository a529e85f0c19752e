package refdata_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/refdata"
)

func TestConvert(t *testing.T) {
	for _, tt := range []struct {
		n        int64
		from, to string
		want     int64
		ok       bool
	}{
		{5_000, "C62", "H87", 5_000, true}, {5_000, "H87", "EA", 5_000, true},
		{1_000, "CEN", "H87", 100_000, true}, {1_000, "DZN", "H87", 12_000, true}, {1_000, "MIL", "H87", 1_000_000, true},
		{1_000, "GRO", "H87", 144_000, true}, {1_000, "GRO", "DZN", 12_000, true}, {1_000, "PR", "H87", 2_000, true},
		{1_000, "NPR", "PR", 1_000, true}, {1_000, "TPR", "H87", 20_000, true}, {1_000, "DZP", "H87", 24_000, true},
		{1_000, "H87", "PR", 500, true}, {1_000, "H87", "MIL", 1, true}, {1_500, "H87", "MIL", 0, false}, {1_000, "H87", "DZN", 0, false},

		{25_000, "KGM", "GRM", 25_000_000, true}, {1_000, "TNE", "KGM", 1_000_000, true}, {1_000, "GRM", "MGM", 1_000_000, true},
		{1_000, "CTM", "MGM", 200_000, true}, {1, "GRM", "KGM", 0, false}, {1_000, "GRM", "KGM", 1, true},
		{100_000, "LBR", "GRM", 45_359_237, true}, {1_000, "LBR", "GRM", 0, false}, {100_000_000, "LBR", "KGM", 45_359_237, true},
		{16_000, "ONZ", "LBR", 1_000, true}, {1_000, "LBR", "ONZ", 16_000, true}, {80_000, "ONZ", "MGM", 2_267_961_850, true},

		{1_000, "MTR", "CMT", 100_000, true}, {1_000, "MTR", "MMT", 1_000_000, true}, {1_000, "KMT", "MTR", 1_000_000, true},
		{1_000, "INH", "MMT", 25_400, true}, {1_000, "FOT", "INH", 12_000, true}, {1_000, "YRD", "FOT", 3_000, true},
		{1_000, "FOT", "CMT", 30_480, true}, {1_000, "MTK", "CMK", 10_000_000, true},
		{1_000, "LTR", "MLT", 1_000_000, true}, {1_000, "LTR", "DMQ", 1_000, true}, {1_000, "MLT", "CMQ", 1_000, true}, {1_000, "MTQ", "LTR", 1_000_000, true},

		{7_000, "SET", "SET", 7_000, true}, {7_000, "KT", "H87", 0, false}, {7_000, "SET", "KT", 0, false}, {7_000, "DAY", "HUR", 0, false},
		{7_000, "H87", "KGM", 0, false}, {7_000, "MTR", "MTK", 0, false}, {7_000, "XXX", "XXX", 0, false}, {7_000, "", "H87", 0, false}, {7_000, "H87", "", 0, false},

		{0, "TNE", "MGM", 0, true}, {-12_000, "H87", "DZN", -1_000, true},
		{math.MaxInt64, "KGM", "GRM", 0, false}, {math.MinInt64, "TNE", "MGM", 0, false}, {math.MinInt64, "H87", "C62", math.MinInt64, true},
		{math.MaxInt64 / 1000, "KGM", "GRM", math.MaxInt64 / 1000 * 1000, true}, {math.MaxInt64/1000 + 1, "KGM", "GRM", 0, false},
	} {
		if got, ok := refdata.Convert(tt.n, tt.from, tt.to); got != tt.want || ok != tt.ok {
			t.Errorf("Convert(%d, %s, %s) = %d, %v; want %d, %v", tt.n, tt.from, tt.to, got, ok, tt.want, tt.ok)
		}
	}
}

// families of units that convert into each other.
var families = [][]string{
	{"C62", "EA", "H87", "PR", "NPR", "TPR", "DZP", "DZN", "CEN", "GRO", "MIL"},
	{"MGM", "GRM", "KGM", "TNE", "CTM", "LBR", "ONZ"},
	{"MMT", "CMT", "MTR", "KMT", "INH", "FOT", "YRD"},
	{"CMK", "MTK"},
	{"CMQ", "MLT", "DMQ", "LTR", "MTQ"},
}

type conversion func(thousandths int64, from, to string) (int64, bool)

// converting holds a conversion against what is true of every one: there and back again, by way of a third unit, in order, and never
// refused on the way to a smaller unit while there is room.
func converting(t *rapid.T, convert conversion) error {
	family := rapid.SampledFrom(families).Draw(t, "family")
	unit := rapid.SampledFrom(family)
	a, b, c := unit.Draw(t, "a"), unit.Draw(t, "b"), unit.Draw(t, "c")
	amount := rapid.Map(rapid.Int64Range(-1e6, 1e6), func(n int64) int64 { return n * 36_000 })
	if rapid.Bool().Draw(t, "any") {
		amount = rapid.Int64()
	}
	n, m := amount.Draw(t, "n"), amount.Draw(t, "m")
	ab, ok := convert(n, a, b)
	if !ok {
		return nil
	}
	if back, ok := convert(ab, b, a); !ok || back != n {
		return fmt.Errorf("%d %s are %d %s, and those %d %s, %v", n, a, ab, b, back, a, ok)
	}
	if bc, ok := convert(ab, b, c); ok {
		if ac, direct := convert(n, a, c); !direct || ac != bc {
			return fmt.Errorf("%d %s are %d %s by way of %s and %d, %v directly", n, a, bc, c, b, ac, direct)
		}
	}
	if mb, ok := convert(m, a, b); ok && ((n < m) != (ab < mb) || (n > m) != (ab > mb)) {
		return fmt.Errorf("%d and %d %s are %d and %d %s", n, m, a, ab, mb, b)
	}
	return nil
}

func TestConvertIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := converting(t, refdata.Convert); err != nil {
			t.Error(err)
		}
	})
}

func TestConvertIsExactCatchesMutants(t *testing.T) {
	for name, mutant := range map[string]conversion{
		"rounds": func(n int64, from, to string) (int64, bool) {
			got, ok := refdata.Convert(n, from, to)
			if !ok {
				got, ok = refdata.Convert(n/1000*1000, from, to)
			}
			return got, ok
		},
		"wraps around": func(n int64, from, to string) (int64, bool) {
			if factor, ok := refdata.Convert(1, from, to); ok {
				return n * factor, true
			}
			return refdata.Convert(n, from, to)
		},
		"another dozen": func(n int64, from, to string) (int64, bool) {
			if from == "DZN" && to == "H87" {
				return n * 13, true
			}
			return refdata.Convert(n, from, to)
		},
	} {
		wrong := rapid.Custom(func(t *rapid.T) bool { return converting(t, mutant) != nil })
		caught := false
		for seed := 0; seed < 5000 && !caught; seed++ {
			caught = wrong.Example(seed)
		}
		if !caught {
			t.Errorf("%s: not noticed", name)
		}
	}
}

// Units convert within their family and not out of it.
func TestConvertByFamily(t *testing.T) {
	const divisible = 144 * 1_000_000 * 1_000 // by every count and power of ten
	for i, from := range families {
		for j, to := range families {
			for _, a := range from {
				for _, b := range to {
					if _, ok := refdata.Convert(0, a, b); ok != (i == j) {
						t.Errorf("0 %s to %s: %v", a, b, ok)
					}
				}
			}
		}
	}
	for _, a := range families[0] {
		if _, ok := refdata.Convert(divisible, "H87", a); !ok {
			t.Errorf("%d pieces are no number of %s", int64(divisible), a)
		}
	}
}
