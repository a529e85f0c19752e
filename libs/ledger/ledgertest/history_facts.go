package ledgertest

import (
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func (s *story) deal() *licensingv1.Deal {
	d := &licensingv1.Deal{
		Kind:        transferv1.Kind(rapid.IntRange(1, 5).Draw(s.t, "kind")),
		Parties:     s.parties(),
		Destination: pick(s, "destination", &licensingv1.Place{Country: "XA", Name: "Arcadia"}, &licensingv1.Place{Country: "XB"}, &licensingv1.Place{Name: "Atlantis"}, nil),
	}
	for i := range rapid.IntRange(0, 4).Draw(s.t, "lines") {
		d.Lines = append(d.Lines, &transferv1.Line{
			Number: uint32(i + 1), Rating: pick(s, "rating", "ML1", "ML2.a", "PL5017"), Category: transferv1.Category(rapid.IntRange(0, 10).Draw(s.t, "category")),
			Value: &transferv1.Money{Minor: int64(i) * 100, Currency: "EUR"},
		})
	}
	return d
}

func (s *story) parties() (parties []*transferv1.Party) {
	for range rapid.IntRange(0, 2).Draw(s.t, "parties") {
		parties = append(parties, &transferv1.Party{
			Role: transferv1.Role_ROLE_EXPORTER, Name: pick(s, "name", "Exporter Älpha", "exporter alpha", "Beta & Co"),
			Identifiers: pick(s, "identifiers", nil, []string{"lei:1"}, []string{"lei:2", "reg:2"}),
		})
	}
	return parties
}

func (s *story) apply() {
	s.tell(In(s.group(), &licensingv1.ApplicationSubmitted{ApplicationId: s.id("licensing", "A"), Deal: s.deal()}))
}

func (s *story) decide() {
	l := &told{group: s.group(), denial: rapid.IntRange(0, 3).Draw(s.t, "denied") == 0, status: "live"}
	if again := s.with(s.licences, "withdrawn"); again != nil && rapid.Bool().Draw(s.t, "anew") {
		l = again
		l.status = "live"
	} else {
		l.id = s.id("licensing", "L")
		s.licences = append(s.licences, l)
	}
	published := &licensingv1.Published{Source: pick(s, "source", "uk-licences", "eu-reports")}
	if l.denial {
		s.tell(In(l.group, &licensingv1.LicenceDenied{DenialId: l.id, Deal: s.deal(), Criteria: pick(s, "criteria", nil, []string{"2", "7"}, []string{"7", "2", "7"}), Published: published}))
		return
	}
	s.tell(In(l.group, &licensingv1.LicenceGranted{LicenceId: l.id, Deal: s.deal(), Published: published}))
}

// with returns one of the rows that stand so; nil when there is none.
func (s *story) with(rows []*told, status ...string) *told {
	var fit []*told
	for _, r := range rows {
		for _, st := range status {
			if r.status == st {
				fit = append(fit, r)
			}
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return pick(s, "row", fit...)
}

func (s *story) changeLicence() {
	l := s.with(s.licences, "live", "suspended")
	switch {
	case l == nil:
	case rapid.IntRange(0, 3).Draw(s.t, "withdrawn") == 0:
		l.status = "withdrawn"
		s.tell(In(l.group, &licensingv1.EntryWithdrawn{Id: l.id, Source: "uk-licences", Edition: "2012-07-12"}))
	case l.denial:
		s.tell(In(l.group, &licensingv1.DenialAmended{DenialId: l.id, Deal: pick(s, "deal", s.deal(), nil), Criteria: []string{"1"}}))
	case rapid.Bool().Draw(s.t, "amended"):
		s.tell(In(l.group, &licensingv1.LicenceAmended{LicenceId: l.id, Deal: pick(s, "deal", s.deal(), nil), ValidUntil: timestamppb.New(Start)}))
	case l.status == "suspended" && rapid.Bool().Draw(s.t, "reinstated"):
		l.status = "live"
		s.tell(In(l.group, &licensingv1.LicenceReinstated{LicenceId: l.id, Reason: "cleared"}))
	case l.status == "live" && rapid.Bool().Draw(s.t, "suspended"):
		l.status = "suspended"
		s.tell(In(l.group, &licensingv1.LicenceSuspended{LicenceId: l.id, Reason: "forged"}))
	default:
		l.status = "revoked"
		s.tell(In(l.group, &licensingv1.LicenceRevoked{LicenceId: l.id, Reason: "diverted"}))
	}
}

func (s *story) declare() {
	d := &told{id: s.id("customs", "D"), status: "accepted"}
	licence := "licensing/unknown"
	if l := s.with(s.licences, "live", "suspended", "revoked"); l != nil {
		licence = l.id
	}
	at := s.time()
	d.licence = licence
	s.tell(&customsv1.DeclarationAccepted{
		DeclarationId: d.id, Kind: pick(s, "kind", transferv1.Kind_KIND_EXPORT, transferv1.Kind_KIND_IMPORT), Office: pick(s, "office", "XA001", "XA002"), LicenceId: licence,
		Parties: s.parties(), Destination: "XB", AcceptedAt: timestamppb.New(at),
	})
	for d.reserved = range rapid.IntRange(1, 3).Draw(s.t, "items") {
		s.tell(&customsv1.LicenceQuantityReserved{DeclarationId: d.id, Item: uint32(d.reserved + 1), LicenceId: licence, LicenceLine: 1})
	}
	s.declared = append(s.declared, d)
}

func (s *story) move() {
	d := s.with(s.declared, "accepted", "exited")
	switch {
	case d == nil:
	case d.status == "exited" || rapid.Bool().Draw(s.t, "arrived"):
		d.status = "arrived"
		s.tell(&customsv1.ArrivalRecorded{DeclarationId: d.id, At: timestamppb.New(s.time())})
		s.commit(d)
	case rapid.Bool().Draw(s.t, "cancelled"):
		d.status = "cancelled"
		s.tell(&customsv1.DeclarationCancelled{DeclarationId: d.id, Reason: "withdrawn"})
		s.tell(&customsv1.LicenceQuantityReleased{DeclarationId: d.id, Item: 1, LicenceId: "licensing/unknown"})
	default:
		d.status = "exited"
		s.tell(&customsv1.ExitConfirmed{DeclarationId: d.id})
		s.commit(d)
	}
}

// commit writes off what moved, once, and now and then corrects it.
func (s *story) commit(d *told) {
	if d.committed {
		return
	}
	d.committed = true
	pieces := func(what string) *transferv1.Quantity {
		return &transferv1.Quantity{Thousandths: rapid.Int64Range(0, 9).Draw(s.t, what) * 1000, Unit: pick(s, "unit", "H87", "KGM")}
	}
	line := uint32(rapid.IntRange(1, 2).Draw(s.t, "line"))
	s.tell(&customsv1.LicenceQuantityCommitted{DeclarationId: d.id, Item: 1, LicenceId: d.licence, LicenceLine: line, Quantity: pieces("moved")})
	if rapid.Bool().Draw(s.t, "corrected") {
		q := pieces("more")
		s.tell(&customsv1.LicenceQuantityCorrected{
			DeclarationId: d.id, Item: 1, LicenceId: d.licence, LicenceLine: line, Change: &customsv1.Change{Thousandths: q.Thousandths - 4000, Unit: q.Unit}, Reason: "counted", Sequence: 1,
			EntryId: d.id + "#1#2",
		})
	}
	if rapid.IntRange(0, 3).Draw(s.t, "restored") == 0 {
		s.tell(&customsv1.LicenceQuantityRestored{DeclarationId: d.id, Item: 1, LicenceId: d.licence, LicenceLine: line, Quantity: pieces("back"), Sequence: 1})
	}
}

func (s *story) alert() {
	a := &told{id: s.id("enforcement", "A"), status: "open"}
	s.alerts = append(s.alerts, a)
	raised := &enforcementv1.DiversionAlertRaised{
		AlertId: a.id, Stage: enforcementv1.Stage(rapid.IntRange(1, 6).Draw(s.t, "stage")), Priority: enforcementv1.Priority(rapid.IntRange(1, 3).Draw(s.t, "priority")),
		Parties: s.parties(), Indicators: pick(s, "indicators", []string{"RF01"}, []string{"RF02", "RF01", "RF02"}), Addressees: []string{"customs", "licensing"},
	}
	if l := s.with(s.licences, "live"); l != nil {
		raised.LicenceIds = []string{l.id, l.id}
	}
	s.tell(raised)
}

func (s *story) followAlert() {
	a := s.with(s.alerts, "open", "found")
	switch {
	case a == nil:
	case a.status == "found":
		a.status = "closed"
		s.tell(&enforcementv1.AlertClosed{AlertId: a.id, Outcome: "seized"})
	case rapid.Bool().Draw(s.t, "corroborated"):
		s.tell(&enforcementv1.AlertCorroborated{AlertId: a.id, Indicators: []string{"RF03", "RF01"}, Evidence: "photographs"})
	case rapid.Bool().Draw(s.t, "confirmed"):
		a.status = "found"
		s.tell(&enforcementv1.AlertConfirmed{AlertId: a.id, Evidence: "serial numbers"})
	default:
		a.status = "found"
		s.tell(&enforcementv1.AlertRefuted{AlertId: a.id, Reason: "another item"})
	}
}

// answer is by an agency to what another may not have told it yet.
func (s *story) answer() {
	s.made++
	agency := pick(s, "agency", "customs", "licensing")
	if rapid.Bool().Draw(s.t, "alert") {
		s.tell(By(agency, &enforcementv1.AlertAcknowledged{AlertId: fmt.Sprintf("enforcement/A-%06d", s.made), Note: "taken up"}))
		return
	}
	request := s.id("reporting", "R")
	s.tell(&reportingv1.AgencyReturnRequested{
		RequestId: request, Year: uint32(pick(s, "year", 2008, 2009)), Form: pick(s, "form", "att-annual", "att-annual-exports"), Agencies: []string{"customs", "licensing"},
	})
	submitted := &reportingv1.AgencyReturnSubmitted{RequestId: request, Nil: rapid.Bool().Draw(s.t, "nil")}
	if !submitted.Nil {
		submitted.Figures = []*reportingv1.Figure{{
			Table: pick(s, "table", "exports", "imports"), Row: pick(s, "category", "I", "VIII small arms 4"), Destination: pick(s, "to", "XB", "XC"), Lines: 1,
			Quantity: &transferv1.Quantity{Thousandths: 3000, Unit: "H87"}, Reason: "of our own stock",
		}}
	}
	s.tell(By(agency, submitted))
}

func (s *story) review() {
	if r := s.with(s.reviews, "open"); r != nil && rapid.Bool().Draw(s.t, "concluded") {
		r.status = "concluded"
		s.tell(In(r.group, &licensingv1.ReassessmentConcluded{ReassessmentId: r.id, Outcome: licensingv1.Outcome_OUTCOME_MAINTAINED}))
		return
	}
	r := &told{id: s.id("licensing", "RA"), status: "open", group: s.group()}
	s.reviews = append(s.reviews, r)
	s.tell(In(r.group, &licensingv1.ReassessmentOpened{ReassessmentId: r.id, LicenceId: "licensing/L-000001", AlertId: "enforcement/A-000001", Reason: "alert"}))
}
