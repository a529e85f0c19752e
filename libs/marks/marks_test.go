package marks_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/mozillazg/go-unidecode"

	"github.com/counterfoil/counterfoil/libs/marks"
)

func TestNormalize(t *testing.T) {
	for want, serials := range map[string][]string{
		"KA123475":   {"KA123475", "ka-123 475", "KA/123.475", "KA−123–475", "ＫＡ１２３４７５", "КА 123475", "ка123475", "KA١٢٣٤٧٥", "KA۱۲۳۴۷۵", "KA१२३४७५", "KA\u200e123475"},
		"01880":      {"OIBBO", "0188O", "o-i-b-8-0", "ОІВ8О"},
		"HX8AEKM0PC": {"НХВАЕКМОРС"},
		"TY12":       {"ТУ12"},
		"ZH12":       {"Ж-12", "ж 12", "ZH12"},
		"DSH":        {"ДШ"},
		"L5Z2":       {"l5z2"},
		"12?4*":      {"12?4*", "1 2 ？ 4 ＊"},
		"△12":        {"△ 12", "△12"},
		"E12":        {"É12", "е12"},
		"":           {"", " ", "-./\\ ", "\u0301\u200d"},
	} {
		for _, serial := range serials {
			if got := marks.Normalize(serial); got != want {
				t.Errorf("Normalize(%q) = %q; want %q", serial, got, want)
			}
		}
	}
}

// Every character has a key that stays as it is, and decimal digits have the key of their value.
func TestNormalizeEveryCharacter(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		key := marks.Normalize(string(r))
		if again := marks.Normalize(key); again != key {
			t.Errorf("Normalize(%U) = %q, and of that %q", r, key, again)
		}
		if !unicode.Is(unicode.Nd, r) {
			continue
		}
		latin := unidecode.Unidecode(string(r))
		if len(latin) == 1 && key != latin || len(key) != 1 || key < "0" || key > "9" {
			t.Errorf("Normalize(%U) = %q; want %q", r, key, latin)
		}
	}
}

// rifle is a mark of which every part is stated.
func rifle() marks.Mark {
	return marks.Mark{Maker: "Arsenal XA Ltd", Country: "XA", Model: "AK-47", Calibre: "7.62x39", Serial: "KA-12340", Year: 1974, ImportMark: "XB 1999"}
}

func TestCompare(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*marks.Mark)
		want   marks.Level
		says   string // is one of the reasons
	}{
		{"itself", func(*marks.Mark) {}, marks.Same, `the serial is "KA-12340" on both sides`},
		{"set otherwise", func(m *marks.Mark) { m.Serial, m.Model = "ka12340", "ak 47" }, marks.Same, `the serial is "KA-12340" on one side and "ka12340" on the other: equal`},
		{"other digits", func(m *marks.Mark) { m.Serial = "KA ١٢٣٤٠" }, marks.Same, ""},
		{"Cyrillic", func(m *marks.Mark) { m.Serial, m.Model = "КА 12340", "АК-47" }, marks.Ambiguous, `the serial is "KA-12340" on one side and "КА 12340" on the other: equal but for characters that are taken for each other`},
		{"O for 0", func(m *marks.Mark) { m.Serial = "KA-1234O" }, marks.Ambiguous, ""},
		{"legal form", func(m *marks.Mark) { m.Maker = "ARSENAL XA" }, marks.Same, `the maker is "ARSENAL XA" on one side and "Arsenal XA Ltd" on the other: equal`},
		{"no year", func(m *marks.Mark) { m.Year = 0 }, marks.Same, `the year is missing or cannot be read: "" on one side and "1974" on the other`},
		{"no calibre", func(m *marks.Mark) { m.Calibre = "" }, marks.Same, ""},
		{"no import mark", func(m *marks.Mark) { m.ImportMark = "" }, marks.Same, ""},
		{"imported again", func(m *marks.Mark) { m.ImportMark = "XC 2004" }, marks.Same, `the import mark is "XB 1999" on one side and "XC 2004" on the other: different`},

		{"no maker", func(m *marks.Mark) { m.Maker = "" }, marks.Ambiguous, `the maker is missing or cannot be read: "" on one side and "Arsenal XA Ltd" on the other`},
		{"no model", func(m *marks.Mark) { m.Model = "" }, marks.Ambiguous, ""},
		{"no country", func(m *marks.Mark) { m.Country = "" }, marks.Ambiguous, ""},
		{"O for 0, no country", func(m *marks.Mark) { m.Serial, m.Country = "KA-1234O", "" }, marks.Partial, ""},
		{"no maker and model", func(m *marks.Mark) { m.Maker, m.Model = "", "" }, marks.Partial, ""},
		{"serial alone", func(m *marks.Mark) { *m = marks.Mark{Serial: m.Serial} }, marks.Partial, ""},
		{"no serial", func(m *marks.Mark) { m.Serial = "" }, marks.Partial, ""},
		{"serial not read", func(m *marks.Mark) { m.Serial = "?????" }, marks.Partial, `the serial is missing or cannot be read: "?????" on one side and "KA-12340" on the other`},
		{"nothing", func(m *marks.Mark) { *m = marks.Mark{} }, marks.Partial, ""},
		{"one character not read", func(m *marks.Mark) { m.Serial = "KA-1?340" }, marks.Partial, `the serial is "KA-12340" on one side and "KA-1?340" on the other: may be the same`},
		{"end not read", func(m *marks.Mark) { m.Serial = "KA-12*" }, marks.Partial, ""},
		{"O for 0, end not read", func(m *marks.Mark) { m.Serial = "*34O" }, marks.Partial, ""},
		{"another year", func(m *marks.Mark) { m.Year = 1975 }, marks.Partial, `the year is "1974" on one side and "1975" on the other: different`},
		{"model not read in full", func(m *marks.Mark) { m.Model = "AK-4?" }, marks.Ambiguous, `the model is "AK-47" on one side and "AK-4?" on the other: may be the same`},
		{"maker in short", func(m *marks.Mark) { m.Maker = "Arsenal" }, marks.Ambiguous, ""},
		{"maker by its letters", func(m *marks.Mark) { m.Maker = "AX" }, marks.Ambiguous, ""},
		{"country without a code", func(m *marks.Mark) { m.Country = "somewhere" }, marks.Ambiguous, ""},
		{"inches", func(m *marks.Mark) { m.Calibre = ".30" }, marks.Same, `the calibre is ".30" on one side and "7.62x39" on the other: may be the same`},

		{"another serial", func(m *marks.Mark) { m.Serial = "KA-12341" }, marks.Different, `the serial is "KA-12340" on one side and "KA-12341" on the other: different`},
		{"too few characters", func(m *marks.Mark) { m.Serial = "KA-123?" }, marks.Different, ""},
		{"another maker", func(m *marks.Mark) { m.Maker = "Cardinal Works" }, marks.Different, `the maker is "Arsenal XA Ltd" on one side and "Cardinal Works" on the other: different`},
		{"another model", func(m *marks.Mark) { m.Model = "AKM" }, marks.Different, ""},
		{"another country", func(m *marks.Mark) { m.Country = "XB" }, marks.Different, ""},
		{"another calibre", func(m *marks.Mark) { m.Calibre = "5.45x39" }, marks.Different, ""},
		{"another case", func(m *marks.Mark) { m.Calibre = "7.62x54R" }, marks.Different, ""},
		{"serial alone, another maker", func(m *marks.Mark) { *m = marks.Mark{Serial: m.Serial, Maker: "Cardinal Works"} }, marks.Different, ""},
	} {
		changed := rifle()
		tt.change(&changed)
		got := marks.Compare(rifle(), changed)
		if got.Level != tt.want || len(got.Reasons) != 7 {
			t.Errorf("%s: %s, %q; want %s", tt.name, got.Level, got.Reasons, tt.want)
		}
		if tt.says != "" && !slices.Contains(got.Reasons, tt.says) {
			t.Errorf("%s: %s\nwant %s", tt.name, strings.Join(got.Reasons, "\n"), tt.says)
		}
		if diff := cmp.Diff(got, marks.Compare(changed, rifle())); diff != "" {
			t.Errorf("%s: the other way round:\n%s", tt.name, diff)
		}
	}
}

