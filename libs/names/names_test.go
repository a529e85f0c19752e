package names_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/names"
)

func score(a, b string) float64 { return names.Score(names.Parse(a), names.Parse(b)) }

func TestParse(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"Al-Qa'ida", "al qaida"},
		{"AL‑QĀ’IDA", "al qaida"},
		{"القاعدة", "al qaada"},
		{"Müller & Söhne GmbH", "muller and sohne gmbh"},
		{"Grupo X, S.A. de C.V.", "grupo x sa de cv"},
		{"J.A. Smith", "j a smith"},
		{"K.G.B.", "kgb"},
		{"U.S. Steel", "us steel"},
		{"Abdulrahman Abdul Rahman Abdullah", "abd rahman abd rahman abd allah"},
		{"ООО «Алмаз»", "ooo almaz"},
		{"华为", "hua wei"},
		{"C/O Foo", "co foo"},
		{"\xff\x00 . / '", ""},
	} {
		var texts []string
		for _, token := range names.Parse(tt.name).Tokens {
			texts = append(texts, token.Text)
		}
		if got := strings.Join(texts, " "); got != tt.want {
			t.Errorf("%q is %q; want %q", tt.name, got, tt.want)
		}
	}
}

func TestSpellingsOfOneName(t *testing.T) {
	for _, tt := range [][]string{
		{"Al-Qa'ida", "al qaida", "Al Qaeda", "al-Qaïda", "القاعدة"},
		{"Mohammed", "Muhammad", "Mohamed", "Mukhammad", "محمد"},
		{"Al-Qaida", "AlQaida", "al qaeda"},
		{"Petrov", "Petroff", "Petrow", "Петров"},
		{"Abd al-Rahman", "Abdulrahman", "Abdel Rahman", "ABDURRAHMAN", "عبد الرحمن"},
	} {
		for _, a := range tt {
			for _, b := range tt {
				if s := score(a, b); s < names.ReviewLine {
					t.Errorf("%q and %q: %.3f", a, b, s)
				}
			}
		}
	}
}

func TestExplanation(t *testing.T) {
	m := names.Compare(names.Parse("V. Bout Aero Caribbean Ltd"), names.Parse("AEROCARIBBEAN Viktor Butt Lines"))
	type step struct {
		query, listed string
		how           names.How
	}
	var got []step
	sum, score := 0.0, 0.0
	for _, p := range m.Pairs {
		got = append(got, step{p.Query, p.Listed, p.How})
		sum, score = sum+p.Weight, score+p.Weight*p.Similarity
	}
	want := []step{
		{"aero caribbean", "aerocaribbean", names.Joined},
		{"bout", "butt", names.Spelling},
		{"v", "viktor", names.Initial},
		{"", "lines", names.Unmatched},
		{"ltd", "", names.Unmatched},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(step{})); diff != "" {
		t.Errorf("pairs (-want +got):\n%s", diff)
	}
	if math.Abs(sum-1) > 1e-9 || math.Abs(score-m.Score) > 1e-6 {
		t.Errorf("weights add up to %v, and score %v is not %v", sum, score, m.Score)
	}
}

func TestCommonWordsAloneSayNothing(t *testing.T) {
	for _, common := range []string{"Ltd", "S.A. de C.V.", "Limited Liability Company", "Trading", "General Trading Co.", "Al", "International Shipping Group"} {
		for _, l := range lists(t) {
			if a, b := names.Parse(common), names.Parse(l.name); len(b.Tokens) > 2 && hasWord(b) {
				if m := names.Compare(a, b); m.Score >= names.ReviewLine {
					t.Errorf("%q and %q: %.3f", common, l.name, m.Score)
				}
			}
		}
	}
}

func hasWord(n names.Name) bool {
	for _, t := range n.Tokens {
		if t.Weight >= 0.7 {
			return true
		}
	}
	return false
}

