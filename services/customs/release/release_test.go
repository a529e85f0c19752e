package release_test

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
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/customs/release"
)

const (
	licenceID     = "licensing/L-1"
	declarationID = "customs/1"
	alertID       = "enforcement/A-1"
)

var (
	start    = ledgertest.Start
	declared = []proto.Message{
		ledgertest.At(start, &licensingv1.LicenceGranted{LicenceId: licenceID, ValidUntil: timestamppb.New(start.AddDate(0, 0, 2))}),
		ledgertest.At(start, &customsv1.DeclarationAccepted{DeclarationId: declarationID, LicenceId: licenceID}),
	}
	suspended = ledgertest.At(start, &licensingv1.LicenceSuspended{LicenceId: licenceID, Reason: "looked at"})
	beaten    = ledgertest.At(start.AddDate(0, 0, 2), &licensingv1.Heartbeat{})
)

func and(facts ...proto.Message) []proto.Message { return append(declared[:2:2], facts...) }

func held(reason customsv1.HoldReason) proto.Message {
	return ledgertest.At(start, &customsv1.GoodsHeld{DeclarationId: declarationID, Reason: reason, Text: "so"})
}

func alert(priority enforcementv1.Priority, declarations ...string) proto.Message {
	licences := []string{licenceID}
	if len(declarations) > 0 {
		licences = nil
	}
	return ledgertest.At(start, &enforcementv1.DiversionAlertRaised{AlertId: alertID, Priority: priority, LicenceIds: licences, DeclarationIds: declarations, Summary: "not seen"})
}

func of(fact proto.Message) proto.Message { return ledgertest.At(start, fact) }

// kinds are what facts are, with the reason of a hold.
func kinds(facts []proto.Message) (list []string) {
	for _, f := range facts {
		if d, ok := f.(ledger.Dated); ok {
			f = d.Message
		}
		kind := string(f.ProtoReflect().Descriptor().Name())
		if h, ok := f.(*customsv1.GoodsHeld); ok {
			kind += " " + h.GetReason().String()[len("HOLD_REASON_"):]
		}
		list = append(list, kind)
	}
	return list
}

