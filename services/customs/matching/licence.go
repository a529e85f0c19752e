package matching

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/refdata"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/onfile"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// findLicence finds the licence that the declaration names exactly (docs/border.md), and otherwise those that it may be
// meant for (step 2): one candidate is a suggestion too.
func (m *match) findLicence() error {
	reference := m.d.GetLicenceId()
	if reference == "" {
		reference = m.d.GetLicenceReference()
	}
	named, err := ByReference(m.view, reference, m.d.GetDestination())
	if err != nil {
		return err
	}
	switch {
	case reference == "":
		m.uncovered()
	case len(named) == 0:
		m.raise("DX01", 0, "a licence on record", reference, "no licence %s is on record here; ask the declarant which licence the goods go under", reference)
	case len(named) > 1:
		m.raise("DX01", 0, "the licence's agency", reference, "several licences have the number %s; say whose it is", reference)
		for _, l := range named {
			m.Suggestions = append(m.Suggestions, &customsv1.Suggestion{LicenceId: l.GetId(), Reasons: []string{"it has the number that was stated"}})
		}
		return nil
	case named[0].GetDeal().GetKind() != m.d.GetKind():
		l := named[0]
		m.raise("DX01", 0, KindWord(m.d.GetKind()), KindWord(l.GetDeal().GetKind()), "licence %s is for %s and does not cover %s",
			l.GetId(), KindWord(l.GetDeal().GetKind()), KindWord(m.d.GetKind()))
	default:
		m.Licence = named[0]
		if r := fault.As(writeoff.InForce(m.Licence, m.at)); r != nil {
			m.raise("DX02", 0, "a licence in force", m.Licence.GetId(), "%s", r.Sentence)
		}
		return nil
	}
	return m.candidates()
}

// uncovered raises DX20 for the items whose HS code is controlled, where no licence is claimed.
func (m *match) uncovered() {
	for _, item := range m.d.GetItems() {
		if m.sameEdition() && refdata.HSControlled(item.GetHsCode()) {
			m.raise("DX20", item.GetNumber(), "a licence", "none", "item %d is declared under %s, which needs a licence, and none is claimed", item.GetNumber(), item.GetHsCode())
		}
	}
}

// sameEdition reports whether the items' HS codes are of the edition that the tables are of.
func (m *match) sameEdition() bool {
	_, edition := refdata.HSTable()
	stated := m.d.GetConsignment().GetHsEdition()
	return stated == "" || stated == fmt.Sprint(edition)
}

// candidates suggests the licences of the exporter (of the importer, for an import) for this kind of transfer to this destination
// that are in force and have a line under an item's HS6.
func (m *match) candidates() error {
	holder := transferv1.Role_ROLE_EXPORTER
	if m.d.GetKind() == transferv1.Kind_KIND_IMPORT {
		holder = transferv1.Role_ROLE_IMPORTER
	}
	seen := map[string]bool{}
	for _, p := range m.d.GetParties() {
		if p.GetRole() != holder {
			continue
		}
		for _, key := range append(slices.Clone(p.GetIdentifiers()), "name:"+ledger.FoldName(p.GetName())) {
			licences, err := m.view.LicencesWith("party", key)
			if err != nil {
				return fmt.Errorf("read licences by party: %w", err)
			}
			for _, l := range licences {
				if !seen[l.GetId()] && m.mayBe(l) {
					seen[l.GetId()] = true
					m.Suggestions = append(m.Suggestions, &customsv1.Suggestion{LicenceId: l.GetId(), Reasons: []string{
						"it has " + key, "it is for " + m.d.GetDestination(), "it has a line under an HS code that is declared", "it is in force",
					}})
				}
			}
		}
	}
	return nil
}

func (m *match) mayBe(l *ledgerv1.Licence) bool {
	declared := func(line *transferv1.Line) bool {
		return line.GetHsCode() != "" && slices.ContainsFunc(m.d.GetItems(), func(i *customsv1.Item) bool { return sameHS(i.GetHsCode(), line.GetHsCode()) })
	}
	goes, _ := onfile.Destination(l, m.d.GetDestination())
	return l.GetDeal().GetKind() == m.d.GetKind() && goes &&
		writeoff.InForce(l, m.at) == nil && slices.ContainsFunc(l.GetDeal().GetLines(), declared)
}

// ByReference returns the licences that a reference names exactly: the one with this id or, of all agencies, those whose number after
// the agency it is, whatever the case and the separators. A number that is not of the form that licences get here ("L-2026-000001")
// is looked for among those of the agencies in the directory as it is written, and, in another spelling, among licences for the
// destination.
func ByReference(view ledger.View, reference, destination string) ([]*ledgerv1.Licence, error) {
	if bare(reference) == "" {
		return nil, nil
	}
	l, err := view.Licence(reference)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read licence %s: %w", reference, err)
	case l != nil:
		return []*ledgerv1.Licence{l}, nil
	}
	agencies, err := view.Agencies()
	if err != nil {
		return nil, fmt.Errorf("read the agencies: %w", err)
	}
	var found []*ledgerv1.Licence
	add := func(l *ledgerv1.Licence) {
		if l != nil && !slices.ContainsFunc(found, func(o *ledgerv1.Licence) bool { return o.GetId() == l.GetId() }) {
			found = append(found, l)
		}
	}
	for _, a := range agencies {
		for _, number := range spellings(reference, a.GetId()) {
			l, err := view.Licence(a.GetId() + "/" + number)
			if err != nil {
				return nil, fmt.Errorf("read licence %s/%s: %w", a.GetId(), number, err)
			}
			add(l)
		}
	}
	there, err := view.LicencesWith("destination", destination)
	if err != nil {
		return nil, fmt.Errorf("read licences by destination: %w", err)
	}
	for _, l := range there {
		if _, number, _ := strings.Cut(l.GetId(), "/"); bare(number) == bare(reference) || bare(l.GetId()) == bare(reference) {
			add(l)
		}
	}
	return found, nil
}

var ownNumber = regexp.MustCompile(`^([A-Z]+)([0-9]{4})([0-9]{6,})$`)

// spellings are the numbers that an agency's licence may have where a reference names it: as it is written, and as licences are
// numbered here.
func spellings(reference, agency string) []string {
	all := []string{reference}
	number := bare(reference)
	for _, of := range []string{number, strings.TrimPrefix(number, bare(agency))} {
		if p := ownNumber.FindStringSubmatch(of); p != nil {
			all = append(all, strings.Join(p[1:], "-"))
		}
	}
	return all
}

// bare is a reference without what may be written in other ways: letters in capitals, and digits.
func bare(reference string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, reference)
}
