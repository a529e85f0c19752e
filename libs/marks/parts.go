package marks

import (
	"strings"

	"github.com/counterfoil/counterfoil/libs/names"
	"github.com/counterfoil/counterfoil/libs/refdata"
)

// makers compares the names of two makers: equal when libs/names takes them for one (legal forms weigh nothing there), unsure when
// one may be short for the other ("FN" and "FN Herstal", "CZ" and "Česká zbrojovka").
func makers(a, b string) relation {
	x, y := names.Parse(a), names.Parse(b)
	switch {
	case len(x.Tokens) == 0 || len(y.Tokens) == 0:
		return models(a, b) // a sign in place of a name
	case names.Score(x, y) >= names.ReviewLine:
		return equal
	case short(words(x), words(y)), short(words(y), words(x)):
		return unsure
	}
	return conflict
}

// words are those that tell a maker, without particles and legal forms.
func words(n names.Name) []string {
	var all []string
	for _, t := range n.Tokens {
		if t.Weight >= 0.3 {
			all = append(all, t.Text)
		}
	}
	return all
}

// short reports whether one name has some words of the other and no more, or its first letters.
func short(brief, long []string) bool {
	if len(brief) == 0 || len(long) < 2 {
		return false
	}
	has, initials := map[string]bool{}, ""
	for _, w := range long {
		has[w] = true
		initials += w[:1]
	}
	letters := strings.Join(brief, "")
	if len(letters) > 1 && strings.HasPrefix(initials, letters) {
		return true
	}
	for _, w := range brief {
		if !has[w] {
			return false
		}
	}
	return true
}

// countries compares two countries of manufacture. One that came to an end is not held against its successors: a weapon that is stamped
// with the one may be on record under the other.
func countries(a, b string) relation {
	x, y := country(a), country(b)
	switch {
	case x == "" || y == "":
		return missing
	case x == y:
		return equal
	case !refdata.ValidCountry(x) || !refdata.ValidCountry(y):
		return unsure
	}
	return conflict
}

// country is the code of a country where one is known, and the text otherwise.
func country(s string) string {
	s = strings.TrimSpace(s)
	upper := strings.ToUpper(s)
	if _, former := refdata.FormerCountry(upper); former || refdata.ValidCountry(upper) {
		return upper
	}
	if code, ok := refdata.Country(s); ok {
		return code
	}
	return upper
}
