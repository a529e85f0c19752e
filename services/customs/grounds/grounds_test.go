package grounds_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/customs/grounds"
)

func TestCited(t *testing.T) {
	const licence, declaration, stopped, alert = "licensing/L-1", "customs/26XA1", "customs/26XA3", "enforcement/D-1"
	view := ledgertest.GivenAs(t, "customs",
		&licensingv1.LicenceGranted{LicenceId: licence}, &licensingv1.LicenceSuspended{LicenceId: licence}, &licensingv1.LicenceReinstated{LicenceId: licence},
		&enforcementv1.DiversionAlertRaised{AlertId: alert}, &customsv1.DeclarationAccepted{DeclarationId: declaration, LicenceId: licence},
		&customsv1.DeclarationAccepted{DeclarationId: stopped, LicenceId: licence}, &customsv1.GoodsHeld{DeclarationId: stopped, AlertId: alert},
		&enforcementv1.AlertRefuted{AlertId: alert}, ledgertest.By("licensing", &enforcementv1.AlertClassified{AlertId: alert}),
		&customsv1.DiscrepancyRaised{DiscrepancyId: "customs/DX-1", DeclarationId: declaration},
		ledgertest.By("licensing", &customsv1.DeliveryVerificationRequested{DeliveryId: "licensing/DV-1", DeclarationIds: []string{declaration}}),
		ledgertest.By("licensing", &customsv1.DeliveryVerified{DeliveryId: "licensing/DV-1"}))
	accepted := &customsv1.DeclarationAccepted{DeclarationId: "customs/26XA2", LicenceId: licence}
	earlier := ledger.Dated{Message: accepted, Causes: []*eventv1.Cause{{Journal: "customs/border", Number: 9}}}
	for name, tt := range map[string]struct {
		fact proto.Message
		want []string
	}{
		"accepted":                 {accepted, []string{"licensing/all/3"}},
		"accepted, in a group":     {ledger.Dated{Message: accepted, Group: "border"}, []string{"licensing/all/3"}},
		"under an unknown licence": {&customsv1.DeclarationAccepted{LicenceId: "licensing/L-2"}, nil},
		"released":                 {&customsv1.GoodsReleased{DeclarationId: declaration}, []string{"licensing/all/3"}},
		"held":                     {&customsv1.GoodsHeld{DeclarationId: declaration}, []string{"licensing/all/3"}},
		"held for an alert":        {&customsv1.GoodsHeld{DeclarationId: declaration, AlertId: alert}, []string{"enforcement/all/1", "licensing/all/3"}},
		"let go":                   {&customsv1.HoldLifted{DeclarationId: declaration}, []string{"licensing/all/3"}},
		"let go, held for an alert": {&customsv1.HoldLifted{DeclarationId: stopped},
			[]string{"enforcement/all/1", "enforcement/all/2", "licensing/all/3", "licensing/all/4"}},
		"discrepancy settled":       {&customsv1.DiscrepancySettled{DiscrepancyId: "customs/DX-1"}, []string{"licensing/all/3", "licensing/all/6"}},
		"discrepancy not on record": {&customsv1.DiscrepancySettled{DiscrepancyId: "customs/DX-9"}, nil},
		"of nothing on record":      {&customsv1.GoodsHeld{DeclarationId: "customs/26XA9", AlertId: "enforcement/D-9"}, nil},
		"no decision":               {&customsv1.LicenceQuantityReserved{LicenceId: licence}, nil},
		"it says so itself":         {earlier, []string{"customs/border/9"}},
	} {
		t.Run(name, func(t *testing.T) {
			facts, err := grounds.Cited(view)([]proto.Message{tt.fact}, nil)
			if err != nil || len(facts) != 1 {
				t.Fatal(facts, err)
			}
			got, _ := facts[0].(ledger.Dated)
			var causes []string
			for _, c := range got.Causes {
				causes = append(causes, fmt.Sprintf("%s/%d", c.Journal, c.Number))
			}
			if was, ok := tt.fact.(ledger.Dated); ok && got.Group != was.Group {
				t.Errorf("its group became %q", got.Group)
			}
			if !slices.Equal(causes, tt.want) {
				t.Errorf("it cites %v, want %v", causes, tt.want)
			}
		})
	}
	held := &customsv1.GoodsHeld{DeclarationId: accepted.DeclarationId}
	if facts, err := grounds.Cited(view)([]proto.Message{accepted, held}, nil); err != nil || len(facts[1].(ledger.Dated).Causes) != 1 {
		t.Errorf("accepted and held at once: %v, %v; want that both cite the licence", facts, err)
	}
	refusal := errors.New("refused")
	if facts, err := grounds.Cited(view)(nil, refusal); facts != nil || err != refusal {
		t.Errorf("a refusal became %v, %v", facts, err)
	}
}
