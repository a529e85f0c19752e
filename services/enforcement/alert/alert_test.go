package alert_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/enforcement/alert"
)

const id, othersID = "enforcement/D-2026-000001", "enforcement-b/D-2026-000001"

var (
	particulars = &eventv1.Particulars{OccurredAt: timestamppb.New(time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC))}
	directory   = []proto.Message{
		&directoryv1.AgencyRegistered{Agency: "licensing", State: "XA"}, &directoryv1.AgencyRegistered{Agency: "customs", State: "XA"},
		&directoryv1.AgencyRegistered{Agency: "enforcement", State: "XA"},
	}
	raised = &enforcementv1.DiversionAlertRaised{
		AlertId: id, Stage: enforcementv1.Stage_STAGE_D2_IN_TRANSIT, Priority: enforcementv1.Priority_PRIORITY_URGENT, Item: "40 rifles",
		Parties:    []*transferv1.Party{{Role: transferv1.Role_ROLE_CARRIER, Name: "unknown"}},
		LicenceIds: []string{"licensing/L-2026-000001"}, DeclarationIds: []string{"customs/26XA0001"}, Indicators: []string{"RF11", "RF26"},
		LastKnownLocation: "XCABC", Addressees: []string{"licensing", "customs"}, Summary: "off-loaded at a port that was not declared",
		AcknowledgeBy: timestamppb.New(time.Date(2026, 3, 11, 9, 0, 0, 0, time.UTC)),
		DetectedAt:    particulars.OccurredAt, Handling: &enforcementv1.Handling{},
	}
	raising = &enforcementv1.RaiseAlertRequest{
		Particulars: particulars, Stage: raised.Stage, Priority: raised.Priority, Item: raised.Item, Parties: raised.Parties,
		LicenceIds: raised.LicenceIds, DeclarationIds: raised.DeclarationIds, Indicators: raised.Indicators,
		LastKnownLocation: raised.LastKnownLocation, Addressees: raised.Addressees, Summary: raised.Summary, Handling: raised.Handling,
	}
	corroborated = &enforcementv1.AlertCorroborated{AlertId: id, Indicators: []string{"RF23"}, Evidence: "vessel's track"}
	confirmed    = &enforcementv1.AlertConfirmed{AlertId: id, Evidence: "serials recovered"}
	refuted      = &enforcementv1.AlertRefuted{AlertId: id, Reason: "arrived, late"}
	closed       = &enforcementv1.AlertClosed{AlertId: id, Outcome: "prosecution under way"}
	others       = ledgertest.By("enforcement-b", with(raised, func(r *enforcementv1.DiversionAlertRaised) { r.AlertId = othersID }))
)

var evidence = []*enforcementv1.Evidence{{Source: "partner", Reliability: "B", Credibility: "2", Text: "track of the vessel"}}

// hours is a time so many hours after the alert is raised.
func hours(n int) *timestamppb.Timestamp {
	return timestamppb.New(particulars.OccurredAt.AsTime().Add(time.Duration(n) * time.Hour))
}

// full gives an alert all that it may say.
func full(c *enforcementv1.RaiseAlertRequest) {
	c.Type, c.DetectedStage, c.Confidence = "undeclared_port", enforcementv1.Stage_STAGE_D4_STOCKPILE_OR_USE, enforcementv1.Confidence_CONFIDENCE_MEDIUM
	c.OccurredFrom, c.OccurredUntil, c.DetectedAt = hours(-90), hours(-80), hours(-2)
	c.Category, c.Quantity = transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS, &transferv1.Quantity{Thousandths: 40_000, Unit: "H87"}
	c.Serials = []*transferv1.Serials{{Serials: []string{"AB-0012"}, Lot: "7"}}
	c.Links = &enforcementv1.Links{Certificates: []string{"EUC 7"}, Vessels: []string{"imo:9319466"}}
	c.Places = &enforcementv1.Places{Origin: "XA", Transit: []string{"XC"}, Intended: "XB", Actual: "XC"}
	c.Patterns, c.Evidence = []string{"trafficking_route"}, evidence
	c.Handling = &enforcementv1.Handling{Caveats: "no onward release", OriginatorControl: true, PersonalData: true}
}

