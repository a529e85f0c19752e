package duty_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/duty"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
)

func TestAnyCommand(t *testing.T) {
	const alertID, requestID = "enforcement/D-1", "reporting/Q-1"
	given := []proto.Message{
		&enforcementv1.DiversionAlertRaised{AlertId: alertID, Addressees: []string{"customs"}},
		&reportingv1.AgencyReturnRequested{RequestId: requestID, Agencies: []string{"customs"}},
	}
	dated := &eventv1.Particulars{OccurredAt: timestamppb.New(ledgertest.Start)}
	anycommand.Check(t, "customs", given, []string{alertID, requestID, "XB", "EUR", ""}, map[string]anycommand.Rule{
		"acknowledge": anycommand.Of(duty.Acknowledge, &enforcementv1.AcknowledgeAlertRequest{Particulars: dated, AlertId: alertID, Note: "held"}),
		"submit return": anycommand.Of(duty.SubmitReturn, &reportingv1.SubmitReturnRequest{
			Particulars: dated, RequestId: requestID, Figures: []*reportingv1.Figure{{Row: "i", Destination: "XB", Value: 1, Currency: "EUR"}},
		}),
	})
}
