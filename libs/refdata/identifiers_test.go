package refdata_test

import (
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/refdata"
)

func TestCheckIdentifier(t *testing.T) {
	const fine, form, check, existence = refdata.Wrong(""), refdata.WrongForm, refdata.WrongCheck, refdata.NotListed
	for _, tt := range []struct {
		scheme, value string
		want          refdata.Wrong
		hard          bool
		says          string // is part of the sentence
	}{
		{"lei", "213800KUD8LAJWSQ9D15", fine, false, ""},
		{"lei", "5493001KJTIIGC8Y1R12", fine, false, ""},
		{"lei", "999900ATTDEMOENTIT12", fine, false, ""},
		{"lei", "213800KUD8LXJWSQ9D15", check, false, "should be"},
		{"lei", "213800kud8lajwsq9d15", form, true, "ISO 17442"},
		{"lei", "213800KUD8LAJWSQ9D1", form, true, "ISO 17442"},
		{"lei", "213800KUD8LAJWSQ9D1A", form, true, "ISO 17442"},

		{"eori", "DE123456789012345", fine, false, ""},
		{"eori", "XI123456789000", fine, false, ""},
		{"eori", "DE1234567890123456", form, false, "EORI"},
		{"eori", "UK123456789000", existence, false, "write GB"},

		{"imo", "9319466", fine, false, ""},
		{"imo", "8814275", fine, false, ""},
		{"imo", "1111117", fine, false, ""},
		{"imo", "IMO9319466", fine, false, ""},
		{"imo", "IMO 9319466", fine, false, ""},
		{"imo", "8814274", check, false, "should be 5; compare"},
		{"imo", "1111118", check, false, "right for a shipping company"},
		{"imo", "931946", form, true, "seven digits"},
		{"imo", "９３１９４６６", form, true, "seven digits"},
		{"imo-company", "1111118", fine, false, ""},
		{"imo-company", "1111117", check, false, "right for a ship"},

		{"mmsi", "366123456", fine, false, ""},
		{"mmsi", "36612345", form, false, "nine digits"},
		{"icao24", "4CA2b6", fine, false, ""},
		{"icao24", "4CA2BG", form, false, "hexadecimal"},
		{"aircraft", "XA-ABC", fine, false, ""},
		{"aircraft", "N12345", fine, false, ""},
		{"aircraft", "XA-ABCDEF", form, false, "registration mark"},

		{"container", "CSQU3054383", fine, false, ""},
		{"container", "CSQU 305438-3", fine, false, ""},
		{"container", "CSQU 305438 3", fine, false, ""},
		{"container", "CSQU3054384", check, false, "ends in 4 where its check digit should be 3"},
		{"container", "CSQA3054383", form, true, "one of U, J, Z and R"},

		{"awb", "020-12345675", fine, false, ""},
		{"awb", "02012345675", fine, false, ""},
		{"awb", "020 12345676", check, false, "should be 5"},
		{"awb", "020-1234567", form, false, "IATA"},

		{"ucr", "6XA123456-2026 7", fine, false, ""},
		{"ucr", strings.Repeat("9", 35), fine, false, ""},
		{"ucr", strings.Repeat("9", 36), form, false, "35 characters"},
		{"ucr", " 9", form, false, "blanks"},
		{"ucr", "", form, false, "1 to 35"},

		{"mrn", "06DE586600006143E1", fine, false, ""},
		{"mrn", "26XAATT00000000016", fine, false, ""},
		{"mrn", "22GB02I89012847596", check, false, "check digit should be"},
		{"mrn", "06DE586600006143E", form, true, "18 characters"},

		{"unlocode", "CHGVA", fine, false, ""},
		{"unlocode", "ROBUH", fine, false, ""},
		{"unlocode", "GHTEM", fine, false, ""},
		{"unlocode", "XZABC", fine, false, ""},
		{"unlocode", "CHGV1", form, true, "digits 2 to 9"},
		{"unlocode", "CH", form, true, "UN/LOCODE"},
		{"unlocode", "WXGVA", existence, false, "WX is no country"},

		{"hs", "930690", fine, false, ""},
		{"hs", "871000", fine, false, ""},
		{"hs", "880624", fine, false, ""},
		{"hs", "93069010", fine, false, ""},
		{"hs", "9306", form, true, "six digits"},
		{"hs", "9306901", form, true, "six digits"},
		{"hs", "770000", existence, false, "no chapter 77"},
		{"hs", "000000", existence, false, "no chapter 00"},
		{"hs", "980000", existence, false, "no chapter 98"},

		{"un-number", "0012", fine, false, ""},
		{"un-number", "UN12", form, false, "four digits"},
		{"nsn", "1005-00-017-9547", fine, false, ""},
		{"nsn", "1005000179547", fine, false, ""},
		{"nsn", "1005-000-17-9547", form, false, "groups"},
		{"ncage", "0A1B2", fine, false, ""},
		{"ncage", "0A1B", form, false, "five"},

		{"country", "XA", fine, false, ""},
		{"country", "RO", fine, false, ""},
		{"country", "UK", existence, false, "write GB"},
		{"country", "AN", existence, false, "Netherlands Antilles, and ISO 3166 withdrew the code in 2010"},
		{"country", "ROU", form, true, "two capital letters"},
		{"country", "ro", form, true, "two capital letters"},
		{"country", "RO\n", form, true, "two capital letters"},
		{"currency", "KWD", fine, false, ""},
		{"currency", "XAU", existence, false, "no currency with amounts"},
		{"currency", "eur", form, true, "ISO 4217"},
	} {
		f, known := refdata.CheckIdentifier(tt.scheme, tt.value)
		if !known || f.Scheme != tt.scheme || f.Value != tt.value || f.Wrong != tt.want || f.Hard != tt.hard {
			t.Errorf("CheckIdentifier(%s, %q) = %+v, %v; want %q, hard %v", tt.scheme, tt.value, f, known, tt.want, tt.hard)
		}
		if !strings.Contains(f.Sentence, tt.says) || (f.Sentence == "") != (tt.want == fine) {
			t.Errorf("CheckIdentifier(%s, %q) says %q; want %q in it", tt.scheme, tt.value, f.Sentence, tt.says)
		}
	}
	for _, scheme := range []string{"", "passport", "LEI", "IMO"} {
		if f, known := refdata.CheckIdentifier(scheme, "1"); known || f != (refdata.Finding{Scheme: scheme, Value: "1"}) {
			t.Errorf("CheckIdentifier(%q) = %+v, %v; want nothing of a scheme without a rule", scheme, f, known)
		}
	}
}

func FuzzCheckIdentifier(f *testing.F) {
	for _, s := range [][2]string{{"lei", "213800KUD8LAJWSQ9D15"}, {"imo", "IMO 9319466"}, {"imo-company", "1111118"}, {"container", "CSQU 305438-3"},
		{"awb", "020-12345675"}, {"mrn", "06DE586600006143E1"}, {"ucr", "6XA 1"}, {"hs", "770000"}, {"country", "AN"}, {"passport", "\xff"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, scheme, value string) {
		got, known := refdata.CheckIdentifier(scheme, value)
		switch {
		case got.Scheme != scheme || got.Value != value:
			t.Errorf("CheckIdentifier(%q, %q) changed them: %+v", scheme, value, got)
		case (got.Wrong == "") != (got.Sentence == ""), got.Hard && got.Wrong != refdata.WrongForm, !known && got.Wrong != "":
			t.Errorf("CheckIdentifier(%q, %q) = %+v, %v", scheme, value, got, known)
		}
	})
}
