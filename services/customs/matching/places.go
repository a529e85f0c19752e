package matching

import (
	"fmt"
	"slices"
	"strings"
	"time"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/onfile"
)

// places compares where the goods go (DX09) and what they pass through (DX10).
func (m *match) places() error {
	if allowed, to := onfile.Destination(m.Licence, m.d.GetDestination()); !allowed {
		m.raise("DX09", 0, to, m.d.GetDestination(), "licence %s is for %s, the goods are declared for %s", m.Licence.GetId(), to, m.d.GetDestination())
	}
	if err := m.route(); err != nil {
		return err
	}
	return m.embargoes()
}

// route raises DX10 for a country that is on no part of the licence, where the licence states a route at all. The agency's own
// State needs no mention.
func (m *match) route() error {
	deal := m.Licence.GetDeal()
	if len(deal.GetRoute()) == 0 {
		return nil
	}
	own, err := m.view.AgencyRow(m.view.Agency())
	if err != nil {
		return fmt.Errorf("read the own agency: %w", err)
	}
	allowed := []string{own.GetState(), m.d.GetConsignment().GetDispatch(), deal.GetDestination().GetCountry()}
	for _, p := range slices.Concat(deal.GetRoute(), deal.GetOnward(), deal.GetSources()) {
		allowed = append(allowed, p.GetCountry())
	}
	for _, country := range m.passed() {
		if !slices.Contains(allowed, country) {
			m.raise("DX10", 0, routeWord(deal.GetRoute()), country, "the goods pass through %s, which is not on the route of licence %s (%s)", country, m.Licence.GetId(), routeWord(deal.GetRoute()))
		}
	}
	return nil
}

// passed are the countries on the way, each once.
func (m *match) passed() (countries []string) {
	for _, country := range m.d.GetConsignment().GetRoute() {
		if !slices.Contains(countries, country) {
			countries = append(countries, country)
		}
	}
	return countries
}

// embargoes raises DX10 for a country on the way that is under an embargo, and for the destination, where the embargo came after the
// licence was decided: what was known then was weighed then (Article 6(1)).
func (m *match) embargoes() error {
	all, err := m.view.Embargoes()
	if err != nil {
		return fmt.Errorf("read the embargoes: %w", err)
	}
	decided := m.Licence.GetDecidedAt().AsTime().UTC().Format(time.DateOnly)
	for _, e := range all {
		country := e.GetRecorded().GetCountry()
		if country == "" || !holds(e, m.at) || !m.reached(e) {
			continue
		}
		if slices.Contains(m.passed(), country) || country == m.d.GetDestination() && e.GetRecorded().GetValidFrom() > decided {
			m.raise("DX10", 0, "no embargo", e.GetId(), "%s is under embargo %s (%s)", country, e.GetId(), e.GetRecorded().GetResolution())
		}
	}
	return nil
}

// holds reports whether an embargo is in force at a moment, by days in UTC: from its first day through its last, and until the day
// that it was ended on. A date that is none bounds nothing.
func holds(e *ledgerv1.Embargo, at time.Time) bool {
	today := at.UTC().Format(time.DateOnly)
	isDay := func(s string) bool {
		_, err := time.Parse(time.DateOnly, s)
		return err == nil
	}
	from, until, ended := e.GetRecorded().GetValidFrom(), e.GetRecorded().GetValidUntil(), e.GetEnded().GetOn()
	return !(isDay(from) && today < from) && !(isDay(until) && today > until) && !(isDay(ended) && today >= ended)
}

// reached reports whether an embargo covers goods of the licence; where a line has no category it is taken to.
func (m *match) reached(e *ledgerv1.Embargo) bool {
	categories := e.GetRecorded().GetCategories()
	return len(categories) == 0 || slices.ContainsFunc(m.Licence.GetDeal().GetLines(), func(l *transferv1.Line) bool {
		return l.GetCategory() == transferv1.Category_CATEGORY_UNSPECIFIED || slices.Contains(categories, l.GetCategory())
	})
}

// conditions raises DX12 where a condition of the licence, whoever asked for it, names offices or modes of transport ("office: XA000101, XA000102",
// "mode: sea") and the declaration has another.
func (m *match) conditions() {
	transport := m.d.GetConsignment().GetTransport().GetMode()
	all := slices.Clone(m.Licence.GetConditions())
	for _, kept := range m.Licence.GetKept() {
		all = append(all, kept.GetText())
	}
	for _, condition := range all {
		about, list, _ := strings.Cut(condition, ":")
		found := ""
		switch strings.ToLower(strings.TrimSpace(about)) {
		case "office", "offices":
			found = m.d.GetOffice()
		case "mode", "modes":
			found = transport
		}
		allowed := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == ';' })
		if found == "" || len(allowed) == 0 || slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, found) }) {
			continue
		}
		m.raise("DX12", 0, strings.Join(allowed, ", "), found, "licence %s allows %s only, and the declaration has %s", m.Licence.GetId(), strings.Join(allowed, ", "), found)
	}
}

func routeWord(route []*licensingv1.Place) string {
	var through []string
	for _, p := range route {
		through = append(through, p.GetCountry())
	}
	return strings.Join(through, ", ")
}
