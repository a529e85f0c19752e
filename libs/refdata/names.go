package refdata

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// nameKey is what two spellings of one country's name have in common: its words without accents, case, punctuation,
// "the", "of" and "and", in alphabetical order. So "Congo, The Democratic Republic of the" equals "Democratic
// Republic of the Congo". That no two countries share a key is tested.
func nameKey(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(name) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’', r == '.':
			// Accents go, and d'Ivoire, U.S. and St. are one word.
		default:
			b.WriteByte(' ')
		}
	}
	words := slices.DeleteFunc(strings.Fields(b.String()), func(w string) bool {
		return w == "the" || w == "of" || w == "and"
	})
	for i, w := range words {
		if w == "st" {
			words[i] = "saint"
		}
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}