func TestTry(t *testing.T) {
	const (
		immediate = enforcementv1.Priority_PRIORITY_IMMEDIATE
		urgent    = enforcementv1.Priority_PRIORITY_URGENT
		stale     = customsv1.HoldReason_HOLD_REASON_STALE
		byHand    = customsv1.HoldReason_HOLD_REASON_EXAMINATION
	)
	confirmed := of(&enforcementv1.AlertConfirmed{AlertId: alertID, Evidence: "found"})
	tests := []struct {
		name    string
		given   []proto.Message
		clock   time.Duration // since the start
		want    []string
		wantErr error
	}{
		{"fresh", and(), time.Hour, []string{"GoodsReleased"}, nil},
		{"stale", and(), time.Hour + 1, []string{"GoodsHeld STALE"}, nil},
		{"suspended", and(suspended), time.Minute, []string{"GoodsHeld LICENCE"}, nil},
		{"suspended and stale", and(suspended), 5 * time.Hour, []string{"GoodsHeld LICENCE"}, nil},
		{"revoked", and(of(&licensingv1.LicenceRevoked{LicenceId: licenceID, Reason: "forged"})), time.Minute, []string{"GoodsHeld LICENCE"}, nil},
		{"reinstated", and(suspended, of(&licensingv1.LicenceReinstated{LicenceId: licenceID, Reason: "cleared"})), time.Minute, []string{"GoodsReleased"}, nil},
		{"expired", and(beaten), 48 * time.Hour, []string{"GoodsHeld LICENCE"}, nil},
		{"expired by what is on record", and(beaten), 48*time.Hour - time.Minute, []string{"GoodsHeld LICENCE"}, nil},
		{"an immediate alert on the licence", and(alert(immediate)), time.Minute, []string{"GoodsHeld ALERT"}, nil},
		{"an immediate alert on the declaration", and(alert(immediate, declarationID)), time.Minute, []string{"GoodsHeld ALERT"}, nil},
		{"an alert on another declaration", and(alert(immediate, "customs/2")), time.Minute, []string{"GoodsReleased"}, nil},
		{"an urgent alert", and(alert(urgent)), time.Minute, []string{"GoodsReleased"}, nil},
		{"an urgent alert, confirmed", and(alert(urgent), confirmed), time.Minute, []string{"GoodsHeld ALERT"}, nil},
		{"refuted", and(alert(immediate), of(&enforcementv1.AlertRefuted{AlertId: alertID, Reason: "found"})), time.Minute, []string{"GoodsReleased"}, nil},
		{"stale before, and now", and(held(stale)), 5 * time.Hour, nil, nil},
		{"stale before, and fresh now", and(held(stale)), time.Hour, []string{"HoldLifted", "GoodsReleased"}, nil},
		{"stale before, and suspended now", and(held(stale), suspended), time.Hour, []string{"GoodsHeld LICENCE"}, nil},
		{"held for an examination", and(held(byHand)), time.Minute, nil, fault.Precondition},
		{"that was lifted", and(held(byHand), of(&customsv1.HoldLifted{DeclarationId: declarationID, Reason: "seen"})), time.Minute, []string{"GoodsReleased"}, nil},
		{"released before", and(of(&customsv1.GoodsReleased{DeclarationId: declarationID})), 5 * time.Hour, nil, nil},
		{"gone before", and(of(&customsv1.ExitConfirmed{DeclarationId: declarationID})), time.Minute, nil, fault.Precondition},
		{"cancelled before", and(of(&customsv1.DeclarationCancelled{DeclarationId: declarationID, Reason: "sale fell through"})), time.Minute, nil, fault.Precondition},
		{"unknown", declared[:1], time.Minute, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// what an officer says the time is does not matter
			cmd := &customsv1.ReleaseGoodsRequest{Particulars: &eventv1.Particulars{OccurredAt: timestamppb.New(start)}, DeclarationId: declarationID}
			facts, outcome, err := release.Try(ledgertest.GivenAs(t, "customs", tt.given...), cmd, start.Add(tt.clock))
			if !errors.Is(err, tt.wantErr) {
				t.Fatalf("refused with %v, want %v", err, tt.wantErr)
			}
			if diff := cmp.Diff(tt.want, kinds(facts)); diff != "" || (outcome == nil) != (err != nil) {
				t.Errorf("outcome %v; facts (-want +got):\n%s", outcome, diff)
			}
		})
	}
	elsewhere := ledgertest.GivenAs(t, "customs-b", declared...)
	if _, _, err := release.Try(elsewhere, &customsv1.ReleaseGoodsRequest{DeclarationId: declarationID}, start); !errors.Is(err, fault.NotAllowed) {
		t.Errorf("another agency's goods: %v", err)
	}
}

// A release says by which block of the licence's journal the copy was fresh; a hold, by which it was not.
func TestFreshnessIsOnRecord(t *testing.T) {
	v := ledgertest.GivenAs(t, "customs", and(ledgertest.At(start.Add(time.Minute), &licensingv1.Heartbeat{}))...)
	want := &customsv1.Freshness{LicenceId: licenceID, Journal: "licensing/all", Block: 2, AsOf: timestamppb.New(start.Add(time.Minute)), LimitSeconds: 3600}
	for _, age := range []time.Duration{time.Hour, time.Hour + time.Second} {
		_, outcome, err := release.Try(v, &customsv1.ReleaseGoodsRequest{DeclarationId: declarationID}, start.Add(time.Minute+age))
		if err != nil {
			t.Fatal(err)
		}
		want.AgeSeconds = uint32(age / time.Second)
		got, ok := outcome.(interface{ GetFreshness() *customsv1.Freshness })
		if !ok {
			t.Fatalf("%v", outcome)
		}
		if diff := cmp.Diff(want, got.GetFreshness(), protocmp.Transform()); diff != "" {
			t.Errorf("%T (-want +got):\n%s", outcome, diff)
		}
	}
}

