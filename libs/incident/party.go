package incident

import (
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// unknown is the name that an alert gives a party whose name is not known.
const unknown = "unknown"

// Keys returns what a party is found by under the attribute "party": its identifiers, and its name where that is known.
func Keys(p *transferv1.Party) []string {
	values := slices.Clone(p.GetIdentifiers())
	if name := nameOf(p); name != "" {
		values = append(values, "name:"+name)
	}
	return values
}

// nameOf returns a party's name as names are compared; empty when it is not known.
func nameOf(p *transferv1.Party) string {
	if name := ledger.FoldName(p.GetName()); name != unknown {
		return name
	}
	return ""
}

// HasParty reports whether one of some parties is the same as this one.
func HasParty(parties []*transferv1.Party, p *transferv1.Party) bool {
	return slices.ContainsFunc(parties, func(other *transferv1.Party) bool { return same(other, p) })
}

// same compares two parties by identifier, and by name only when their identifiers do not settle it: a common
// identifier makes them one, different ones of a common scheme make them two, and an unknown name says nothing.
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
	name := nameOf(a)
	return !commonScheme && name != "" && name == nameOf(b)
}

func scheme(identifier string) string {
	before, _, _ := strings.Cut(identifier, ":")
	return before
}

// RoleWord is what a party does, as a sentence says it.
func RoleWord(p *transferv1.Party) string {
	word := strings.TrimPrefix(p.GetRole().String(), "ROLE_")
	return strings.ToLower(strings.ReplaceAll(word, "_", " "))
}
