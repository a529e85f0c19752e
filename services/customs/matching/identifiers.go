package matching

import (
	"regexp"
	"strings"

	"github.com/counterfoil/counterfoil/libs/refdata"
)

var (
	likeMRN     = regexp.MustCompile(`^[0-9]{2}[A-Z]{2}[A-Z0-9]{14}$`)
	likeLocode  = regexp.MustCompile(`^[A-Z]{5}$`)
	likeWaybill = regexp.MustCompile(`^[0-9]{3}[ -]?[0-9]{8}$`)
)

// identifiers raises DX23 for every identifier that is not what its standard has it be: containers, what carries the goods, the
// parties' numbers, the UCR, numbers of dangerous goods; and a declaration number, an office or a transport document that has the look
// of an MRN, a UN/LOCODE or an air waybill. It is a finding and rejects nothing: real ships fail their check digits.
func (m *match) identifiers() {
	c := m.d.GetConsignment()
	for _, container := range c.GetContainers() {
		m.identifier("container", container)
	}
	m.prefixed(c.GetTransport().GetIdentity())
	for _, p := range m.d.GetParties() {
		for _, id := range p.GetIdentifiers() {
			m.prefixed(id)
		}
	}
	for _, goods := range c.GetDangerousGoods() {
		m.identifier("un-number", strings.TrimSpace(strings.TrimPrefix(goods, "UN")))
	}
	if c.GetUcr() != "" {
		m.identifier("ucr", c.GetUcr())
	}
	if likeMRN.MatchString(m.d.GetNumber()) {
		m.identifier("mrn", m.d.GetNumber())
	}
	for _, office := range []string{m.d.GetOffice(), c.GetOfficeOfExit(), c.GetOfficeOfDestination()} {
		if likeLocode.MatchString(office) {
			m.identifier("unlocode", office)
		}
	}
	for _, paper := range c.GetTransportDocuments() {
		if c.GetTransport().GetMode() == "air" && likeWaybill.MatchString(paper) {
			m.identifier("awb", paper)
		}
	}
}

// prefixed looks at "scheme:value". Schemes that have no rules are passed over.
func (m *match) prefixed(identifier string) {
	if scheme, value, found := strings.Cut(identifier, ":"); found {
		m.identifier(scheme, value)
	}
}

func (m *match) identifier(scheme, value string) {
	if f, known := refdata.CheckIdentifier(scheme, value); known && f.Wrong != "" {
		m.raise("DX23", 0, scheme+" with a right "+string(f.Wrong), value, "%s", f.Sentence)
	}
}
