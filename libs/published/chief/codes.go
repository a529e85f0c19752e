package chief

import (
	"maps"
	"slices"
)

// LicenceType is what a licence's type of three letters means.
type LicenceType struct {
	Name string
	// Usage is E for export or I for import.
	Usage string
	// Open is whether its lines may have no limit.
	Open bool
}

var licenceTypes = map[string]LicenceType{
	"SIE": {"standard individual export licence", "E", false},
	"OIE": {"open individual export licence", "E", true},
	"OGE": {"open general export licence", "E", true},
	"SIL": {"specific individual import licence", "I", false},
	"OIL": {"open individual import licence", "I", true},
	"SAN": {"sanctions and adhoc import licence", "I", false},
}

// LicenceTypes returns the types by their letters.
func LicenceTypes() map[string]LicenceType { return maps.Clone(licenceTypes) }

func licenceTypeForm(text string) (Code, string) {
	if _, ok := licenceTypes[text]; !ok {
		return CodeUnknown, "is no licence type that is known"
	}
	return "", ""
}

var (
	countryUses = map[string]string{
		"D": "allowed destination", "E": "prohibited destination", "O": "allowed origin", "P": "prohibited origin",
		"R": "allowed en route", "S": "prohibited en route",
	}
	controls   = map[string]string{"B": "value and quantity", "Q": "quantity", "V": "value", "O": "open"}
	usageTypes = map[string]string{"O": "original", "A": "adjusted by customs", "C": "contra by customs", "L": "late original", "M": "message only"}
	statuses   = map[string]string{"O": "open", "C": "cancelled", "E": "exhausted", "S": "surrendered", "D": "date expired"}

	countryUseForm, controlForm, usageTypeForm, statusForm = letterOf(countryUses), letterOf(controls), letterOf(usageTypes), letterOf(statuses)
)

func letterOf(table map[string]string) form { return oneOf(slices.Sorted(maps.Keys(table))...) }

// CountryUses returns what a country's use means by its letter.
func CountryUses() map[string]string { return maps.Clone(countryUses) }

// Controls returns how the use of a line is limited by the letter of controlledBy.
func Controls() map[string]string { return maps.Clone(controls) }

// UsageTypes returns what a usage is by its letter.
func UsageTypes() map[string]string { return maps.Clone(usageTypes) }

// Statuses returns what became of a licence by the letter of a usage.
func Statuses() map[string]string { return maps.Clone(statuses) }

// units are customs' units as UN/ECE Recommendation 20 has them.
var units = map[string]string{
	"021": "GRM", "023": "KGM", "025": "TNE", "030": "NAR", "045": "MTK", "057": "MTR", "074": "MLT", "076": "LTR", "087": "MTQ",
	"110": "4G", "111": "MGM", "116": "MC",
}

// alike are further units of Recommendation 20 that count single things.
var alike = map[string]string{"C62": "030", "EA": "030", "H87": "030"}

// liteUnits are the units of LITE whose codes are not those of Recommendation 20. Its TON is the tonne, and not the
// long ton; the four that end the list are older forms.
var liteUnits = map[string]string{
	"TON": "025", "MCL": "110", "MCG": "116", "ITG": "030", "MIM": "111", "MCM": "116", "MIR": "074", "MCR": "110",
}

// Rec20 returns the code of UN/ECE Recommendation 20 for a unit of customs: NAR for 030. ok is false for one that is not in
// the list.
func Rec20(unit string) (code string, ok bool) {
	code, ok = units[unit]
	return code, ok
}

// Unit returns customs' unit for a code of Recommendation 20; C62, EA and H87 are 030, as NAR is. ok is false where there is
// none.
func Unit(rec20 string) (unit string, ok bool) {
	if unit, ok = alike[rec20]; ok {
		return unit, true
	}
	for _, unit := range slices.Sorted(maps.Keys(units)) {
		if units[unit] == rec20 {
			return unit, true
		}
	}
	return "", false
}
