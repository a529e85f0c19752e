package render

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

func TestEveryWordInEveryLanguage(t *testing.T) {
	all, err := glossaries()
	if err != nil {
		t.Fatal(err)
	}
	keys := slices.Sorted(maps.Keys(all["en"].terms))
	for language, w := range all {
		if diff := cmp.Diff(keys, slices.Sorted(maps.Keys(w.terms))); diff != "" {
			t.Errorf("words in %s are not those in English:\n%s", language, diff)
		}
		seen := map[string]string{}
		for _, s := range w.Sections {
			if !slices.Contains([]string{"treaty", "house", "machine"}, s.Made) || s.Source == "" {
				t.Errorf("%s: section made %q by %q", language, s.Made, s.Source)
			}
			for key, term := range s.Terms {
				if other, twice := seen[key]; twice {
					t.Errorf("%s: %s stands twice: %q, %q", language, key, other, term)
				}
				seen[key] = term
				for _, name := range []string{"{state}", "{year}"} {
					if strings.Contains(term, name) != strings.Contains(all["en"].terms[key], name) {
						t.Errorf("%s: %s: %s in %q and in English are not the same", language, key, name, term)
					}
				}
				if strings.TrimSpace(term) == "" || clean(term) != term {
					t.Errorf("%s: %s is %q", language, key, term)
				}
			}
		}
		if w.Direction != "ltr" && w.Direction != "rtl" || w.Decimal == "" || w.Group == "" || w.Name == "" {
			t.Errorf("%s: direction %q, decimal %q, group %q, name %q", language, w.Direction, w.Decimal, w.Group, w.Name)
		}
	}
}

// Every word that a table needs is there, and every sheet can be named by its title.
func TestEveryTableHasItsWords(t *testing.T) {
	for _, language := range languages {
		for _, form := range report.Forms() {
			c := &reportingv1.Content{Title: &reportingv1.Title{Report: form.Name, State: "FR", Revises: "x", RevisionReason: "y"}}
			for _, table := range form.Tables {
				c.Tables = append(c.Tables, &reportingv1.TableHead{Table: table.Name, Dimensions: table.Dimensions, Audience: reportingv1.Audience_AUDIENCE_STATES_PARTIES, Awaited: []string{"customs"}, Means: "m"})
			}
			list, w, err := grids(c, Options{Language: language})
			if err != nil {
				t.Fatal(err)
			}
			titles := []string{w.of("title"), w.of("definitions")}
			facts := titleFacts(c, Options{}, w)
			for _, g := range list {
				titles = append(titles, g.title)
				facts = append(facts, tableFacts(c, g, w)...)
				if w.of("table."+g.name) == "" || statement(c, g, Options{}, w) == "" {
					t.Errorf("%s: table %s has no title, or nothing to say", language, g.name)
				}
				for _, col := range g.columns {
					if col.head == "" {
						t.Errorf("%s: column %s of %s has no head", language, col.key, g.name)
					}
				}
			}
			for _, f := range facts {
				if f.label == "" || f.label == w.of("audience") && !f.head && f.value == "" {
					t.Errorf("%s: %s: a line has no label or value: %+v", language, form.Name, f)
				}
			}
			slices.Sort(titles)
			for i, title := range titles {
				if utf8.RuneCountInString(title) > 31 || strings.ContainsAny(title, `:\/?*[]'`) || i > 0 && strings.EqualFold(title, titles[i-1]) {
					t.Errorf("%s: no sheet can be named %q", language, title)
				}
			}
			if reportTitle(c, Options{}, w) == form.Name {
				t.Errorf("%s: report %s has no title", language, form.Name)
			}
		}
	}
}

func TestRegisterTitles(t *testing.T) {
	for _, language := range languages {
		annual, err := Options{Language: language}.words(&reportingv1.Content{Title: &reportingv1.Title{Report: report.Annual}})
		if err != nil {
			t.Fatal(err)
		}
		register, err := Options{Language: language, Register: true}.words(&reportingv1.Content{Title: &reportingv1.Title{Report: report.Annual}})
		if err != nil {
			t.Fatal(err)
		}
		for _, category := range categories {
			renamed := category == "IV" || category == "V"
			if (annual.of(category) != register.of(category)) != renamed {
				t.Errorf("%s: %s is %q and in the Register %q", language, category, annual.of(category), register.of(category))
			}
		}
	}
}

func TestFigures(t *testing.T) {
	for _, tt := range []struct {
		language string
		n        int64
		decimals int
		want     string
	}{
		{"en", 123456789, 2, "1,234,567.89"}, {"en", 0, 2, "0.00"}, {"en", -1000, 0, "-1,000"}, {"en", -5, 3, "-0.005"}, {"en", 999, 0, "999"},
		{"fr", 123456789, 2, "1\u202f234\u202f567,89"}, {"es", 123456789, 2, "1.234.567,89"}, {"ru", 1000, 0, "1\u00a0000"}, {"ar", 123456, 2, "1,234.56"}, {"zh", 1234567, 3, "1,234.567"},
	} {
		w, err := wordsIn(tt.language)
		if got := w.figure(tt.n, tt.decimals); got != tt.want || err != nil {
			t.Errorf("%s: %d with %d decimals is %q, %v; want %q", tt.language, tt.n, tt.decimals, got, err, tt.want)
		}
	}
}
