package annual_test

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// event is one thing that makes the second report differ, each on a record of its own.
func (s *two) event() {
	acts := []func(){s.late, s.late, s.amend, s.amend, s.suspend, s.exit, s.exit, s.arrive, s.submit}
	if !s.changes {
		acts = append(acts, s.redirect, s.withdraw, s.correct)
	}
	rapid.SampledFrom(acts).Draw(s.T, "event")()
}

func (s *two) on(facts ...proto.Message) {
	for _, b := range s.w.Blocks(facts...) {
		if err := errors.Join(s.tx.Apply(b.ID, b.Entries...), s.tx.Fold(b, ledgertest.Position(b))); err != nil {
			s.Fatal(err)
		}
	}
}

func (s *two) id(prefix string) string {
	s.made++
	return fmt.Sprintf("%s-%d", prefix, s.made)
}

// take takes one of a list's ids out of it; empty where it has none.
func (s *two) take(list *[]string) string {
	if len(*list) == 0 {
		return ""
	}
	i := rapid.IntRange(0, len(*list)-1).Draw(s.T, "which")
	id := (*list)[i]
	*list = slices.Delete(*list, i, i+1)
	return id
}

func (s *two) adopt(version int) {
	basis := rapid.SampledFrom([]string{"authorized", "actual"}).Draw(s.T, "basis")
	s.on(adopted(fmt.Sprint(version), fmt.Sprintf(`
procedure: XA-reports
version: %d
state: XA
authority: Ministry of XA
reports:
  - report: att-annual
    owner: reporting
    tables:
      - {table: exports, basis: %s, basis_of: {I: %s}, aggregate_small_arms: %v, voluntary: [{category: C 1, title: shells, ratings: [ML%d]}]}
      - {table: imports, basis: %s}
`, version, basis, rapid.SampledFrom([]string{"authorized", "actual"}).Draw(s.T, "of tanks"), rapid.Bool().Draw(s.T, "aggregate"),
		rapid.SampledFrom([]int{3, 8}).Draw(s.T, "voluntary"), basis)))
}

func (s *two) deal() *licensingv1.Deal {
	goods := rapid.SampledFrom([]*transferv1.Line{
		{Rating: "ML6", Category: transferv1.Category_CATEGORY_I_BATTLE_TANKS, Row: "I"},
		{Rating: "ML1.a", Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS, Row: "VIII small arms 4"},
		{Rating: "ML3", Category: transferv1.Category_CATEGORY_ARTICLE_3_AMMUNITION},
	}).Draw(s.T, "goods")
	line := proto.CloneOf(goods)
	line.Number = 1
	line.Quantity = &transferv1.Quantity{Thousandths: int64(rapid.IntRange(1, 3).Draw(s.T, "pieces")) * 1000, Unit: "H87"}
	line.Value = &transferv1.Money{Minor: int64(rapid.IntRange(1, 3).Draw(s.T, "value")), Currency: "EUR"}
	return &licensingv1.Deal{
		Kind:    rapid.SampledFrom([]transferv1.Kind{transferv1.Kind_KIND_EXPORT, transferv1.Kind_KIND_EXPORT, transferv1.Kind_KIND_IMPORT}).Draw(s.T, "kind"),
		Sources: []*licensingv1.Place{{Country: "XC"}}, Destination: &licensingv1.Place{Country: "XB"}, Lines: []*transferv1.Line{line},
	}
}

func (s *two) grant() {
	id := "licensing/" + s.id("L")
	s.deals[id] = s.deal()
	s.on(in2025(&licensingv1.LicenceGranted{LicenceId: id, Deal: s.deals[id]}))
	s.licences, s.planted[id] = append(s.licences, id), late
}

// late is a licence, or goods, that are told of late.
func (s *two) late() {
	if rapid.Bool().Draw(s.T, "moved") {
		s.declare(true)
		return
	}
	licences := s.licences
	s.grant()
	s.licences = licences
}

// declare lodges goods under a licence; they move now or later.
func (s *two) declare(moves bool) {
	if len(s.deals) == 0 {
		return
	}
	var licences []string
	for id := range s.deals {
		licences = append(licences, id)
	}
	slices.Sort(licences)
	licence := rapid.SampledFrom(licences).Draw(s.T, "under")
	id := "customs/" + s.id("D")
	q := &transferv1.Quantity{Thousandths: 1000, Unit: "H87"}
	s.on(&customsv1.DeclarationAccepted{DeclarationId: id, Kind: s.deals[licence].Kind, LicenceId: licence, Destination: "XB", AcceptedAt: at2025,
		Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, Quantity: q}}})
	s.licenceOf[id] = licence
	if s.deals[licence].Kind == transferv1.Kind_KIND_IMPORT { // used up at release; they count once they arrive
		s.on(&customsv1.LicenceQuantityCommitted{DeclarationId: id, Item: 1, LicenceId: licence, LicenceLine: 1, Quantity: q})
	}
	s.planted[id] = late
	if !moves {
		s.declared = append(s.declared, id)
		return
	}
	s.leave(id)
	s.moved = append(s.moved, id)
}

