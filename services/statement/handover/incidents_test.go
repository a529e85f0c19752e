package handover_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/services/statement/handover"
)

// What is open because of alerts, at the agency whose records they touch.
func TestDutiesOnIncidents(t *testing.T) {
	alert := &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/D-1"}
	refuted := &enforcementv1.AlertRefuted{AlertId: alert.AlertId}
	offered := ledgertest.By("customs", &enforcementv1.ConsequenceOffered{OfferId: "customs/CO-1", AlertId: alert.AlertId})
	answered := ledgertest.By("customs", &enforcementv1.ConsequenceAnswered{OfferId: "customs/CO-1"})
	proposed := ledgertest.By("licensing", &enforcementv1.CorrectionProposed{CorrectionId: "licensing/CR-1", Owner: "customs"})
	said := ledgertest.By("customs", &enforcementv1.CorrectionAnswered{CorrectionId: "licensing/CR-1"})
	accepted := &customsv1.DeclarationAccepted{DeclarationId: "customs/D-1"}
	held := &customsv1.GoodsHeld{DeclarationId: "customs/D-1", AlertId: alert.AlertId, At: at(1)}
	lifted := &customsv1.HoldLifted{DeclarationId: "customs/D-1"}
	for _, tt := range []struct {
		name, agency string
		given        []proto.Message
		want         string
	}{
		{"offer", "customs", []proto.Message{offered}, "customs/CO-1 answer-consequence"},
		{"offer to another", "licensing", []proto.Message{offered}, ""},
		{"offer that was answered", "customs", []proto.Message{offered, answered}, ""},
		{"correction", "customs", []proto.Message{proposed}, "licensing/CR-1 answer-correction"},
		{"correction of another's", "licensing", []proto.Message{proposed}, ""},
		{"correction that was answered", "customs", []proto.Message{proposed, said}, ""},
		{"hold by an alert", "customs", []proto.Message{alert, accepted, held}, ""},
		{"hold by a refuted alert", "customs", []proto.Message{alert, accepted, held, refuted}, "customs/D-1 lift"},
		{"hold by a refuted alert, of another", "licensing", []proto.Message{alert, accepted, held, refuted}, ""},
		{"hold that was lifted", "customs", []proto.Message{alert, accepted, held, refuted, lifted}, "customs/D-1 release"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			duties, err := handover.Duties(ledgertest.GivenAs(t, tt.agency, tt.given...), now)
			got := ""
			for _, d := range duties {
				got += d.Subject + " " + d.What
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("duties: %v\n%s", err, diff)
			}
		})
	}
}
