package refdata

import "math/big"

// UnitTableVersion names the table that Convert goes by. Whoever records a conversion records the version with it: the same
// version gives the same answer.
const UnitTableVersion = "rec20/1"

// measure is what units have in common that convert into each other.
type measure byte

const (
	none   measure = iota // a unit of its own: a set or a kit may be any number of pieces
	count                 // in pieces
	mass                  // in nanograms
	length                // in micrometres
	area                  // in square centimetres
	volume                // in cubic millimetres
)

type unit struct {
	name string
	of   measure
	size int64 // exact, in what the measure is counted in
}

// units are those of UN/ECE Recommendation 20 that licences and declarations of arms use, with its conversion factors. The
// pound is 0.45359237 kg, the ounce a sixteenth of it, the foot 0.3048 m.
var units = map[string]unit{
	"C62": {"one", count, 1}, "EA": {"each", count, 1}, "H87": {"piece", count, 1}, "NAR": {"number of articles", count, 1},
	"PR": {"pair", count, 2}, "NPR": {"number of pairs", count, 2}, "TPR": {"ten pair", count, 20}, "DZP": {"dozen pair", count, 24},
	"DZN": {"dozen", count, 12}, "CEN": {"hundred", count, 100}, "GRO": {"gross", count, 144}, "MIL": {"thousand", count, 1000},

	"MC": {"microgram", mass, 1e3}, "MGM": {"milligram", mass, 1e6}, "GRM": {"gram", mass, 1e9}, "KGM": {"kilogram", mass, 1e12}, "TNE": {"tonne", mass, 1e15},
	"CTM": {"metric carat", mass, 2e8}, "LBR": {"pound", mass, 453_592_370_000}, "ONZ": {"ounce", mass, 28_349_523_125},

	"MMT": {"millimetre", length, 1e3}, "CMT": {"centimetre", length, 1e4}, "MTR": {"metre", length, 1e6}, "KMT": {"kilometre", length, 1e9},
	"INH": {"inch", length, 25_400}, "FOT": {"foot", length, 304_800}, "YRD": {"yard", length, 914_400},

	"CMK": {"square centimetre", area, 1}, "MTK": {"square metre", area, 1e4},

	"4G": {"microlitre", volume, 1}, "CMQ": {"cubic centimetre", volume, 1e3}, "MLT": {"millilitre", volume, 1e3}, "DMQ": {"cubic decimetre", volume, 1e6},
	"LTR": {"litre", volume, 1e6}, "MTQ": {"cubic metre", volume, 1e9},

	"SET": {name: "set"}, "KT": {name: "kit"},
	"HUR": {name: "hour"}, "DAY": {name: "day"}, "MON": {name: "month"}, "ANN": {name: "year"},
}

// Unit returns the English name of a unit of UN/ECE Recommendation 20 by its code ("H87": piece). ok is false for a
// code that is not in the standard or that this table, which holds what licences and declarations use, leaves out.
func Unit(code string) (name string, ok bool) {
	u, ok := units[code]
	return u.name, ok
}

// Convert turns an amount, in thousandths of one unit, into thousandths of another: 25 KGM are 25,000 GRM. It never rounds. ok is
// false where there is no rule (pieces to kilograms, a set to pieces, a code that Unit does not know), where the result would
// not be a whole number of thousandths, and where it is beyond 64 bits; the caller then has a discrepancy DX05
// (docs/border.md). A unit converts into itself always, and a sign is kept.
func Convert(thousandths int64, from, to string) (converted int64, ok bool) {
	a, known := units[from]
	b, alsoKnown := units[to]
	switch {
	case !known || !alsoKnown:
		return 0, false
	case from == to:
		return thousandths, true
	case a.of != b.of || a.of == none:
		return 0, false
	}
	n := new(big.Int).Mul(big.NewInt(thousandths), big.NewInt(a.size))
	n, rest := n.QuoRem(n, big.NewInt(b.size), new(big.Int))
	if rest.Sign() != 0 || !n.IsInt64() {
		return 0, false
	}
	return n.Int64(), true
}
