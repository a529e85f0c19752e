package refdata_test

import (
	"regexp"
	"testing"

	"github.com/counterfoil/counterfoil/libs/refdata"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func TestRatingCategory(t *testing.T) {
	const (
		unspecified = transferv1.Category_CATEGORY_UNSPECIFIED
		ammunition  = transferv1.Category_CATEGORY_ARTICLE_3_AMMUNITION
		parts       = transferv1.Category_CATEGORY_ARTICLE_4_PARTS
	)
	tests := []struct {
		rating string
		want   transferv1.Category
	}{
		{"ML3", ammunition}, {"ml3", ammunition}, {" ML3 ", ammunition}, {"ML3.a", ammunition}, {"ML3.a.1", ammunition},
		{"ML3.b", unspecified}, {"ML3.b.2", unspecified},
		{"ML16", parts}, {"ML16.a", parts},
		// A pistol or a magazine; a tank or a lorry; a warship or a winch.
		{"ML1", unspecified}, {"ML1.a", unspecified}, {"ML2", unspecified}, {"ML4", unspecified}, {"ML6", unspecified},
		{"ML9", unspecified}, {"ML10", unspecified}, {"ML12", unspecified},
		{"ML22", unspecified}, {"ML30", unspecified}, {"ML33", unspecified}, {"ML160", unspecified},
		{"PL5017", unspecified}, {"5A002", unspecified}, {"End Use", unspecified}, {"", unspecified},
	}
	for _, tt := range tests {
		if got := refdata.RatingCategory(tt.rating); got != tt.want {
			t.Errorf("RatingCategory(%q) = %v; want %v", tt.rating, got, tt.want)
		}
	}
}

func TestUnit(t *testing.T) {
	for code, want := range map[string]string{"H87": "piece", "KGM": "kilogram", "TNE": "tonne", "PR": "pair"} {
		if name, ok := refdata.Unit(code); name != want || !ok {
			t.Errorf("Unit(%q) = %q, %v; want %q", code, name, ok, want)
		}
	}
	for _, code := range []string{"", "kgm", "KG", "XXX"} {
		if name, ok := refdata.Unit(code); ok {
			t.Errorf("Unit(%q) = %q; want none", code, name)
		}
	}
}

func TestCurrencyExponent(t *testing.T) {
	for code, want := range map[string]int{"GBP": 2, "EUR": 2, "JPY": 0, "KWD": 3, "CLF": 4} {
		if got, ok := refdata.CurrencyExponent(code); got != want || !ok {
			t.Errorf("CurrencyExponent(%q) = %d, %v; want %d", code, got, ok, want)
		}
	}
	for _, code := range []string{"", "gbp", "XAU", "XXX", "GB", " GB", "BP ", "GBP ", "P E"} {
		if got, ok := refdata.CurrencyExponent(code); ok {
			t.Errorf("CurrencyExponent(%q) = %d; want none", code, got)
		}
	}
}

// ISO 4217 has what we have, and what it has beyond that has no minor unit. The oracle is of 2023.
func TestCurrenciesAgainstISO4217(t *testing.T) {
	var oracle struct {
		Currencies []struct {
			Code string `json:"alpha_3"`
		} `json:"4217"`
	}
	readJSON(t, &oracle, "iso-codes", "iso_4217.json")
	noMinorUnit := regexp.MustCompile(`^X(AU|AG|PT|PD|BA|BB|BC|BD|DR|SU|UA|TS|XX)$`)
	listed := map[string]bool{"XCG": true, "ZWG": true} // since 2025 and 2024
	for _, c := range oracle.Currencies {
		listed[c.Code] = true
		if _, ok := refdata.CurrencyExponent(c.Code); ok == noMinorUnit.MatchString(c.Code) {
			t.Errorf("CurrencyExponent(%s): %v", c.Code, ok)
		}
	}
	if len(listed) < 170 {
		t.Fatalf("only %d currencies in the oracle", len(listed))
	}
	for _, pair := range twoLetters() {
		for c := 'A'; c <= 'Z'; c++ {
			code := pair + string(c)
			if _, ok := refdata.CurrencyExponent(code); ok && !listed[code] {
				t.Errorf("%s is not in ISO 4217", code)
			}
		}
	}
}
