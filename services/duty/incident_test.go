package duty_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/duty"
)

const (
	incidentID, offerID = "enforcement/D-1", "customs/CO-2026-000001"
	heldID, licenceID   = "customs/26XA1", "licensing/L-1"
)

var (
	today    = &eventv1.Particulars{OccurredAt: timestamppb.New(ledgertest.Start.Add(time.Hour))}
	incident = &enforcementv1.DiversionAlertRaised{AlertId: incidentID, Addressees: []string{"licensing"}, DeclarationIds: []string{heldID}}
	accepted = &customsv1.DeclarationAccepted{DeclarationId: heldID, LicenceId: licenceID, Parties: []*transferv1.Party{{Name: "Harbour Trading XB"}}}
	readers  = []proto.Message{
		&directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "customs", "enforcement", "reporting"}},
		&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Group: "all"}}},
	}
)

// shared has who reads what on record before the facts.
func shared(facts ...proto.Message) []proto.Message {
	return append(readers[:len(readers):len(readers)], facts...)
}

func TestClassify(t *testing.T) {
	said := &enforcementv1.ClassifyAlertRequest{
		Particulars: today, AlertId: incidentID, Verdict: enforcementv1.Verdict_VERDICT_SUSPECTED, Stage: enforcementv1.Stage_STAGE_D2_IN_TRANSIT,
		DetectedStage: enforcementv1.Stage_STAGE_D3_AT_DELIVERY, Type: "route_change", Confidence: enforcementv1.Confidence_CONFIDENCE_LOW,
		Indicators: []string{"RF11"}, Reason: "the track of the vessel",
	}
	fact := &enforcementv1.AlertClassified{
		AlertId: incidentID, Verdict: said.Verdict, Stage: said.Stage, DetectedStage: said.DetectedStage, Type: said.Type, Confidence: said.Confidence,
		Indicators: said.Indicators, Reason: said.Reason,
	}
	of := func(change func(*enforcementv1.ClassifyAlertRequest)) *enforcementv1.ClassifyAlertRequest {
		return with(said, change)
	}
	surer := with(fact, func(c *enforcementv1.AlertClassified) { c.Confidence = enforcementv1.Confidence_CONFIDENCE_HIGH })
	tests := []struct {
		name    string
		given   []proto.Message
		cmd     *enforcementv1.ClassifyAlertRequest
		want    []proto.Message
		wantErr error
	}{
		{"first", []proto.Message{incident}, said, []proto.Message{fact}, nil},
		{"beside another's", []proto.Message{incident, ledgertest.By("licensing", surer)}, said, []proto.Message{fact}, nil},
		{"of a closed one", []proto.Message{incident, &enforcementv1.AlertRefuted{AlertId: incidentID}, &enforcementv1.AlertClosed{AlertId: incidentID}}, said, []proto.Message{fact}, nil},
		{"again", []proto.Message{incident, ledgertest.By("customs", fact)}, said, nil, nil},
		{"otherwise, where it stands", []proto.Message{incident, ledgertest.In("border", ledgertest.By("customs", surer))}, said, []proto.Message{ledger.Dated{Message: fact, Group: "border"}}, nil},
		{"no verdict", []proto.Message{incident}, of(func(c *enforcementv1.ClassifyAlertRequest) { c.Verdict = 0 }), nil, fault.Invalid},
		{"no reason", []proto.Message{incident}, of(func(c *enforcementv1.ClassifyAlertRequest) { c.Reason = "" }), nil, fault.Invalid},
		{"type of another stage", []proto.Message{incident}, of(func(c *enforcementv1.ClassifyAlertRequest) { c.Type = "gift" }), nil, fault.Invalid},
		{"type without a stage", []proto.Message{incident}, of(func(c *enforcementv1.ClassifyAlertRequest) { c.Stage = 0 }), nil, fault.Invalid},
		{"no such flag", []proto.Message{incident}, of(func(c *enforcementv1.ClassifyAlertRequest) { c.Indicators = []string{"RF29"} }), nil, fault.Invalid},
		{"never heard of", nil, said, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := duty.Classify(ledgertest.GivenAs(t, "customs", tt.given...), tt.cmd)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestActOn(t *testing.T) {
	cmd := &enforcementv1.ActOnAlertRequest{Particulars: today, AlertId: incidentID, Action: "goods_examined", Text: "seals broken", Records: []string{heldID}, Cases: []string{"K 7"}}
	fact := &enforcementv1.AlertActed{
		ActionId: "customs/AC-2026-000001", AlertId: incidentID, Action: cmd.Action, Text: cmd.Text, References: []string{heldID, "K 7"}, At: today.OccurredAt,
	}
	of := func(change func(*enforcementv1.ActOnAlertRequest)) *enforcementv1.ActOnAlertRequest {
		return with(cmd, change)
	}
	early := timestamppb.New(ledgertest.Start)
	tests := []struct {
		name, agency string
		given        []proto.Message
		cmd          *enforcementv1.ActOnAlertRequest
		want         []proto.Message
		wantErr      error
	}{
		{"by whose record it names", "customs", []proto.Message{incident, accepted}, cmd, []proto.Message{fact}, nil},
		{"by an addressee", "licensing", []proto.Message{incident, accepted}, cmd, []proto.Message{with(fact, func(f *enforcementv1.AlertActed) { f.ActionId = "licensing/AC-2026-000001" })}, nil},
		{"by who raised it", "enforcement", []proto.Message{incident, accepted}, cmd, []proto.Message{with(fact, func(f *enforcementv1.AlertActed) { f.ActionId = "enforcement/AC-2026-000001" })}, nil},
		{"earlier", "customs", []proto.Message{incident, accepted}, of(func(c *enforcementv1.ActOnAlertRequest) { c.At = early }),
			[]proto.Message{with(fact, func(f *enforcementv1.AlertActed) { f.At = early })}, nil},
		{"later than now", "customs", []proto.Message{incident, accepted}, of(func(c *enforcementv1.ActOnAlertRequest) { c.At = timestamppb.New(ledgertest.Start.AddDate(1, 0, 0)) }), nil, fault.Invalid},
		{"again", "customs", []proto.Message{incident, accepted, ledgertest.By("customs", fact)}, cmd, nil, nil},
		{"another's action", "customs", []proto.Message{incident, accepted, ledgertest.By("licensing", with(fact, func(f *enforcementv1.AlertActed) { f.ActionId = "licensing/AC-2026-000001" }))}, cmd, []proto.Message{fact}, nil},
		{"by nobody concerned", "reporting", []proto.Message{incident, accepted}, cmd, nil, fault.NotAllowed},
		{"on a record that is not here", "customs", []proto.Message{incident}, cmd, nil, fault.NotFound},
		{"of no kind", "customs", []proto.Message{incident, accepted}, of(func(c *enforcementv1.ActOnAlertRequest) { c.Action = "prayed" }), nil, fault.Invalid},
		{"that says nothing", "customs", []proto.Message{incident, accepted}, &enforcementv1.ActOnAlertRequest{Particulars: today, AlertId: incidentID, Action: "other"}, nil, fault.Invalid},
		{"never heard of", "customs", nil, cmd, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := duty.ActOn(ledgertest.GivenAs(t, tt.agency, tt.given...), tt.cmd)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestAnswerConsequence(t *testing.T) {
	offered := func(id string, c enforcementv1.Consequence, subject string) proto.Message {
		return ledgertest.By(id[:len(id)-len("/CO-2026-000001")], &enforcementv1.ConsequenceOffered{OfferId: id, AlertId: incidentID, Consequence: c, Subject: subject})
	}
	hold := offered(offerID, enforcementv1.Consequence_CONSEQUENCE_HOLD, heldID)
	reassess := offered(offerID, enforcementv1.Consequence_CONSEQUENCE_REASSESS, licenceID)
	check := offered(offerID, enforcementv1.Consequence_CONSEQUENCE_POST_DELIVERY_CHECK, licenceID)
	granted := &licensingv1.LicenceGranted{LicenceId: licenceID}
	heldBy := func(alert string) proto.Message {
		return &customsv1.GoodsHeld{DeclarationId: heldID, AlertId: alert}
	}
	answered := func(taken bool, reason string) *enforcementv1.ConsequenceAnswered {
		return &enforcementv1.ConsequenceAnswered{OfferId: offerID, Taken: taken, Reason: reason}
	}
	tests := []struct {
		name    string
		given   []proto.Message
		taken   bool
		reason  string
		want    *enforcementv1.ConsequenceAnswered
		wantErr error
	}{
		{"taken", []proto.Message{incident, accepted, hold}, true, "", answered(true, ""), nil},
		{"taken, goods held otherwise", []proto.Message{incident, accepted, heldBy(""), hold}, true, "", answered(true, ""), nil},
		{"taken, goods held by an alert", []proto.Message{incident, accepted, heldBy("enforcement/D-7"), hold}, true, "", nil, fault.Precondition},
		{"taken, goods gone", []proto.Message{incident, accepted, &customsv1.ExitConfirmed{DeclarationId: heldID}, hold}, true, "", nil, fault.Precondition},
		{"taken, refuted", []proto.Message{incident, accepted, hold, &enforcementv1.AlertRefuted{AlertId: incidentID}}, true, "", nil, fault.Precondition},
		{"taken, licence in force", []proto.Message{incident, granted, reassess}, true, "", answered(true, ""), nil},
		{"taken, licence ended", []proto.Message{incident, granted, &licensingv1.LicenceRevoked{LicenceId: licenceID}, reassess}, true, "", nil, fault.Precondition},
		{"taken, licence ended, of what was delivered", []proto.Message{incident, granted, &licensingv1.LicenceRevoked{LicenceId: licenceID}, check}, true, "", answered(true, ""), nil},
		{"taken again", []proto.Message{incident, accepted, hold, ledgertest.By("customs", answered(true, "at once"))}, true, "", nil, nil},
		{"declined", []proto.Message{incident, accepted, hold}, false, "other goods", answered(false, "other goods"), nil},
		{"declined without a reason", []proto.Message{incident, accepted, hold}, false, "", nil, fault.Invalid},
		{"declined after it was taken", []proto.Message{incident, accepted, hold, ledgertest.By("customs", answered(true, ""))}, false, "other goods", nil, fault.Conflict},
		{"never offered", []proto.Message{incident}, true, "", nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var want []proto.Message
			if tt.want != nil {
				want = []proto.Message{ledger.Dated{Message: tt.want, Group: "all"}}
			}
			got, err := duty.AnswerConsequence(ledgertest.GivenAs(t, "customs", tt.given...), &enforcementv1.AnswerConsequenceRequest{Particulars: today, OfferId: offerID, Taken: tt.taken, Reason: tt.reason})
			expect(t, got, err, want, tt.wantErr)
		})
	}
	others := offered("licensing/CO-2026-000001", enforcementv1.Consequence_CONSEQUENCE_REASSESS, licenceID)
	_, err := duty.AnswerConsequence(ledgertest.GivenAs(t, "customs", incident, others), &enforcementv1.AnswerConsequenceRequest{OfferId: "licensing/CO-2026-000001", Taken: true})
	expect(t, nil, err, nil, fault.NotAllowed)
}

// What an agency decides about an alert, or about a correction that others propose, cites it.
func TestAnswersCite(t *testing.T) {
	corroborated := &enforcementv1.AlertCorroborated{AlertId: incidentID}
	offer := ledgertest.By("customs", &enforcementv1.ConsequenceOffered{
		OfferId: offerID, AlertId: incidentID, Subject: heldID, Consequence: enforcementv1.Consequence_CONSEQUENCE_HOLD,
	})
	proposal := ledgertest.By("enforcement", &enforcementv1.CorrectionProposed{CorrectionId: "enforcement/CR-1", RecordId: heldID, Owner: "customs", Field: "accepted.office"})
	view := ledgertest.GivenAs(t, "customs", shared(accepted, incident, corroborated, offer, proposal)...)
	for name, tt := range map[string]struct {
		facts func() ([]proto.Message, error)
		want  []string
	}{
		"an action": {func() ([]proto.Message, error) {
			return duty.ActOn(view, &enforcementv1.ActOnAlertRequest{Particulars: today, AlertId: incidentID, Action: "goods_examined", Text: "seals broken"})
		}, []string{"enforcement/all/1", "enforcement/all/2"}},
		"an answer to an offer": {func() ([]proto.Message, error) {
			return duty.AnswerConsequence(view, &enforcementv1.AnswerConsequenceRequest{Particulars: today, OfferId: offerID, Taken: true})
		}, []string{"enforcement/all/1", "enforcement/all/2"}},
		"an answer to a correction": {func() ([]proto.Message, error) {
			return duty.AnswerCorrection(view, &enforcementv1.AnswerCorrectionRequest{Particulars: today, CorrectionId: "enforcement/CR-1", Accepted: true})
		}, []string{"enforcement/all/3"}},
	} {
		t.Run(name, func(t *testing.T) {
			facts, err := tt.facts()
			if err != nil || len(facts) != 1 {
				t.Fatal(facts, err)
			}
			var cited []string
			dated, _ := facts[0].(ledger.Dated)
			for _, c := range dated.Causes {
				cited = append(cited, fmt.Sprintf("%s/%d", c.GetJournal(), c.GetNumber()))
			}
			if !slices.Equal(cited, tt.want) {
				t.Errorf("it cites %v; want %v", cited, tt.want)
			}
		})
	}
}

func TestAddSighting(t *testing.T) {
	cmd := &enforcementv1.AddSightingRequest{Particulars: today, Text: "crates of this lot on a market", Place: "XCABC", Country: "XC", Serials: []*transferv1.Serials{{Lot: "7"}}, Records: []string{"licensing/L-77"}}
	fact := &enforcementv1.SightingAdded{SightingId: "customs/SI-2026-000001", Text: cmd.Text, Place: cmd.Place, Country: cmd.Country, SeenAt: today.OccurredAt, Serials: cmd.Serials, Records: cmd.Records}
	of := func(change func(*enforcementv1.AddSightingRequest)) *enforcementv1.AddSightingRequest {
		return with(cmd, change)
	}
	tests := []struct {
		name    string
		given   []proto.Message
		cmd     *enforcementv1.AddSightingRequest
		want    []proto.Message
		wantErr error
	}{
		{"of what is not on record here", nil, cmd, []proto.Message{fact}, nil},
		{"a second time", []proto.Message{ledgertest.By("customs", fact)}, cmd, []proto.Message{with(fact, func(f *enforcementv1.SightingAdded) { f.SightingId = "customs/SI-2026-000002" })}, nil},
		{"of nothing", nil, &enforcementv1.AddSightingRequest{Particulars: today, Text: "something", Links: &enforcementv1.Links{}}, nil, fault.Invalid},
		{"that says nothing", nil, of(func(c *enforcementv1.AddSightingRequest) { c.Text = "" }), nil, fault.Invalid},
		{"in no country", nil, of(func(c *enforcementv1.AddSightingRequest) { c.Country = "EU" }), nil, fault.Invalid},
		{"by evidence that says nothing", nil, of(func(c *enforcementv1.AddSightingRequest) { c.Evidence = &enforcementv1.Evidence{Source: "media"} }), nil, fault.Invalid},
		{"to come", nil, of(func(c *enforcementv1.AddSightingRequest) {
			c.SeenAt = timestamppb.New(ledgertest.Start.AddDate(1, 0, 0))
		}), nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := duty.AddSighting(ledgertest.GivenAs(t, "customs", tt.given...), tt.cmd)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}
