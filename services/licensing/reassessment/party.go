package reassessment

import (
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// unknown is the name that an alert gives a party whose name is not known.
const unknown = "unknown"

// keys returns what a party is found by in the index of licences.
func keys(p *transferv1.Party) []string {
	values := slices.Clone(p.GetIdentifiers())
	if name := ledger.FoldName(p.GetName()); name != "" && name != unknown {
		values = append(values, "name:"+name)
	}
	return values
}

// hasParty reports whether a licence has a party that is the same as this one.
func hasParty(l *ledgerv1.Licence, p *transferv1.Party) bool {
	return slices.ContainsFunc(l.GetDeal().GetParties(), func(other *transferv1.Party) bool { return same(other, p) })
}

// same compares two parties by identifier, and by name only when their identifiers do not settle it: a common
// identifier makes them one, different ones of a common scheme make them two. Nobody is the same as an unknown party.
func same(a, b *transferv1.Party) bool {
	commonScheme := false
	for _, x := range a.GetIdentifiers() {
		for _, y := range b.GetIdentifiers() {
			if x == y {
				return true
			}
			commonScheme = commonScheme || scheme(x) == scheme(y)
		}
	}
	name := ledger.FoldName(a.GetName())
	return !commonScheme && name != "" && name != unknown && name == ledger.FoldName(b.GetName())
}

func scheme(identifier string) string {
	before, _, _ := strings.Cut(identifier, ":")
	return before
}

// roleWord is what the party does, as a sentence says it; the party itself is in the alert.
func roleWord(p *transferv1.Party) string {
	word := strings.TrimPrefix(p.GetRole().String(), "ROLE_")
	return strings.ToLower(strings.ReplaceAll(word, "_", " "))
}
