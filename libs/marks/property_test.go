package marks_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/marks"
)

var (
	serial = rapid.StringMatching(`[A-CIKO0-3 58КОВ٠١./-]{0,8}`)
	mark   = rapid.Custom(func(t *rapid.T) marks.Mark {
		one := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
		return marks.Mark{
			Maker:      one("maker", "", "Arsenal XA", "Arsenal XA Ltd", "AX", "Cardinal Works", "△"),
			Country:    one("country", "", "XA", "XB", "USSR", "RU", "somewhere"),
			Model:      one("model", "", "AK-47", "ak 47", "AKM", "AK?"),
			Calibre:    one("calibre", "", "7.62x39", "7,62 mm", ".30", "5.45x39"),
			Serial:     rapid.OneOf(serial, rapid.StringMatching(`[A0?*]{0,5}`)).Draw(t, "serial"),
			Year:       rapid.SampledFrom([]int{0, 1974, 1975}).Draw(t, "year"),
			ImportMark: one("import mark", "", "XB 1999"),
		}
	})
	rank = map[marks.Level]int{marks.Same: 3, marks.Ambiguous: 2, marks.Partial: 1, marks.Different: 0}
)

type comparison func(a, b marks.Mark) marks.Match

// clear takes one part out of a mark.
func clear(m marks.Mark, part int) marks.Mark {
	reflect.ValueOf(&m).Elem().Field(part).SetZero()
	return m
}

// comparing holds a comparison against what is true of every one: the order of the marks does not matter, a mark is not another
// weapon's than its own, and what is not stated never speaks for two marks.
func comparing(t *rapid.T, compare comparison) error {
	a, b := mark.Draw(t, "a"), mark.Draw(t, "b")
	if rapid.Bool().Draw(t, "nearly the same") {
		b = a
		b.Serial = serial.Draw(t, "other serial")
	}
	m := compare(a, b)
	if diff := cmp.Diff(m, compare(b, a)); diff != "" {
		return fmt.Errorf("%+v and %+v, the other way round:\n%s", a, b, diff)
	}
	own := compare(a, a)
	complete := a.Maker != "" && a.Country != "" && a.Model != "" && !strings.ContainsAny(a.Serial+a.Model, "?*") && strings.Trim(a.Serial, " ./-") != ""
	if own.Level == marks.Different || complete != (own.Level == marks.Same) {
		return fmt.Errorf("%+v and itself: %s", a, own.Level)
	}
	part := rapid.IntRange(0, reflect.TypeFor[marks.Mark]().NumField()-1).Draw(t, "part")
	less := compare(clear(a, part), b)
	if m.Level != marks.Different && reflect.TypeFor[marks.Mark]().Field(part).Name != "Year" && rank[less.Level] > rank[m.Level] {
		return fmt.Errorf("%+v and %+v: %s, and %s with less stated", a, b, m.Level, less.Level)
	}
	alone := compare(marks.Mark{Serial: a.Serial}, b)
	if rank[alone.Level] > rank[marks.Partial] {
		return fmt.Errorf("serial %q alone and %+v: %s", a.Serial, b, alone.Level)
	}
	return nil
}

func TestCompareHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := comparing(t, marks.Compare); err != nil {
			t.Error(err)
		}
	})
}

func TestCompareHoldsCatchesMutants(t *testing.T) {
	with := func(change func(a, b marks.Mark, m *marks.Match)) comparison {
		return func(a, b marks.Mark) marks.Match {
			m := marks.Compare(a, b)
			change(a, b, &m)
			return m
		}
	}
	for name, mutant := range map[string]comparison{
		"the serial alone is enough": with(func(a, b marks.Mark, m *marks.Match) {
			if a.Serial == b.Serial && a.Serial != "" {
				m.Level = marks.Same
			}
		}),
		"the second mark is read in full": with(func(_, b marks.Mark, m *marks.Match) {
			if strings.ContainsAny(b.Serial, "?*") {
				m.Level = marks.Different
			}
		}),
		"what is missing is a contradiction": with(func(a, b marks.Mark, m *marks.Match) {
			if (a.Maker == "" || b.Maker == "") && m.Level == marks.Ambiguous {
				m.Level = marks.Different
			}
		}),
		"what is missing is equal": func(a, b marks.Mark) marks.Match {
			if a.Model == "" || b.Model == "" {
				a.Model, b.Model = "AKM", "AKM"
			}
			return marks.Compare(a, b)
		},
	} {
		wrong := rapid.Custom(func(t *rapid.T) bool { return comparing(t, mutant) != nil })
		caught := false
		for seed := 0; seed < 2000 && !caught; seed++ {
			caught = wrong.Example(seed)
		}
		if !caught {
			t.Errorf("%s: not noticed", name)
		}
	}
}