func TestDiscrepancies(t *testing.T) {
	v := ledgertest.GivenAs(t, "customs", declared...)
	l, err := v.Licence(licenceID)
	if err != nil {
		t.Fatal(err)
	}
	for severity, want := range map[customsv1.Severity]string{customsv1.Severity_SEVERITY_HIGH: "GoodsHeld DISCREPANCY", customsv1.Severity_SEVERITY_LOW: "GoodsReleased"} {
		got, err := release.Decide(v, declarationID, l, []*customsv1.DiscrepancyRaised{{Code: "DX11", Severity: severity, Text: "other HS code"}}, start)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{want}, kinds([]proto.Message{got})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", severity, diff)
		}
	}
}

func TestHoldAndLift(t *testing.T) {
	byHand, byAlert := customsv1.HoldReason_HOLD_REASON_EXAMINATION, customsv1.HoldReason_HOLD_REASON_ALERT
	hold := func(reason, alert string) func(ledger.View) ([]proto.Message, error) {
		return func(v ledger.View) ([]proto.Message, error) {
			return release.Hold(v, &customsv1.HoldGoodsRequest{DeclarationId: declarationID, Reason: reason, AlertId: alert})
		}
	}
	lift := func(reason string) func(ledger.View) ([]proto.Message, error) {
		return func(v ledger.View) ([]proto.Message, error) {
			return release.Lift(v, &customsv1.LiftHoldRequest{DeclarationId: declarationID, Reason: reason})
		}
	}
	lifted := of(&customsv1.HoldLifted{DeclarationId: declarationID, Reason: "seen"})
	tests := []struct {
		name    string
		given   []proto.Message
		do      func(ledger.View) ([]proto.Message, error)
		want    []string
		wantErr error
	}{
		{"hold", and(), hold("so", ""), []string{"GoodsHeld EXAMINATION"}, nil},
		{"hold again", and(held(byHand)), hold("so", ""), nil, nil},
		{"hold for something else", and(held(byHand)), hold("other", ""), []string{"GoodsHeld EXAMINATION"}, nil},
		{"hold after the release", and(of(&customsv1.GoodsReleased{DeclarationId: declarationID})), hold("so", ""), []string{"GoodsHeld EXAMINATION"}, nil},
		{"hold for an alert", and(alert(enforcementv1.Priority_PRIORITY_ROUTINE)), hold("so", alertID), []string{"GoodsHeld ALERT"}, nil},
		{"hold for an unknown alert", and(), hold("so", alertID), nil, fault.NotFound},
		{"hold without a reason", and(), hold("", ""), nil, fault.Invalid},
		{"hold what has gone", and(of(&customsv1.ExitConfirmed{DeclarationId: declarationID})), hold("so", ""), nil, fault.Precondition},
		{"lift", and(held(byHand)), lift("seen"), []string{"HoldLifted"}, nil},
		{"lift an alert's", and(held(byAlert)), lift("seen"), []string{"HoldLifted"}, nil},
		{"lift again", and(held(byHand), lifted), lift("seen"), nil, nil},
		{"lift without a reason", and(held(byHand)), lift(""), nil, fault.Invalid},
		{"lift what nobody holds", and(), lift("seen"), nil, fault.Precondition},
		{"lift what is stale", and(held(customsv1.HoldReason_HOLD_REASON_STALE)), lift("seen"), nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.do(ledgertest.GivenAs(t, "customs", tt.given...))
			if !errors.Is(err, tt.wantErr) {
				t.Fatalf("refused with %v, want %v", err, tt.wantErr)
			}
			if diff := cmp.Diff(tt.want, kinds(got)); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}
