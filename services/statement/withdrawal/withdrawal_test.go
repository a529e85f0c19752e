package withdrawal_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/statement/withdrawal"
)

func TestWithdraw(t *testing.T) {
	asked := ledgertest.Start.Add(time.Hour)
	order := func(event uint64) proto.Message {
		return ledgertest.In("all", ledgertest.By("licensing", &directoryv1.EventWithdrawn{WithdrawalId: "licensing/withdrawal-000001", Number: event}))
	}
	granted := &licensingv1.LicenceGranted{LicenceId: "licensing/L-000001"}
	tests := []struct {
		name    string
		given   []proto.Message
		event   string
		reason  string
		days    uint32
		due     time.Duration // 0: refused
		wantErr error
	}{
		{"an own event", []proto.Message{granted}, "licensing/all/1", "court order", 0, 7 * 24 * time.Hour, nil},
		{"with a deadline", []proto.Message{granted}, "licensing/all/1", "court order", 2, 2 * 24 * time.Hour, nil},
		{"no reason", []proto.Message{granted}, "licensing/all/1", "", 0, 0, fault.Invalid},
		{"not on record", []proto.Message{granted}, "licensing/all/2", "court order", 0, 0, fault.NotFound},
		{"no name of an event", []proto.Message{granted}, "L-000001", "court order", 0, 0, fault.Invalid},
		{"another agency's", []proto.Message{&enforcementv1.DiversionAlertRaised{AlertId: "enforcement/AL-1"}}, "enforcement/all/1", "court order", 0, 0, fault.NotAllowed},
		{"a part of the directory", []proto.Message{ledgertest.By("licensing", &directoryv1.ReleaseAgreed{Group: "all", Reader: "customs"})}, "licensing/directory/1", "court order", 0, 0, fault.Precondition},
		{"an order", []proto.Message{granted, order(1)}, "licensing/all/2", "court order", 0, 0, fault.Precondition},
		{"ordered before", []proto.Message{granted, order(1)}, "licensing/all/1", "court order", 0, 0, fault.Conflict},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := withdrawal.Withdraw(ledgertest.Given(t, tt.given...), &directoryv1.WithdrawRequest{
				Particulars: &eventv1.Particulars{OccurredAt: timestamppb.New(asked)}, Event: tt.event, Reason: tt.reason, Days: tt.days,
			})
			if !errors.Is(err, tt.wantErr) || (tt.due > 0) != (len(got) == 1) {
				t.Fatalf("Withdraw = %v, %v; want %v", got, err, tt.wantErr)
			}
			if tt.due == 0 {
				return
			}
			dated := got[0].(ledger.Dated)
			w := dated.Message.(*directoryv1.EventWithdrawn)
			if dated.Group != "all" || w.WithdrawalId != "licensing/withdrawal-000001" || w.Number != 1 || len(w.EventId) != 16 || !w.Due.AsTime().Equal(asked.Add(tt.due)) {
				t.Errorf("Withdraw = %v for %s", w, dated.Group)
			}
		})
	}
}

// An event that was shared more widely is withdrawn wherever it stands, whichever of its places is named.
func TestPlaces(t *testing.T) {
	w := ledgertest.NewWriter()
	tx := ledgertest.Begin(t, ledgertest.Open(t, "licensing"))
	fold := func(b *journal.Block) {
		t.Helper()
		if err := tx.Apply(b.ID, b.Entries...); err != nil {
			t.Fatal(err)
		}
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			t.Fatal(err)
		}
	}
	border := w.Together(journal.ID{Agency: "licensing", Group: "border"},
		&licensingv1.LicenceGranted{LicenceId: "licensing/L-000001"}, &licensingv1.LicenceGranted{LicenceId: "licensing/L-000002"})
	fold(border)
	for _, group := range []string{"all", "audit"} {
		repeat := proto.CloneOf(border.Entries[0].Event)
		repeat.Origin = &eventv1.Cause{Journal: "licensing/border", Number: 1, Id: repeat.Id}
		fold(w.Block(journal.ID{Agency: "licensing", Group: group}, repeat))
	}
	check := func(all map[string][]string) {
		t.Helper()
		for event, want := range all {
			got, err := withdrawal.Places(tx.View, event)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("places of %s: %v (-want +got):\n%s", event, err, diff)
			}
		}
	}
	check(map[string][]string{
		"licensing/border/1": {"licensing/all/1", "licensing/audit/1", "licensing/border/1"},
		"licensing/audit/1":  {"licensing/border/1", "licensing/all/1", "licensing/audit/1"},
		"licensing/border/2": {"licensing/border/2"},
	})
	// It was cut off after the first order: the rest is found by the same name.
	fold(w.Together(journal.ID{Agency: "licensing", Group: "all"}, &directoryv1.EventWithdrawn{WithdrawalId: "licensing/withdrawal-000001", Number: 1}))
	check(map[string][]string{"licensing/border/1": {"licensing/audit/1", "licensing/border/1"}})
}
