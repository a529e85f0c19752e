package reconciliation

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/refdata"
	"github.com/counterfoil/counterfoil/libs/report"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// allCategories is the category of totals.
const allCategories = "Total"

// pair is the transfers of a kind between the own State and another in the year: exports to it, or imports from it.
type pair struct {
	kind        transferv1.Kind
	counterpart string
}

// sums are own figures of a pair and a category.
type sums struct {
	// licences counts each once in a category, as often as the line says that it stands for several.
	licences figure
	// Values by currency, and lines that state none.
	licensed, exported map[string]*figure
	unvalued           int
	perLicence         map[string]int64
}

func addTo(m *map[string]*figure, currency string, minor int64, subject string) {
	if *m == nil {
		*m = map[string]*figure{}
	}
	if (*m)[currency] == nil {
		(*m)[currency] = &figure{}
	}
	(*m)[currency].add(minor, subject)
}

// own are own figures by pair and category "ML1" to "ML22".
type own map[pair]map[string]*sums

func (o own) of(p pair, category string) *sums {
	if o[p] == nil {
		o[p] = map[string]*sums{}
	}
	if o[p][category] == nil {
		o[p][category] = &sums{perLicence: map[string]int64{}}
	}
	return o[p][category]
}

// total is the sum over the categories of a pair.
func (o own) total(p pair) *sums {
	all := &sums{}
	for _, s := range o[p] {
		all.licences.amount = plus(all.licences.amount, s.licences.amount)
		all.licences.subjects = append(all.licences.subjects, s.licences.subjects...)
		all.unvalued += s.unvalued
		for currency, f := range s.licensed {
			addTo(&all.licensed, currency, f.amount, "")
			all.licensed[currency].subjects = append(all.licensed[currency].subjects, f.subjects...)
		}
		for currency, f := range s.exported {
			addTo(&all.exported, currency, f.amount, "")
			all.exported[currency].subjects = append(all.exported[currency].subjects, f.subjects...)
		}
	}
	return all
}

// munitions is the category of a rating of the Munitions List, such as "ML1".
func munitions(rating string) (category string, ok bool) {
	r, err := refdata.ParseRating(rating)
	if err != nil || r.Number == 0 {
		return "", false
	}
	return "ML" + strconv.Itoa(r.Number), true
}

// ownFigures are own figures of the year: licences and their values as the national report has them, and what moved.
func (c *comparing) ownFigures() (own, error) {
	o := own{}
	if err := c.licensed(o); err != nil {
		return nil, err
	}
	movements, err := c.movements(c.request.GetYear(), c.request.GetYear())
	if err != nil {
		return nil, err
	}
	for _, m := range movements {
		if m.line == nil {
			c.skip("entries against lines that are not on record")
			continue
		}
		category, ok := munitions(m.line.GetRating())
		p := pair{m.kind, m.destination}
		if m.kind == transferv1.Kind_KIND_IMPORT {
			if p.counterpart = m.dispatch; p.counterpart == "" {
				p.counterpart = sourceOf(m.licence)
			}
		}
		if _, _, minor, currency := used(m.entry); ok && currency != "" {
			addTo(&o.of(p, category).exported, currency, minor, m.entry.GetId())
		}
	}
	return o, nil
}

// licensed adds the licences of the year's national report.
func (c *comparing) licensed(o own) error {
	spec, err := report.Of(c.view, report.National, int(c.request.GetYear()))
	if err != nil {
		return err
	}
	draft, err := report.Build(c.view, spec)
	if err != nil {
		return err
	}
	content, err := draft.Content(c.view, true)
	if err != nil {
		return err
	}
	licences := licenceCache{}
	for _, row := range content.GetRows() {
		kind := map[string]transferv1.Kind{"export": transferv1.Kind_KIND_EXPORT, "import": transferv1.Kind_KIND_IMPORT}[row.GetKeys()[0]]
		if row.GetTable() != "licences" || kind == transferv1.Kind_KIND_UNSPECIFIED {
			continue
		}
		category, ok := munitions(row.GetKeys()[2])
		if !ok {
			c.skip("own lines whose rating is not of the Munitions List")
			continue
		}
		p := pair{kind, row.GetKeys()[1]}
		for _, line := range row.GetContributions() {
			id, _, _ := strings.Cut(line.GetSubject(), "#")
			if kind == transferv1.Kind_KIND_IMPORT {
				l, err := licences.get(c.view, id)
				if err != nil {
					return fmt.Errorf("read where licence %s imports from: %w", id, err)
				}
				p.counterpart = sourceOf(l)
			}
			o.of(p, category).line(id, line.GetAmounts())
		}
	}
	return nil
}

// line adds a line of a licence.
func (s *sums) line(licence string, a *reportingv1.Amounts) {
	if more := a.GetLicences() - s.perLicence[licence]; more > 0 {
		s.perLicence[licence] = a.GetLicences()
		s.licences.add(more, licence)
	}
	if len(a.GetValues()) == 0 {
		s.unvalued++
	}
	for _, v := range a.GetValues() {
		addTo(&s.licensed, v.GetCurrency(), v.GetMinor(), licence)
	}
}

// sourceOf is the State that a licence lets goods be imported from: its exporter's, or the first source.
func sourceOf(l *ledgerv1.Licence) string {
	for _, p := range l.GetDeal().GetParties() {
		if p.GetRole() == transferv1.Role_ROLE_EXPORTER && p.GetCountry() != "" {
			return p.GetCountry()
		}
	}
	for _, s := range l.GetDeal().GetSources() {
		return placeOf(s)
	}
	return ""
}