func (s *two) leave(id string) {
	licence := s.licenceOf[id]
	if s.deals[licence].Kind == transferv1.Kind_KIND_IMPORT {
		s.on(&customsv1.ArrivalRecorded{DeclarationId: id, At: at2025})
		return
	}
	s.on(&customsv1.ExitConfirmed{DeclarationId: id, At: at2025},
		&customsv1.LicenceQuantityCommitted{DeclarationId: id, Item: 1, LicenceId: licence, LicenceLine: 1, Quantity: &transferv1.Quantity{Thousandths: 1000, Unit: "H87"}})
}

// exit has goods leave, or arrive, that were declared before.
func (s *two) exit() {
	if id := s.take(&s.declared); id != "" {
		s.leave(id)
		s.planted[id] = late
	}
}

// arrive is an event on goods that left which changes no figure.
func (s *two) arrive() {
	if id := s.take(&s.moved); id != "" && s.deals[s.licenceOf[id]].Kind == transferv1.Kind_KIND_EXPORT {
		s.on(&customsv1.ArrivalRecorded{DeclarationId: id, At: at2025})
	}
}

// amend has more items, or another value, on a licence that was known.
func (s *two) amend() {
	id := s.take(&s.licences)
	if id == "" {
		return
	}
	d := proto.CloneOf(s.deals[id])
	if rapid.Bool().Draw(s.T, "of value") {
		d.Lines[0].Value.Minor += 5
	} else {
		d.Lines[0].Quantity.Thousandths += 5000
	}
	s.on(&licensingv1.LicenceAmended{LicenceId: id, Deal: d})
	s.planted[id] = mended
}

// redirect has another destination and category on a licence that was known.
func (s *two) redirect() {
	id := s.take(&s.licences)
	if id == "" {
		return
	}
	d := proto.CloneOf(s.deals[id])
	d.Destination.Country, d.Sources[0].Country = "XD", "XE"
	d.Lines[0].Category, d.Lines[0].Row = transferv1.Category_CATEGORY_II_ARMOURED_COMBAT_VEHICLES, "II"
	s.on(&licensingv1.LicenceAmended{LicenceId: id, Deal: d})
	s.planted[id] = mended
	for declaration, licence := range s.licenceOf { // it moves what moved under it
		if licence == id && s.planted[declaration] != late {
			s.planted[declaration] = mended
		}
	}
}

// withdraw has the register take back a licence that was known.
func (s *two) withdraw() {
	if id := s.take(&s.licences); id != "" {
		s.on(&licensingv1.EntryWithdrawn{Id: id})
		s.planted[id] = mended
	}
}

// suspend is an event on a licence that changes no figure.
func (s *two) suspend() {
	if len(s.licences) > 0 {
		s.on(&licensingv1.LicenceSuspended{LicenceId: s.take(&s.licences), Reason: "audit"})
	}
}

// correct has customs correct what moved.
func (s *two) correct() {
	id := s.take(&s.moved)
	if id == "" || s.planted[id] == late || s.deals[s.licenceOf[id]].Kind == transferv1.Kind_KIND_IMPORT {
		return
	}
	s.on(&customsv1.LicenceQuantityCorrected{DeclarationId: id, Item: 1, LicenceId: s.licenceOf[id], LicenceLine: 1, Sequence: 1, EntryId: id + "#1#2",
		Change: &customsv1.Change{Thousandths: 1000, Unit: "H87"}})
	s.planted[id] = mended
}

// submit has customs submit its return, or submit it anew.
func (s *two) submit() {
	const id = "customs/" + requestID
	before, err := s.tx.View.ReturnSubmission(id)
	if err != nil {
		s.Fatal(err)
	}
	s.on(ledgertest.By("customs", &reportingv1.AgencyReturnSubmitted{RequestId: requestID, Figures: []*reportingv1.Figure{{
		Table: "exports", Row: "III", Basis: "actual", Destination: "XB", Quantity: &transferv1.Quantity{Thousandths: int64(s.made+1) * 7000, Unit: "H87"},
	}}}))
	s.made++
	switch {
	case before == nil:
		s.planted[id] = late
	case s.planted[id] != late:
		s.planted[id] = mended
	}
}