// asRaised is the alert that a command raises.
func asRaised(c *enforcementv1.RaiseAlertRequest) *enforcementv1.DiversionAlertRaised {
	return with(raised, func(r *enforcementv1.DiversionAlertRaised) {
		r.Type, r.DetectedStage, r.Confidence = c.Type, c.DetectedStage, c.Confidence
		r.OccurredFrom, r.OccurredUntil, r.DetectedAt = c.OccurredFrom, c.OccurredUntil, c.DetectedAt
		r.Category, r.Quantity, r.Serials, r.Links, r.Places = c.Category, c.Quantity, c.Serials, c.Links, c.Places
		r.Patterns, r.Evidence, r.Handling = c.Patterns, c.Evidence, c.Handling
	})
}

// with returns a copy of a message, changed.
func with[M proto.Message](m M, change func(M)) M {
	m = proto.CloneOf(m)
	change(m)
	return m
}

func given(t *testing.T, facts ...proto.Message) ledger.View {
	t.Helper()
	return ledgertest.GivenAs(t, "enforcement", facts...)
}

// expect compares what a rule decided with what it should have: facts, nothing, or a refusal of a kind.
func expect(t *testing.T, got []proto.Message, err error, want []proto.Message, wantErr error) {
	t.Helper()
	if !errors.Is(err, wantErr) {
		t.Errorf("refused with %v, want %v", err, wantErr)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestRaise(t *testing.T) {
	of := func(change func(*enforcementv1.RaiseAlertRequest)) *enforcementv1.RaiseAlertRequest {
		return with(raising, change)
	}
	indicator := func(code string) *enforcementv1.RaiseAlertRequest {
		return of(func(c *enforcementv1.RaiseAlertRequest) { c.Indicators = []string{code} })
	}
	tests := []struct {
		name    string
		given   []proto.Message
		command *enforcementv1.RaiseAlertRequest
		want    []proto.Message
		wantErr error
	}{
		{"to two agencies", directory, raising, []proto.Message{raised}, nil},
		{"second of the year", append(directory[:3:3], raised), raising,
			[]proto.Message{with(raised, func(r *enforcementv1.DiversionAlertRaised) { r.AlertId = "enforcement/D-2026-000002" })}, nil},
		{"first red flag", directory, indicator("RF01"), []proto.Message{with(raised, func(r *enforcementv1.DiversionAlertRaised) { r.Indicators = []string{"RF01"} })}, nil},
		{"last red flag", directory, indicator("RF28"), []proto.Message{with(raised, func(r *enforcementv1.DiversionAlertRaised) { r.Indicators = []string{"RF28"} })}, nil},
		{"red flag 0", directory, indicator("RF00"), nil, fault.Invalid},
		{"red flag 29", directory, indicator("RF29"), nil, fault.Invalid},
		{"no red flag", directory, indicator("11"), nil, fault.Invalid},
		{"red flag written otherwise", directory, indicator("RF1"), nil, fault.Invalid},
		{"not a number", directory, indicator("RFxx"), nil, fault.Invalid},
		{"neither red flags nor evidence", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.Indicators = nil }), nil, fault.Invalid},
		{"evidence and no red flags", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.Indicators, c.Evidence = nil, evidence }),
			[]proto.Message{with(raised, func(r *enforcementv1.DiversionAlertRaised) { r.Indicators, r.Evidence = nil, evidence })}, nil},
		{"evidence that says nothing", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.Evidence = []*enforcementv1.Evidence{{Source: "media"}} }), nil, fault.Invalid},
		{"with all that an alert may say", directory, with(raising, full), []proto.Message{asRaised(with(raising, full))}, nil},
		{"no handling", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.Handling = nil }), nil, fault.Invalid},
		{"no last known location", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.LastKnownLocation = "" }), nil, fault.Invalid},
		{"links and no summary", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.Summary = "" }),
			[]proto.Message{with(raised, func(r *enforcementv1.DiversionAlertRaised) { r.Summary = "" })}, nil},
		{"neither links nor summary", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.Summary, c.LicenceIds, c.DeclarationIds = "", nil, nil }), nil, fault.Invalid},
		{"type of another stage", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.Type = "false_document" }), nil, fault.Invalid},
		{"no such pattern", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.Patterns = []string{"smuggling"} }), nil, fault.Invalid},
		{"no such country", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.Places = &enforcementv1.Places{Transit: []string{"EU"}} }), nil, fault.Invalid},
		{"detected after it was raised", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.DetectedAt = hours(1) }), nil, fault.Invalid},
		{"detected before it began", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.DetectedAt, c.OccurredFrom = hours(-5), hours(-4) }), nil, fault.Invalid},
		{"ended before it began", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.OccurredFrom, c.OccurredUntil = hours(-4), hours(-5) }), nil, fault.Invalid},
		{"no parties", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.Parties = nil }), nil, fault.Invalid},
		{"no addressees", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.Addressees = nil }), nil, fault.Invalid},
		{"to itself", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.Addressees = []string{"licensing", "enforcement"} }), nil, fault.Invalid},
		{"to an agency that nobody registered", directory, of(func(c *enforcementv1.RaiseAlertRequest) { c.Addressees = []string{"licensing", "navy"} }), nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := alert.Raise(given(t, tt.given...), tt.command)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestCorroborate(t *testing.T) {
	more := &enforcementv1.AlertCorroborated{AlertId: id, Indicators: []string{"RF11"}, Evidence: "crew's statement"}
	another := with(corroborated, func(c *enforcementv1.AlertCorroborated) { c.Indicators = []string{"RF24"} })
	tests := []struct {
		name    string
		given   []proto.Message
		id      string
		command *enforcementv1.AlertCorroborated
		want    []proto.Message
		wantErr error
	}{
		{"suspected", []proto.Message{raised}, id, corroborated, []proto.Message{corroborated}, nil},
		{"with further evidence", []proto.Message{raised, corroborated}, id, more, []proto.Message{more}, nil},
		{"with another red flag", []proto.Message{raised, corroborated}, id, another, []proto.Message{another}, nil},
		{"again", []proto.Message{raised, corroborated}, id, corroborated, nil, nil},
		{"no evidence", []proto.Message{raised}, id,
			&enforcementv1.AlertCorroborated{AlertId: id}, nil, fault.Invalid},
		{"no red flag", []proto.Message{raised}, id, with(corroborated, func(c *enforcementv1.AlertCorroborated) { c.Indicators = []string{"RF99"} }), nil, fault.Invalid},
		{"confirmed", []proto.Message{raised, confirmed}, id, corroborated, nil, fault.Precondition},
		{"refuted", []proto.Message{raised, refuted}, id, corroborated, nil, fault.Precondition},
		{"closed", []proto.Message{raised, refuted, closed}, id, corroborated, nil, fault.Precondition},
		{"never raised", nil, id, corroborated, nil, fault.NotFound},
		{"of another agency", []proto.Message{others}, othersID, corroborated, nil, fault.NotAllowed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := alert.Corroborate(given(t, tt.given...), &enforcementv1.CorroborateAlertRequest{
				Particulars: particulars, AlertId: tt.id, Indicators: tt.command.Indicators, Evidence: tt.command.Evidence,
			})
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

// moveTest is a case of a command that moves an alert on, with words to say why.
type moveTest struct {
	name    string
	given   []proto.Message
	id, why string
	want    []proto.Message
	wantErr error
}

func run(t *testing.T, tests []moveTest, decide func(ledger.View, moveTest) ([]proto.Message, error)) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decide(given(t, tt.given...), tt)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestConfirm(t *testing.T) {
	run(t, []moveTest{
		{"suspected", []proto.Message{raised}, id, confirmed.Evidence, []proto.Message{confirmed}, nil},
		{"corroborated", []proto.Message{raised, corroborated}, id, confirmed.Evidence, []proto.Message{confirmed}, nil},
		{"again", []proto.Message{raised, confirmed}, id, "more serials", nil, nil},
		{"refuted", []proto.Message{raised, refuted}, id, confirmed.Evidence, nil, fault.Precondition},
		{"closed", []proto.Message{raised, confirmed, closed}, id, confirmed.Evidence, nil, fault.Precondition},
		{"no evidence", []proto.Message{raised}, id, "", nil, fault.Invalid},
		{"never raised", nil, id, confirmed.Evidence, nil, fault.NotFound},
		{"of another agency", []proto.Message{others}, othersID, confirmed.Evidence, nil, fault.NotAllowed},
	}, func(view ledger.View, tt moveTest) ([]proto.Message, error) {
		return alert.Confirm(view, &enforcementv1.ConfirmAlertRequest{Particulars: particulars, AlertId: tt.id, Evidence: tt.why})
	})
}

func TestRefute(t *testing.T) {
	run(t, []moveTest{
		{"suspected", []proto.Message{raised}, id, refuted.Reason, []proto.Message{refuted}, nil},
		{"corroborated", []proto.Message{raised, corroborated}, id, refuted.Reason, []proto.Message{refuted}, nil},
		{"again", []proto.Message{raised, refuted}, id, "as said", nil, nil},
		{"confirmed", []proto.Message{raised, confirmed}, id, refuted.Reason, nil, fault.Precondition},
		{"closed", []proto.Message{raised, refuted, closed}, id, refuted.Reason, nil, fault.Precondition},
		{"no reason", []proto.Message{raised}, id, "", nil, fault.Invalid},
		{"never raised", nil, id, refuted.Reason, nil, fault.NotFound},
		{"of another agency", []proto.Message{others}, othersID, refuted.Reason, nil, fault.NotAllowed},
	}, func(view ledger.View, tt moveTest) ([]proto.Message, error) {
		return alert.Refute(view, &enforcementv1.RefuteAlertRequest{Particulars: particulars, AlertId: tt.id, Reason: tt.why})
	})
}

func TestClose(t *testing.T) {
	run(t, []moveTest{
		{"confirmed", []proto.Message{raised, corroborated, confirmed}, id, closed.Outcome, []proto.Message{closed}, nil},
		{"refuted", []proto.Message{raised, refuted}, id, closed.Outcome, []proto.Message{closed}, nil},
		{"again", []proto.Message{raised, refuted, closed}, id, "as said", nil, nil},
		{"suspected", []proto.Message{raised}, id, closed.Outcome, nil, fault.Precondition},
		{"corroborated", []proto.Message{raised, corroborated}, id, closed.Outcome, nil, fault.Precondition},
		{"no outcome", []proto.Message{raised, refuted}, id, "", nil, fault.Invalid},
		{"never raised", nil, id, closed.Outcome, nil, fault.NotFound},
		{"of another agency", []proto.Message{others}, othersID, closed.Outcome, nil, fault.NotAllowed},
	}, func(view ledger.View, tt moveTest) ([]proto.Message, error) {
		return alert.Close(view, &enforcementv1.CloseAlertRequest{Particulars: particulars, AlertId: tt.id, Outcome: tt.why})
	})
}

// Confirming and refuting cite how others see the alert.
func TestFindingsCite(t *testing.T) {
	seen := ledgertest.By("customs", &enforcementv1.AlertClassified{AlertId: id})
	for name, decide := range map[string]func(ledger.View) ([]proto.Message, error){
		"confirmed": func(view ledger.View) ([]proto.Message, error) {
			return alert.Confirm(view, &enforcementv1.ConfirmAlertRequest{AlertId: id, Evidence: "found"})
		},
		"refuted": func(view ledger.View) ([]proto.Message, error) {
			return alert.Refute(view, &enforcementv1.RefuteAlertRequest{AlertId: id, Reason: "there it is"})
		},
	} {
		got, err := decide(given(t, raised, seen))
		if err != nil || len(got) != 1 {
			t.Fatal(name, got, err)
		}
		causes := got[0].(ledger.Dated).Causes
		if len(causes) != 2 || causes[0].GetJournal() != "customs/all" || causes[1].GetJournal() != "enforcement/all" {
			t.Errorf("%s: it cites %v; want the alert and customs' view of it", name, causes)
		}
	}
}
