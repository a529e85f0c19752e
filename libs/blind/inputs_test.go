package blind_test

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/blind"
)

func TestFoldName(t *testing.T) {
	for want, names := range map[string][]string{
		"acme arms":        {"Acme Arms", "ACME  ARMS CO., LTD.", "Arms & Acme", "The Acme Arms Company Limited", "Acme-Arms S.A.", "acme, arms; L.L.C.", "Açme Ärms GmbH"},
		"defence ministry": {"Ministry of Defence", "Defence Ministry", "MINISTRY OF DEFENCE."},
		"grossmann":        {"Großmann AG", "GROSSMANN"},
		"завод":            {"ООО «Завод»", "Завод ПАО"},
		"aegis":            {"ÆGIS", "Ǽgis Ltd", "Aegis"},
		"oneil":            {"O'Neil", "O’Neil Ltd"},
		"limited":          {"Limited"},
		"":                 {"", " .,- ", "́"},
	} {
		for _, name := range names {
			if got := blind.FoldName(name); got != want {
				t.Errorf("FoldName(%q) = %q; want %q", name, got, want)
			}
		}
	}
}

func TestInputsAreAlike(t *testing.T) {
	party := blind.Party{Name: "Acme Arms", Country: "XB", Identifiers: []string{"lei:213800"}}
	for _, tt := range []struct {
		name  string
		p     blind.Party
		r     string
		alike int // of the two inputs of ML1.a
	}{
		{"spelt otherwise", blind.Party{Name: "ACME ARMS LTD", Country: "xb", Identifiers: []string{"LEI: 2138-00"}}, "EU-2024:ML1a2", 2},
		{"another scheme", blind.Party{Identifiers: []string{"vat:213800"}}, "ML1.a", 0},
		{"no country", blind.Party{Name: "Acme Arms"}, "ML1.a", 0},
		{"no letter", party, "ML1", 0},
		{"catch all", party, "End Use", 0},
	} {
		want := blind.Inputs([]blind.Party{party}, []string{"ML1.a"})
		alike := 0
		for _, input := range blind.Inputs([]blind.Party{tt.p}, []string{tt.r}) {
			if slices.ContainsFunc(want, func(w []byte) bool { return bytes.Equal(w, input) }) {
				alike++
			}
		}
		if len(want) != 2 || alike != tt.alike {
			t.Errorf("%s: %d of %d alike; want %d", tt.name, alike, len(want), tt.alike)
		}
	}
	same := func(a, b string) bool {
		p := []blind.Party{party}
		return slices.EqualFunc(blind.Inputs(p, []string{a}), blind.Inputs(p, []string{b}), bytes.Equal)
	}
	if !same("End Use", "catch-all") || !same("PL5017", "pl 5017") || same("PL5017", "PL5001") || same("ML1", "ML11") {
		t.Error("ratings without a letter are told apart otherwise")
	}
	if n := len(blind.Inputs([]blind.Party{{}, {Identifiers: []string{"lei:", "x"}}}, []string{"ML1.a", ""})); n != 0 {
		t.Errorf("nothing gives %d inputs", n)
	}
}

// No field can pass for two, and order and repetition do not matter.
func TestInputsAreOneToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parties := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) blind.Party {
			return blind.Party{
				Name:        rapid.StringMatching(`[a-d]{0,3}`).Draw(t, "name"),
				Country:     rapid.SampledFrom([]string{"", "XA", "XB"}).Draw(t, "country"),
				Identifiers: rapid.SliceOfN(rapid.StringMatching(`[a-b]{1,2}:[a-c]{1,2}`), 0, 2).Draw(t, "identifiers"),
			}
		}), 0, 4).Draw(t, "parties")
		ratings := rapid.SliceOfN(rapid.SampledFrom([]string{"ML1", "ML1.a", "ML11.a", "PL5017", "End Use"}), 0, 3).Draw(t, "ratings")
		want := map[[4]string]bool{}
		for _, r := range ratings {
			for _, p := range parties {
				if p.Name != "" {
					want[[4]string{"name", p.Name, p.Country, r}] = true
				}
				for _, id := range p.Identifiers {
					want[[4]string{"id", id, "", r}] = true
				}
			}
		}
		inputs := blind.Inputs(parties, ratings)
		if len(inputs) != len(want) {
			t.Fatalf("%d inputs; want %d", len(inputs), len(want))
		}
		slices.Reverse(parties)
		if !slices.EqualFunc(inputs, blind.Inputs(append(parties, parties...), ratings), bytes.Equal) {
			t.Fatal("another order gives other inputs")
		}
	})
}

func FuzzFoldName(f *testing.F) {
	for _, name := range []string{"Acme Arms Co., Ltd.", "Großmann", "ООО «Завод»", "The Limited", "\xff"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		once := blind.FoldName(name)
		if twice := blind.FoldName(once); twice != once {
			t.Errorf("FoldName(%q) is %q, and of that %q", name, once, twice)
		}
	})
}
