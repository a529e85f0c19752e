package redact

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

func hidden(h *reportingv1.Hidden, pieces, cents int64, description string) *reportingv1.Row {
	return &reportingv1.Row{
		Id: "0a1b2c3d4e5f", Table: "exports", Keys: []string{"I", "actual", "XB", "", "", description, ""}, Hidden: h,
		Amounts: &reportingv1.Amounts{
			Quantities: []*reportingv1.UnitSum{{Unit: "H87", Thousandths: pieces * 1000}}, Values: []*reportingv1.CurrencySum{{Currency: "EUR", Minor: cents}},
		},
	}
}

func TestFind(t *testing.T) {
	all := &reportingv1.Hidden{Quantity: true, Value: true, Description: true}
	row := hidden(all, 1_234_567, 98_765_432_10, "Rifle, 5.56 mm")
	for text, want := range map[string]string{
		"":                                    "",
		"we exported 1234567 rifles":          "quantity",
		"1,234,567":                           "quantity",
		"1 234 567":                           "quantity",
		"1.234.567":                           "quantity",
		"1'234'567":                           "quantity",
		"12,34,567":                           "quantity",
		"1\u202f234\u00a0567.":                "quantity",
		"1234567.0":                           "quantity",
		"(1,234,567.000 pieces)":              "quantity",
		"in 2025 1 234 567 pieces":            "quantity",
		"١٬٢٣٤٬٥٦٧":                           "quantity",
		"1\u200b234\u200d567":                 "quantity",
		"１２３４５６７":                             "quantity",
		"worth EUR 98,765,432.10":             "value",
		"worth 98.765.432,10 EUR":             "value",
		"worth 98 765 432 EUR":                "value",
		"worth 98 765 433 EUR":                "value",
		"9876543210":                          "value",
		"RIFLE (5.56 MM)":                     "description",
		"a rifle 5.56  mm and 1,234,567":      "quantity description",
		"a rifle of 5.56 mm":                  "",
		"12345678, 234567, 1,234 and 567":     "",
		"1 234 5678":                          "",
		"call 1 234  567 and 2025-12-31":      "",
		"98,765,431":                          "",
		"Article 13(3), in 2025, 40 licences": "",
	} {
		var got []string
		for _, l := range Find([]*reportingv1.Row{row}, text) {
			got = append(got, l.What)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q tells %v, want %q", text, got, want)
		}
	}
}

// What is not hidden may be told, and of a row that is hidden nothing.
func TestFindWhatIsHidden(t *testing.T) {
	text := "40 tanks for EUR 500"
	for want, h := range map[string]*reportingv1.Hidden{
		"": nil, "quantity": {Quantity: true}, "value": {Value: true}, "description": {Description: true}, "quantity value description": {Row: true},
	} {
		var got []string
		for _, l := range Find([]*reportingv1.Row{hidden(h, 40, 500_00, "tanks")}, text) {
			got = append(got, l.What)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("of %v is told %v, want %q", h, got, want)
		}
	}
	if got := Find([]*reportingv1.Row{hidden(&reportingv1.Hidden{Quantity: true}, 40, 0, "")}, "nothing", "what: 40 pieces"); len(got) != 1 {
		t.Error("the second text was not looked at")
	}
}

var usual = []string{"", ",", ".", " ", "'", "\u00a0", "\u202f"}

// spell writes a number with a separator for thousands.
func spell(n int64, separator string) string {
	digits := fmt.Sprint(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + separator + digits[at:]
	}
	return digits
}

// find is how hidden values are looked for; a mutant of it forgets something.
type find func([]*reportingv1.Row, ...string) []Leak

func passesNothing(f find) func(*rapid.T) error {
	return func(t *rapid.T) error {
		pieces := rapid.Int64Range(1, 1<<40).Draw(t, "pieces")
		cents := rapid.Int64Range(100, 1<<50).Draw(t, "cents")
		row := hidden(&reportingv1.Hidden{Quantity: true, Value: true}, pieces, cents, "")
		separator := rapid.SampledFrom(usual).Draw(t, "separator")
		point := rapid.SampledFrom([]string{".", ","}).Draw(t, "point")
		told := map[string]string{
			"quantity": spell(pieces, separator),
			"value":    spell(cents/100, separator) + rapid.SampledFrom([]string{"", fmt.Sprintf("%s%02d", point, cents%100)}).Draw(t, "decimals"),
		}
		what := rapid.SampledFrom([]string{"quantity", "value"}).Draw(t, "what")
		before := rapid.SampledFrom([]string{"", "we moved ", "in 2025: ", "EUR", "12 or "}).Draw(t, "before")
		after := rapid.SampledFrom([]string{"", ".", " pieces", ", of 7", "%"}).Draw(t, "after")
		text := before + told[what] + after
		if !slices.ContainsFunc(f([]*reportingv1.Row{row}, text), func(l Leak) bool { return l.What == what }) {
			return fmt.Errorf("%s stands in %q and is not found", what, text)
		}
		return nil
	}
}

func TestUsualSpellingsNeverPass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := passesNothing(Find)(t); err != nil {
			t.Fatal(err)
		}
	})
}

func TestForgottenSpellingsAreNoticed(t *testing.T) {
	for _, forgotten := range []string{",", ".", " "} {
		mutant := func(rows []*reportingv1.Row, texts ...string) []Leak {
			for i := range texts {
				texts[i] = strings.ReplaceAll(texts[i], forgotten, "|")
			}
			return Find(rows, texts...)
		}
		if !fails(passesNothing(mutant)) {
			t.Errorf("a search that does not know %q passes", forgotten)
		}
	}
}

// fails reports whether a property fails for any of some hundred draws.
func fails(property func(*rapid.T) error) bool {
	for seed := range 300 {
		if rapid.Custom(property).Example(seed) != nil {
			return true
		}
	}
	return false
}
