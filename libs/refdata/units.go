package refdata

// units are those of UN/ECE Recommendation 20 that licences and declarations of arms use.
var units = map[string]string{
	"ANN": "year", "C62": "one", "CEN": "hundred", "CMK": "square centimetre", "CMQ": "cubic centimetre",
	"CMT": "centimetre", "CTM": "metric carat", "DAY": "day", "DMQ": "cubic decimetre", "DZN": "dozen", "DZP": "dozen pair",
	"EA": "each", "FOT": "foot", "GRM": "gram", "GRO": "gross", "H87": "piece", "HUR": "hour", "INH": "inch", "KGM": "kilogram",
	"KMT": "kilometre", "KT": "kit", "LBR": "pound", "LTR": "litre", "MGM": "milligram", "MIL": "thousand",
	"MLT": "millilitre", "MMT": "millimetre", "MON": "month", "MTK": "square metre", "MTQ": "cubic metre",
	"MTR": "metre", "NPR": "number of pairs", "ONZ": "ounce", "PR": "pair", "SET": "set", "TNE": "tonne",
	"TPR": "ten pair", "YRD": "yard",
}

// Unit returns the English name of a unit of UN/ECE Recommendation 20 by its code ("H87": piece). ok is false for a
// code that is not in the standard or that this table, which holds what licences and declarations use, leaves out.
func Unit(code string) (name string, ok bool) {
	name, ok = units[code]
	return name, ok
}
