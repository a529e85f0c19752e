package render_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/refdata"
	"github.com/counterfoil/counterfoil/libs/render"
)

func TestCountriesInEveryLanguage(t *testing.T) {
	for _, language := range render.Languages() {
		o, found := render.Options{Language: language}, 0
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				code := string(a) + string(b)
				name := render.Country(code, o)
				switch {
				case code != "XK" && (!refdata.ValidCountry(code) || refdata.UserAssigned(code)):
					if name != code {
						t.Errorf("%s: %s is called %q and is no country", language, code, name)
					}
				case name == code || name == "":
					t.Errorf("%s: %s has no name", language, code)
				default:
					found++
				}
			}
		}
		if found != 250 {
			t.Errorf("%s: %d countries have names, not 250", language, found)
		}
		text, err := os.ReadFile("countries/" + language + ".txt")
		if err != nil || !strings.Contains(string(text), "cldr-localenames-full 48.2.0") || !strings.Contains(string(text), "Unicode-3.0") {
			t.Errorf("%s: the file does not say where its names are from and under which licence: %v", language, err)
		}
	}
	for language, want := range map[string]string{"en": "Germany", "fr": "Allemagne", "es": "Alemania", "ru": "Германия", "ar": "ألمانيا", "zh": "德国", "": "Germany"} {
		if got := render.Country("DE", render.Options{Language: language}); got != want {
			t.Errorf("DE in %q is %q, want %q", language, got, want)
		}
	}
}

func TestOverriddenCountries(t *testing.T) {
	names, err := render.LoadCountries("names.yaml", []byte("fr: {XA: Ruritanie, NO: Norge}\nar: {XA: روريتانيا}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]map[string]string{"fr": {"XA": "Ruritanie", "NO": "Norge"}, "ar": {"XA": "روريتانيا"}}, names); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct{ language, code, want string }{{"fr", "XA", "Ruritanie"}, {"fr", "NO", "Norge"}, {"en", "XA", "XA"}, {"en", "NO", "Norway"}, {"fr", "XB", "XB"}} {
		if got := render.Country(tt.code, render.Options{Language: tt.language, Countries: names}); got != tt.want {
			t.Errorf("%s in %s is %q, want %q", tt.code, tt.language, got, tt.want)
		}
	}
	for _, wrong := range []string{"de: {XA: Ruritanien}", "fr: {XXX: x}", "fr: {fr: x}", "fr: {FR: ''}", "fr: [1]", "- x", "'': {FR: x}"} {
		if _, err := render.LoadCountries("names.yaml", []byte(wrong)); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "names.yaml") {
			t.Errorf("%s: %v, want a refusal that names the file", wrong, err)
		}
	}
}

func FuzzLoadCountries(f *testing.F) {
	f.Add([]byte("fr: {XA: Ruritanie}"))
	f.Add([]byte("fr: {FR: ' '}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		names, err := render.LoadCountries("f", data)
		for language, of := range names {
			for code := range of {
				if got := render.Country(code, render.Options{Language: language, Countries: names}); err == nil && strings.ContainsAny(got, "\x00\u202e") {
					t.Errorf("%s in %s is %q", code, language, got)
				}
			}
		}
	})
}
