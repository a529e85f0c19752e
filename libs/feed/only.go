package feed

import (
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
)

// withdrawn is the kind of the order by which an event is withdrawn.
const withdrawn = "EventWithdrawn"

// Known refuses filters for kinds of event that this program does not have, which would let nothing in. Filters that are there already
// may be of an earlier program or a later one, and are not asked.
func (u User) Known() error {
	for _, only := range u.Only {
		_, kind, named := cutKind(only)
		if named && kind != "unnamed" && !ledger.KnowsKind(kind) {
			return fault.Errorf(fault.Invalid, "this program knows no event of kind %s, so that %q would let nothing in; kinds are such as LicenceSuspended: counterfoil count events --by kind", kind, only)
		}
	}
	return nil
}

// Untold are the filters that a user lacks to be told when an event that it is given is withdrawn: the order is of another kind, in the
// same journal. Who is not told keeps what it should purge.
func (u User) Untold() (missing []string) {
	for _, only := range u.Only {
		journals, _, named := cutKind(only)
		if order := journals + "." + withdrawn; named && !slices.Contains(missing, order) && !slices.ContainsFunc(u.Only, func(other string) bool { return covers(other, order) }) {
			missing = append(missing, order)
		}
	}
	return missing
}

// cutKind splits a filter that names a kind into "<agency>.<group>" and the kind.
func cutKind(only string) (journals, kind string, named bool) {
	i := strings.LastIndexByte(only, '.')
	if i < 0 || only[i+1:] == "*" || only[i+1:] == ">" || strings.Count(only, ".") != 2 {
		return "", "", false
	}
	return only[:i], only[i+1:], true
}

// covers reports whether a filter lets in everything that another one does.
func covers(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i, token := range as {
		switch {
		case token == ">":
			return len(bs) > i
		case i == len(bs) || bs[i] == ">" || token != "*" && token != bs[i]:
			return false
		}
	}
	return len(as) == len(bs)
}
