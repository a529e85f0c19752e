package plain_test

import (
	"regexp"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/plain"
	"github.com/counterfoil/counterfoil/libs/refdata"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func TestParseQuantity(t *testing.T) {
	for text, want := range map[string]*transferv1.Quantity{
		"40": {Thousandths: 40_000, Unit: "H87"}, " 12.5 KGM ": {Thousandths: 12_500, Unit: "KGM"}, "12.5kgm": {Thousandths: 12_500, Unit: "KGM"}, "7 4G": {Thousandths: 7_000, Unit: "4G"},
		"1.000 KGM": {Thousandths: 1_000, Unit: "KGM"}, "1.500 MIL": {Thousandths: 1_500, Unit: "MIL"}, "0.125": {Thousandths: 125, Unit: "H87"}, "1.25": {Thousandths: 1_250, Unit: "H87"}, "1.234": {Thousandths: 1_234, Unit: "H87"},
		"1.000": nil, "12.500 EA": nil, "1.250 C62": nil, "1,000": nil, "1 000": nil,
		"": nil, "1 ,5": nil, "1,5": nil, "1.": nil, "-1": nil, "1.0001": nil, "KGM": nil, "12 KGM H87": nil, "74G": nil, "1 KILOS": nil, "99999999999999999999": nil, "1\tKGM": nil,
	} {
		if got, ok := plain.ParseQuantity(text, "H87"); ok != (want != nil) || ok && !proto.Equal(got, want) {
			t.Errorf("ParseQuantity(%q) = %v, %v; want %v", text, got, ok, want)
		}
	}
	if got, ok := plain.ParseQuantity("40", ""); ok {
		t.Errorf("without any unit: %v", got)
	}
}

func TestParseMoney(t *testing.T) {
	for text, want := range map[string]*transferv1.Money{
		"1200.50": {Minor: 120_050, Currency: "EUR"}, "5 jpy": {Minor: 5, Currency: "JPY"}, "1.234 IQD": {Minor: 1_234, Currency: "IQD"}, "100PKR": {Minor: 10_000, Currency: "PKR"},
		"": nil, "1.5 JPY": nil, "1 XAU": nil, "1 EU": nil, "EUR": nil, "1.": nil, "-1 EUR": nil,
	} {
		if got, ok := plain.ParseMoney(text, "EUR"); ok != (want != nil) || ok && !proto.Equal(got, want) {
			t.Errorf("ParseMoney(%q) = %v, %v; want %v", text, got, ok, want)
		}
	}
	if got, ok := plain.ParseMoney("40", ""); ok {
		t.Errorf("without any currency: %v", got)
	}
}

// What is written is read again as it was, whatever unit is given beside it: every currency has as many decimals in both directions.
func TestAmountsAreReadAsWritten(t *testing.T) {
	var codes []string
	for n := range 26 * 26 * 26 {
		code := string([]byte{'A' + byte(n/26/26), 'A' + byte(n/26%26), 'A' + byte(n%26)})
		if _, known := refdata.CurrencyExponent(code); known {
			codes = append(codes, code)
		}
	}
	currency := rapid.SampledFrom(codes)
	rapid.Check(t, func(t *rapid.T) {
		q := &transferv1.Quantity{Thousandths: rapid.Int64Min(0).Draw(t, "thousandths"), Unit: rapid.StringMatching(`[A-Z0-9]{2}[A-Z]?`).Draw(t, "unit")}
		if got, ok := plain.ParseQuantity(plain.Quantity(q), "GRM"); !ok || !proto.Equal(got, q) {
			t.Fatalf("%v is written %q and read as %v", q, plain.Quantity(q), got)
		}
		m := &transferv1.Money{Minor: rapid.Int64Min(0).Draw(t, "minor"), Currency: currency.Draw(t, "currency")}
		if got, ok := plain.ParseMoney(plain.Money(m), "EUR"); !ok || !proto.Equal(got, m) {
			t.Fatalf("%v is written %q and read as %v", m, plain.Money(m), got)
		}
	})
}

// What is read is as the contract has it, and is written so that it is read the same again.
func FuzzParseAmounts(f *testing.F) {
	for _, s := range []string{"12.5 KGM", "40", "0.001 H87", "", "x", "1 ", "7 4G", "1200.50 EUR", "5jpy"} {
		f.Add(s, "H87")
		f.Add(s, "IQD")
	}
	units := regexp.MustCompile(`^[A-Z0-9]{2}[A-Z]?$|^[A-Z][A-Z0-9]{2}$`)
	f.Fuzz(func(t *testing.T, text, unit string) {
		if !units.MatchString(unit) {
			return
		}
		if q, ok := plain.ParseQuantity(text, unit); ok {
			if again, ok := plain.ParseQuantity(plain.Quantity(q), ""); q.Thousandths < 0 || !units.MatchString(q.Unit) || !ok || !proto.Equal(again, q) {
				t.Errorf("%q reads as %v, which is written %q and reads as %v", text, q, plain.Quantity(q), again)
			}
		}
		if m, ok := plain.ParseMoney(text, unit); ok {
			if again, ok := plain.ParseMoney(plain.Money(m), ""); m.Minor < 0 || !ok || !proto.Equal(again, m) {
				t.Errorf("%q reads as %v, which is written %q and reads as %v", text, m, plain.Money(m), again)
			}
		}
	})
}
