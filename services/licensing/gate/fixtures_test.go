package gate_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

const (
	applicationID = "licensing/A-2026-000001"
	checkID       = "licensing/G-2026-000001"
	assessmentID  = "licensing/V-2026-000001"
	embargoID     = "licensing/E-1"

	clear      = licensingv1.GateResult_GATE_RESULT_CLEAR
	prohibited = licensingv1.GateResult_GATE_RESULT_PROHIBITED
	refer      = licensingv1.GateResult_GATE_RESULT_REFER

	small = transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS
)

var (
	now         = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	particulars = &eventv1.Particulars{OccurredAt: timestamppb.New(now)}
	registered  = &directoryv1.AgencyRegistered{Agency: "licensing", State: "XA"}
	submitted   = &licensingv1.ApplicationSubmitted{ApplicationId: applicationID, Deal: deal()}
	denied      = &licensingv1.LicenceDenied{DenialId: "licensing/N-1", ApplicationId: applicationID, Deal: deal()}
)

// deal is an export of small arms to XB.
func deal(change ...func(*licensingv1.Deal)) *licensingv1.Deal {
	return with(&licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT,
		Parties: []*transferv1.Party{
			{Role: transferv1.Role_ROLE_EXPORTER, Name: "Maker of XA", Country: "XA"},
			{Role: transferv1.Role_ROLE_END_USER, Name: "Army of XB", Country: "XB"},
		},
		Destination: &licensingv1.Place{Country: "XB"},
		Lines:       []*transferv1.Line{{Number: 1, Rating: "ML1.a", Category: small}},
	}, change...)
}

func digest(d *licensingv1.Deal) []byte {
	sum, err := dossier.DealDigest(d)
	if err != nil {
		panic(err)
	}
	return sum
}

// embargo is on a State, of which licensing reads in a resolution; it has an exemption.
func embargo(country string, change ...func(*screeningv1.EmbargoRecorded)) proto.Message {
	return ledgertest.By("licensing", with(&screeningv1.EmbargoRecorded{
		EmbargoId: embargoID, Country: country, Measure: "arms", Resolution: "resolution 9001", ValidFrom: "2026-01-01", Exemptions: []string{"paragraph 5(a)"},
	}, change...))
}

func findings(one, two, three licensingv1.GateResult, change ...func([]*licensingv1.ProhibitionFinding)) []*licensingv1.ProhibitionFinding {
	all := []*licensingv1.ProhibitionFinding{
		{Paragraph: "6(1)", Result: one, Reason: "no measures"},
		{Paragraph: "6(2)", Result: two, Reason: "no treaty"},
		{Paragraph: "6(3)", Result: three, Reason: "nothing is known"},
	}
	for _, c := range change {
		c(all)
	}
	return all
}

// checked is a check of the deal that came to a result.
func checked(result licensingv1.GateResult, all []*licensingv1.ProhibitionFinding) *licensingv1.ProhibitionChecked {
	return &licensingv1.ProhibitionChecked{CheckId: checkID, ApplicationId: applicationID, Findings: all, Result: result, Deal: digest(deal())}
}

func isClear() *licensingv1.ProhibitionChecked {
	return checked(clear, findings(clear, clear, clear))
}

func with[M proto.Message](m M, changes ...func(M)) M {
	m = proto.CloneOf(m)
	for _, change := range changes {
		change(m)
	}
	return m
}

// expect compares what a rule decided with what it should have, but for what was known: facts, nothing, or a refusal of a kind.
func expect(t *testing.T, view ledger.View, got []proto.Message, err error, want []proto.Message, wantErr error) {
	t.Helper()
	if !errors.Is(err, wantErr) {
		t.Errorf("refused with %v, want %v", err, wantErr)
	}
	known, knownErr := dossier.Knowledge(view, []string{"report 7"})
	if knownErr != nil {
		t.Fatal(knownErr)
	}
	for _, fact := range got {
		k := fact.(interface{ GetKnowledge() *eventv1.Knowledge }).GetKnowledge()
		if !proto.Equal(k, known) || len(k.GetJournals()) == 0 {
			t.Errorf("it rests on %v, known was %v", k, known)
		}
	}
	if diff := cmp.Diff(want, got, protocmp.Transform(), protocmp.IgnoreFields(&licensingv1.ProhibitionChecked{}, "knowledge"),
		protocmp.IgnoreFields(&licensingv1.RiskAssessed{}, "knowledge")); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}
