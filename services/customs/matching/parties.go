package matching

import (
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/names"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// receiving are the roles that goods go to. A licence names some of them; goods may be declared for any that it names.
var receiving = []transferv1.Role{transferv1.Role_ROLE_CONSIGNEE, transferv1.Role_ROLE_END_USER, transferv1.Role_ROLE_IMPORTER}

// parties compares those that the declaration states: who sends (DX11), and who receives (DX08). A role that one side does not
// state is not compared.
func (m *match) parties() {
	licensed := m.Licence.GetDeal().GetParties()
	for _, p := range m.d.GetParties() {
		code, roles := "DX08", receiving
		switch {
		case p.GetRole() == transferv1.Role_ROLE_EXPORTER:
			code, roles = "DX11", []transferv1.Role{transferv1.Role_ROLE_EXPORTER}
		case !slices.Contains(receiving, p.GetRole()):
			continue
		}
		own := in(licensed, []transferv1.Role{p.GetRole()})
		if len(own) == 0 {
			own = in(licensed, roles)
		}
		if len(own) == 0 || slices.ContainsFunc(own, func(o *transferv1.Party) bool { return SameParty(p, o) }) {
			continue
		}
		role := roleWord(p.GetRole())
		m.raise(code, 0, partyWord(own[0]), partyWord(p), "the %s is %s, and licence %s names %s", role, partyWord(p), m.Licence.GetId(), partyWord(own[0]))
	}
}

func in(parties []*transferv1.Party, roles []transferv1.Role) (some []*transferv1.Party) {
	for _, p := range parties {
		if slices.Contains(roles, p.GetRole()) {
			some = append(some, p)
		}
	}
	return some
}

// SameParty compares two parties by identifier first: one in common says that they are the same, two of one scheme that differ say
// that they are not. Only where identifiers say nothing are the names compared, and then the countries must not differ.
func SameParty(a, b *transferv1.Party) bool {
	contradicted := false
	for _, x := range a.GetIdentifiers() {
		for _, y := range b.GetIdentifiers() {
			schemeX, valueX, _ := strings.Cut(x, ":")
			schemeY, valueY, _ := strings.Cut(y, ":")
			if schemeX != schemeY || bare(valueX) == "" {
				continue
			}
			if bare(valueX) == bare(valueY) {
				return true
			}
			contradicted = true
		}
	}
	if contradicted || a.GetCountry() != "" && b.GetCountry() != "" && a.GetCountry() != b.GetCountry() {
		return false
	}
	return ledger.FoldName(a.GetName()) == ledger.FoldName(b.GetName()) ||
		names.Score(names.Parse(a.GetName()), names.Parse(b.GetName())) >= names.ReviewLine
}

func partyWord(p *transferv1.Party) string {
	text := p.GetName()
	if len(p.GetIdentifiers()) > 0 {
		text += " (" + p.GetIdentifiers()[0] + ")"
	}
	if p.GetCountry() != "" {
		text += " of " + p.GetCountry()
	}
	return text
}

func roleWord(r transferv1.Role) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(r.String(), "ROLE_"), "_", " "))
}