// The state that a weapon is stamped with may have come to an end, and makers are written in their own script or in short.
func TestCompareParts(t *testing.T) {
	for _, tt := range []struct {
		part, a, b string
		want       marks.Level
	}{
		{"country", "USSR", "RU", marks.Ambiguous},
		{"country", "SU", "Soviet Union", marks.Same},
		{"country", "YU", "RS", marks.Ambiguous},
		{"country", "UK", "GB", marks.Same},
		{"country", "Romania", "ro", marks.Same},
		{"country", "RO", "BG", marks.Different},
		{"country", "somewhere", "Somewhere ", marks.Same},
		{"maker", "FN", "FN Herstal", marks.Ambiguous},
		{"maker", "FN", "Fabrique Nationale", marks.Ambiguous},
		{"maker", "CZ", "Česká zbrojovka a.s.", marks.Ambiguous},
		{"maker", "H&K", "Heckler & Koch GmbH", marks.Ambiguous},
		{"maker", "Ижмаш", "Izhmash OAO", marks.Same},
		{"maker", "Zastava", "Beretta", marks.Different},
		{"maker", "△", "△", marks.Same},
		{"maker", "△", "Zastava", marks.Different},
		{"calibre", "7.62x39", "7,62 x 39 mm", marks.Same},
		{"calibre", "7.62×39mm", "7,62 х 39", marks.Same},
		{"calibre", "7.62 mm x 39", "07.620x39.0", marks.Same},
		{"calibre", "9x19", "9 mm", marks.Same},
		{"calibre", "9x19", "9x18", marks.Different},
		{"calibre", "9 mm", "7.62", marks.Different},
		{"calibre", "12 gauge", "18.5 mm", marks.Same},
		{"calibre", ".45 ACP", "0.45", marks.Same},
		{"calibre", ".45", ".22 LR", marks.Different},
	} {
		set := func(value string) marks.Mark {
			m := rifle()
			*map[string]*string{"country": &m.Country, "maker": &m.Maker, "calibre": &m.Calibre}[tt.part] = value
			return m
		}
		if got := marks.Compare(set(tt.a), set(tt.b)); got.Level != tt.want {
			t.Errorf("%s %q and %q: %s, %q; want %s", tt.part, tt.a, tt.b, got.Level, got.Reasons, tt.want)
		}
	}
}
