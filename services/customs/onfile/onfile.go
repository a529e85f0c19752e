// Package onfile reads what a licence that came in a file of another system allows beside what every licence does: the countries
// that it names. They are data of the ledger's row, and nothing here reads a ledger.
package onfile

import (
	"slices"
	"strings"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Destination reports whether goods may go to a country under the licence, and says where they may go, for a sentence. Where the
// licence names countries, it is one that is allowed (use D) and not prohibited (E). What a group of countries has in it is
// not known here, so that a licence for a group allows none by it; and one that prohibits a group allows none at all. A licence that
// names no destination is for that of its deal alone, as one that came in no file.
func Destination(l *ledgerv1.Licence, country string) (allowed bool, says string) {
	countries := slices.DeleteFunc(slices.Clone(l.GetOnFile().GetCountries()), func(c *customsv1.CountryUse) bool { return c.GetUse() != "D" && c.GetUse() != "E" })
	if len(countries) == 0 {
		to := l.GetDeal().GetDestination()
		return to.GetCountry() != "" && to.GetCountry() == country, placeWord(to.GetCountry(), to.GetName())
	}
	var to, not []string
	prohibited := false
	for _, c := range countries {
		word := c.GetCountry()
		if c.GetGroup() != "" {
			word = "group " + c.GetGroup()
		}
		switch {
		case c.GetUse() == "D":
			to = append(to, word)
			allowed = allowed || c.GetCountry() != "" && c.GetCountry() == country
		default:
			not = append(not, word)
			prohibited = prohibited || c.GetGroup() != "" || c.GetCountry() == country
		}
	}
	says = strings.Join(to, ", ")
	if len(not) > 0 {
		says = strings.TrimPrefix(says+", not "+strings.Join(not, ", "), ", ")
	}
	return allowed && !prohibited, says
}

func placeWord(country, name string) string {
	if country != "" {
		return country
	}
	return `"` + name + `", which is of no State`
}