var anyWord = rapid.OneOf(
	rapid.StringMatching(`[a-z]{1,10}`),
	rapid.StringMatching(`[A-Z][a-zéüñşč']{2,9}`),
	rapid.StringMatching(`[a-z]{1,4}-[a-z]{2,5}`),
	rapid.SampledFrom(strings.Fields("al bin Ltd S.A. GmbH Trading General Mohammed Ali Иванов محمد القاعدة 7 M23 & K.G.B. абв Aero Caribbean Aerocaribbean sa mir samir samirsa")),
)

func anyName(t *rapid.T, label string) []string {
	return rapid.SliceOfN(anyWord, 1, 7).Draw(t, label)
}

func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyName(t, "query"), anyName(t, "listed")
		qa, lb := strings.Join(a, " "), strings.Join(b, " ")
		s := score(qa, lb)
		same := func(what string, other float64) {
			if math.Abs(s-other) > 2e-6 {
				t.Fatalf("%s of %q and %q: %v is %v", what, qa, lb, s, other)
			}
		}
		if s < 0 || s > 1 {
			t.Fatalf("score of %q and %q is %v", qa, lb, s)
		}
		if len(names.Parse(qa).Tokens) > 0 && score(qa, qa) != 1 {
			t.Fatalf("%q scores %v with itself", qa, score(qa, qa))
		}
		same("sides", score(lb, qa))
		same("explanation", names.Compare(names.Parse(qa), names.Parse(lb)).Score)
		same("case", score(strings.ToUpper(qa), strings.ToLower(lb)))
		same("order", score(strings.Join(rapid.Permutation(a).Draw(t, "order of query"), " "), strings.Join(rapid.Permutation(b).Draw(t, "order of listed"), " ")))
		same("diacritics", score(strings.NewReplacer("a", "ä", "o", "ò", "e", "ę").Replace(qa), lb))
		if !hasWord(names.Parse(qa)) || !hasWord(names.Parse(lb)) {
			return
		}
		form := rapid.SampledFrom([]string{"Ltd", "LLC", "GmbH", "OOO", "S.A.", "PLC", "Co.", "S.p.A.", "Inc"}).Draw(t, "legal form")
		for _, other := range []float64{score(qa+" "+form, lb), score(form+" "+qa, lb), score(qa, lb+" "+form)} {
			if math.Abs(s-other) > 0.05 {
				t.Fatalf("%q and %q score %v, and %v with %q", qa, lb, s, other, form)
			}
		}
	})
}

func FuzzCompare(f *testing.F) {
	for _, v := range variants {
		f.Add(v.variant, "BOUT, Viktor Anatolijevitch")
	}
	f.Add("\xff(", "((a.b.c)/")
	f.Fuzz(func(t *testing.T, a, b string) {
		s := score(a, b)
		if !(s >= 0 && s <= 1) || math.Abs(s-score(b, a)) > 2e-6 {
			t.Errorf("%q and %q score %v, the other way round %v", a, b, s, score(b, a))
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, l := range []string{"Al-Qa'ida", "القاعدة", "S.A. de C.V.", "a.b", "\xff\xfe", "华为(技术)", "﷽", "K’k"} {
		f.Add(l)
	}
	f.Fuzz(func(t *testing.T, name string) {
		n := names.Parse(name)
		for _, token := range n.Tokens {
			if token.Text == "" || strings.Trim(token.Text, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || !(token.Weight > 0 && token.Weight <= 1) {
				t.Errorf("token %+v of %q", token, name)
			}
		}
		if len(n.Tokens) > 0 && len(n.Keys()) == 0 {
			t.Errorf("%q has no keys", name)
		}
		if len(n.Tokens) > 0 && names.Score(n, n) < 1-1e-9 {
			t.Errorf("%q scores %v with itself", name, names.Score(n, n))
		}
		for _, k := range n.Keys() {
			if k == "" || len(k) > 13 {
				t.Errorf("key %q of %q", k, name)
			}
		}
	})
}
