package field

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func deliveryOf(id, of string, status ledgerv1.DeliveryStatus, due *timestamppb.Timestamp) *ledgerv1.Delivery {
	return &ledgerv1.Delivery{Id: id, Status: status, Requested: &customsv1.DeliveryVerificationRequested{Of: of, Due: due}}
}

// Every delivery is in one of the two lists, each in the order in which it is due, and one that this agency was asked to confirm and has not
// is among its own.
func TestWaitingFor(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		agencies := rapid.SampledFrom([]string{"licensing", "customs", "customs-b"})
		var asked []*ledgerv1.Delivery
		var confirmed []*ledgerv1.DeliveryConfirmation
		for i := range rapid.IntRange(0, 6).Draw(t, "deliveries") {
			due := timestamppb.New(now.Add(time.Duration(rapid.IntRange(-9, 9).Draw(t, "due")) * time.Hour))
			status := ledgerv1.DeliveryStatus(rapid.IntRange(1, 3).Draw(t, "status"))
			d := deliveryOf(agencies.Draw(t, "who asks")+"/DV-"+string(rune('a'+i)), agencies.Draw(t, "of"), status, due)
			asked = append(asked, d)
			if rapid.Bool().Draw(t, "confirmed") {
				confirmed = append(confirmed, &ledgerv1.DeliveryConfirmation{Agency: d.Requested.Of, Confirmed: &customsv1.DeliveryConfirmed{DeliveryId: d.Id}})
			}
		}
		mine, others := waitingFor(asked, confirmed, "customs", now)
		if len(mine)+len(others) != len(asked) {
			t.Fatalf("%d and %d of %d deliveries", len(mine), len(others), len(asked))
		}
		for _, list := range [][]deliveryWaiting{mine, others} {
			if !slices.IsSortedFunc(list, func(x, y deliveryWaiting) int { return moment(x.Clock.Due).Compare(moment(y.Clock.Due)) }) {
				t.Fatal("not in the order in which they are due")
			}
		}
		for _, w := range others {
			if w.Requested.Of == "customs" && !slices.Contains(w.Confirmed, "customs") {
				t.Fatalf("%s waits for customs and is among the others", w.Id)
			}
		}
	})
}

func TestDeliveryLines(t *testing.T) {
	item := func(line uint32, n int64) *customsv1.DeliveredItem {
		return &customsv1.DeliveredItem{LicenceLine: line, Quantity: &transferv1.Quantity{Thousandths: n * 1000, Unit: "H87"}}
	}
	d := deliveryOf("licensing/DV-1", "customs-b", ledgerv1.DeliveryStatus_DELIVERY_STATUS_DISPUTED, nil)
	d.Requested.Expected = []*customsv1.DeliveredItem{item(1, 300), item(2, 10)}
	d.Proof = &customsv1.Proof{Received: []*customsv1.DeliveredItem{item(1, 298), item(3, 1)}}
	said := []*ledgerv1.DeliveryConfirmation{{Agency: "customs-b", Confirmed: &customsv1.DeliveryConfirmed{Proof: &customsv1.Proof{Received: []*customsv1.DeliveredItem{item(1, 300)}}}}}
	lines := deliveryLines(d, said)
	if len(lines) != 3 || lines[1].Said != nil || lines[2].Expected != nil || !lines[2].Said[0].Differ {
		t.Fatalf("lines: %v", lines)
	}
	if s := lines[0].Said; len(s) != 2 || s[0].Of != "customs-b" || s[0].Differ || s[1].Of != "" || !s[1].Differ {
		t.Errorf("what was said of line 1: %v", s)
	}
}

// What can be done about a declaration follows from where it stands: goods in transit are discharged before they leave, an export does
// not arrive here, and what an officer holds is not released before the hold is lifted.
func TestPossible(t *testing.T) {
	sent, at := &customsv1.TransitOpened{}, timestamppb.Now()
	const accepted, held = ledgerv1.DeclarationStatus_DECLARATION_STATUS_ACCEPTED, ledgerv1.DeclarationStatus_DECLARATION_STATUS_HELD
	const released, exited = ledgerv1.DeclarationStatus_DECLARATION_STATUS_RELEASED, ledgerv1.DeclarationStatus_DECLARATION_STATUS_EXITED
	of := func(k transferv1.Kind) *customsv1.DeclarationAccepted { return &customsv1.DeclarationAccepted{Kind: k} }
	export, imp := of(transferv1.Kind_KIND_EXPORT), of(transferv1.Kind_KIND_IMPORT)
	examined := &customsv1.GoodsHeld{Reason: customsv1.HoldReason_HOLD_REASON_EXAMINATION}
	tests := []struct {
		name, want string
		of         *ledgerv1.Declaration
	}{
		{"released", "exit transit hold note cancel", &ledgerv1.Declaration{Status: released}},
		{"an import", "arrive transit hold note cancel", &ledgerv1.Declaration{Status: released, Accepted: imp}},
		{"in transit", "discharge hold note cancel", &ledgerv1.Declaration{Status: released, Transit: sent}},
		{"an import in transit", "discharge arrive hold note cancel", &ledgerv1.Declaration{Status: released, Accepted: imp, Transit: sent}},
		{"discharged", "exit hold note cancel", &ledgerv1.Declaration{Status: released, Transit: sent, DischargedAt: at}},
		{"an import, discharged", "arrive hold note cancel", &ledgerv1.Declaration{Status: released, Accepted: imp, Transit: sent, DischargedAt: at}},
		{"left", "arrive note", &ledgerv1.Declaration{Status: exited}},
		{"an export that left", "note", &ledgerv1.Declaration{Status: exited, Accepted: export}},
		{"lodged", "accept note cancel", &ledgerv1.Declaration{Status: ledgerv1.DeclarationStatus_DECLARATION_STATUS_LODGED}},
		{"held by an officer", "lift note cancel", &ledgerv1.Declaration{Status: held, Held: examined}},
		{"held by itself", "release hold note cancel", &ledgerv1.Declaration{Status: held, Held: &customsv1.GoodsHeld{Reason: customsv1.HoldReason_HOLD_REASON_STALE}}},
		{"no longer held", "release hold note cancel", &ledgerv1.Declaration{Status: accepted, Held: examined}},
		{"cancelled", "", &ledgerv1.Declaration{Status: ledgerv1.DeclarationStatus_DECLARATION_STATUS_CANCELLED}},
	}
	for _, tt := range tests {
		var names []string
		for _, d := range possible(tt.of) {
			names = append(names, d.Name)
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
