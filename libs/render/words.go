package render

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/counterfoil/counterfoil/libs/fault"
)

//go:embed words/*.yaml
var wordFiles embed.FS

// languages are those of the United Nations, which are the Treaty's.
var languages = []string{"en", "fr", "es", "ru", "ar", "zh"}

// Languages are the codes of the languages that a report can be written in.
func Languages() []string { return slices.Clone(languages) }

// words are the fixed words of a language, and how figures are written in it.
type words struct {
	Language           string `yaml:"-"`
	Name               string // of the language, in itself
	Direction          string // "ltr" or "rtl"
	Decimal, Group     string
	Sections           []section `yaml:"words"`
	terms              map[string]string
	hasMachineWords    bool
	registerCategories bool
}

// section is words that came about in the same way.
type section struct {
	// "treaty": the Treaty's authentic text; "house": written for this program; "machine": translated by machine.
	Made   string
	Source string
	Terms  map[string]string
}

var glossaries = sync.OnceValues(func() (map[string]words, error) {
	all := map[string]words{}
	for _, language := range languages {
		data, err := wordFiles.ReadFile("words/" + language + ".yaml")
		if err != nil {
			return nil, err
		}
		w := words{Language: language, terms: map[string]string{}}
		if err := yaml.Unmarshal(data, &w); err != nil {
			return nil, fmt.Errorf("words in %s: %w", language, err)
		}
		for _, s := range w.Sections {
			w.hasMachineWords = w.hasMachineWords || s.Made == "machine"
			maps.Copy(w.terms, s.Terms)
		}
		all[language] = w
	}
	return all, nil
})

// wordsIn returns the words of a language; of none, English. An unknown one is refused (fault.Invalid).
func wordsIn(language string) (words, error) {
	all, err := glossaries()
	if err != nil {
		return words{}, err
	}
	if language == "" {
		language = "en"
	}
	w, known := all[language]
	if !known {
		return words{}, fault.Errorf(fault.Invalid, "reports are written in %s, not in %q", strings.Join(languages, ", "), language)
	}
	return w, nil
}

// of returns the word with a key.
func (w words) of(key string) string {
	if term, ok := w.terms["register."+key]; ok && w.registerCategories {
		return term
	}
	return w.terms[key]
}

// or returns the word with a key, or the text where the glossary has none.
func (w words) or(key, text string) string {
	if term := w.of(key); term != "" {
		return term
	}
	return text
}

// figure is n/10^decimals as people read it in the language, with its digits in threes.
func (w words) figure(n int64, decimals int) string {
	digits := decimal(n, decimals)
	sign := ""
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		sign, digits = "-", rest
	}
	whole, part, hasPart := strings.Cut(digits, ".")
	var groups []string
	for len(whole) > 3 {
		groups = append(groups, whole[len(whole)-3:])
		whole = whole[:len(whole)-3]
	}
	groups = append(groups, whole)
	slices.Reverse(groups)
	text := sign + strings.Join(groups, w.Group)
	if hasPart {
		text += w.Decimal + part
	}
	return text
}

// Word returns the fixed word that reports have for a key in a language, such as "I", "table.exports" or "nature.temporary"; nothing where
// there is none.
func Word(language, key string) string {
	w, err := wordsIn(language)
	if err != nil {
		return ""
	}
	return w.terms[key]
}