// folding returns an error where a key changes when it is made again, or where two readings of one serial do not share it.
func folding(t *rapid.T, normalize func(string) string) error {
	s := rapid.OneOf(serial, rapid.String()).Draw(t, "serial")
	key := normalize(s)
	if again := normalize(key); again != key {
		return fmt.Errorf("%q has the key %q, and that the key %q", s, key, again)
	}
	for _, pair := range []string{"0O", "1I", "8B", "OО", "BВ", "KК", "CС", "0٠", "1१", "- ", "./"} {
		first, size := utf8.DecodeRuneInString(pair)
		if other := strings.ReplaceAll(s, string(first), pair[size:]); normalize(other) != key {
			return fmt.Errorf("%q has the key %q, and %q %q", s, key, other, normalize(other))
		}
	}
	return nil
}

func TestNormalizeHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := folding(t, marks.Normalize); err != nil {
			t.Error(err)
		}
	})
}

func TestNormalizeHoldsCatchesMutants(t *testing.T) {
	for name, mutant := range map[string]func(string) string{
		"letters by their sound": func(s string) string { return marks.Normalize(strings.ReplaceAll(s, "В", "V")) },
		"zeros as letters":       func(s string) string { return strings.ReplaceAll(marks.Normalize(s), "0", "Q") + "0" },
		"separators stay":        func(s string) string { return marks.Normalize(strings.ReplaceAll(s, "-", "=")) },
	} {
		wrong := rapid.Custom(func(t *rapid.T) bool { return folding(t, mutant) != nil })
		caught := false
		for seed := 0; seed < 2000 && !caught; seed++ {
			caught = wrong.Example(seed)
		}
		if !caught {
			t.Errorf("%s: not noticed", name)
		}
	}
}

// A serial of which something could not be read may always be the one that it was made from, and is never surely it.
func TestObliterated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.StringMatching(`[A-C0-3]{3,10}`).Draw(t, "serial")
		from := rapid.IntRange(1, len(whole)-1).Draw(t, "from")
		to := rapid.IntRange(from, len(whole)).Draw(t, "to")
		for _, read := range []string{whole[:from] + "*" + whole[to:], whole[:from] + strings.Repeat("?", to-from) + whole[to:]} {
			a, b := rifle(), rifle()
			a.Serial, b.Serial = whole, read
			if m := marks.Compare(a, b); m.Level != marks.Partial && read != whole {
				t.Errorf("%s read as %s: %s", whole, read, m.Level)
			}
			b.Serial = "D" + read
			if m := marks.Compare(a, b); m.Level != marks.Different {
				t.Errorf("%s read as %s: %s", whole, b.Serial, m.Level)
			}
		}
	})
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"KA-123 475", "КА ١٢٣", "△ 12/ß", "ǰ½⁄ﬁⅣ", "\xff?*", "\xf4½", "ა𝟘"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key := marks.Normalize(s)
		if again := marks.Normalize(key); again != key || !utf8.ValidString(key) {
			t.Errorf("Normalize(%q) = %q, and of that %q", s, key, again)
		}
	})
}

func FuzzCompare(f *testing.F) {
	f.Add("Arsenal XA", "XA", "AK-47", "7.62x39", "KA-12340", 1974, "FN", "USSR", "AK?", ".30", "KA*4?", 0)
	f.Add("△", "", "*", "12 gauge", "??", -1, "\xff", "ro", "", "07,620 × 39 мм", "*a*", 1)
	f.Fuzz(func(t *testing.T, maker, country, model, calibre, serial string, year int, maker2, country2, model2, calibre2, serial2 string, year2 int) {
		if len(serial)+len(serial2)+len(model)+len(model2)+len(maker)+len(maker2) > 1000 {
			return // callers bound them
		}
		a := marks.Mark{Maker: maker, Country: country, Model: model, Calibre: calibre, Serial: serial, Year: year}
		b := marks.Mark{Maker: maker2, Country: country2, Model: model2, Calibre: calibre2, Serial: serial2, Year: year2}
		if diff := cmp.Diff(marks.Compare(a, b), marks.Compare(b, a)); diff != "" {
			t.Errorf("%+v and %+v, the other way round:\n%s", a, b, diff)
		}
		if m := marks.Compare(a, a); m.Level == marks.Different {
			t.Errorf("%+v is another weapon than itself: %q", a, m.Reasons)
		}
	})
}
