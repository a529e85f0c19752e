package denial_test

import (
	"errors"
	"slices"
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
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	applicationID = "licensing/A-2026-000001"
	undercutID    = "licensing/U-2026-000001"
	ownDenialID   = "licensing/N-2026-000001"
	receivedID    = "licensing/M-2026-000001"

	theirAgency   = "xb-licensing"
	theirDenialID = theirAgency + "/N-2025-000001"
	theirNoticeID = theirAgency + "/M-2025-000001"
)

// now is a Tuesday.
var (
	now         = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	particulars = &eventv1.Particulars{OccurredAt: timestamppb.New(now)}
	cause       = &eventv1.Cause{Journal: "licensing/all", Number: 1}

	registered = &directoryv1.AgencyRegistered{Agency: "licensing", State: "XA"}
	theirs     = &directoryv1.AgencyRegistered{Agency: theirAgency, State: "XB"}
	sister     = &directoryv1.AgencyRegistered{Agency: "defence", State: "XA"}

	submitted = &licensingv1.ApplicationSubmitted{ApplicationId: applicationID, Deal: deal()}
	ownDenied = &licensingv1.LicenceDenied{DenialId: ownDenialID, Deal: deal(), Criteria: []string{"7"}, Reason: "risk of diversion"}
	// What XB tells of its denial; its own journal has it.
	told = &licensingv1.DenialNotified{
		NoticeId: theirNoticeID, DenialId: theirDenialID, State: "XB", Authority: theirAgency, Reference: theirDenialID,
		Deal: deniedDeal(), Criteria: []string{"2"}, DeniedAt: timestamppb.New(now.AddDate(-1, 0, 0)),
	}
	toldByThem = ledgertest.By(theirAgency, told)
	found      = &licensingv1.UndercutFound{
		UndercutId: undercutID, ApplicationId: applicationID, DenialId: theirNoticeID, State: "XB", Agency: theirAgency, Score: 1000,
		Reasons: []string{"the end user has the identifier reg:XC-77", "the item is rated ML1.a", "the destination is the same"},
	}
	isIdentical = &licensingv1.UndercutJudged{UndercutId: undercutID, Identical: true, Reason: "same end user and rifle"}
	isAnother   = &licensingv1.UndercutJudged{UndercutId: undercutID, Reason: "another branch"}
	opened      = &licensingv1.UndercutConsultationOpened{UndercutId: undercutID, Question: "why?", OpenedAt: timestamppb.New(now), Due: timestamppb.New(due)}
	due         = time.Date(2026, 3, 24, 23, 59, 59, 0, time.UTC) // ten working days later
	closed      = &licensingv1.UndercutClosed{UndercutId: undercutID, Identical: true}
)

// deal is an export of rifles to XC.
func deal() *licensingv1.Deal {
	return &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XC"}, EndUse: "border guard",
		Parties: []*transferv1.Party{
			{Role: transferv1.Role_ROLE_EXPORTER, Name: "Maker of XA", Country: "XA"},
			{Role: transferv1.Role_ROLE_END_USER, Name: "Frontier Guard Directorate", Country: "XC", Identifiers: []string{"reg:XC-77"}},
		},
		Lines: []*transferv1.Line{{
			Number: 1, Rating: "ML1.a", Description: "rifles", Quantity: &transferv1.Quantity{Thousandths: 100_000, Unit: "H87"},
			Value: &transferv1.Money{Minor: 5_000_00, Currency: "EUR"},
		}},
	}
}

// deniedDeal is what XB denied: the same end user, from another maker.
func deniedDeal() *licensingv1.Deal {
	d := deal()
	d.Parties = d.Parties[1:]
	d.Lines[0].Rating, d.Lines[0].Value = "EU-2024:ML1a2", nil
	return d
}

// with returns a copy of a message, changed.
func with[M proto.Message](m M, change func(M)) M {
	m = proto.CloneOf(m)
	change(m)
	return m
}

func given(t *testing.T, facts ...proto.Message) ledger.View {
	t.Helper()
	return ledgertest.Given(t, append([]proto.Message{registered, theirs, sister}, facts...)...)
}

// expect compares what a rule decided with what it should have: facts, whatever else is said of them, nothing, or a refusal
// of a kind.
func expect(t *testing.T, got []proto.Message, err error, want []proto.Message, wantErr error) {
	t.Helper()
	if !errors.Is(err, wantErr) {
		t.Errorf("refused with %v, want %v", err, wantErr)
	}
	if diff := cmp.Diff(want, plain(got), protocmp.Transform()); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func plain(facts []proto.Message) (all []proto.Message) {
	for _, f := range facts {
		if d, ok := f.(ledger.Dated); ok {
			f = d.Message
		}
		all = append(all, f)
	}
	return all
}

// plus is a history and what came after it.
func plus(facts []proto.Message, more ...proto.Message) []proto.Message {
	return slices.Concat(facts, more)
}

// groups are the sharing groups that facts choose for themselves; "" where the rules do.
func groups(facts []proto.Message) (all []string) {
	for _, f := range facts {
		d, _ := f.(ledger.Dated)
		all = append(all, d.Group)
	}
	return all
}

// expectKinds is expect for facts of which only kind and first field matter.
func expectKinds(t *testing.T, got []proto.Message, err error, kinds, ids []string, wantErr error) {
	t.Helper()
	if !errors.Is(err, wantErr) {
		t.Errorf("refused with %v, want %v", err, wantErr)
	}
	var gotKinds, gotIDs []string
	for _, f := range plain(got) {
		m := f.ProtoReflect()
		gotKinds = append(gotKinds, string(m.Descriptor().Name()))
		gotIDs = append(gotIDs, m.Get(m.Descriptor().Fields().ByNumber(1)).String())
	}
	if !slices.Equal(gotKinds, kinds) || !slices.Equal(gotIDs, ids) {
		t.Errorf("decided %v of %v, want %v of %v", gotKinds, gotIDs, kinds, ids)
	}
}
