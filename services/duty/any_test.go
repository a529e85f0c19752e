package duty_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
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
	opinions := known(asks, ofForeign)
	dated := &eventv1.Particulars{OccurredAt: timestamppb.New(ledgertest.Start)}
	anycommand.Check(t, "customs", given, []string{alertID, requestID, "XB", "EUR", ""}, map[string]anycommand.Rule{
		"acknowledge": anycommand.Of(duty.Acknowledge, &enforcementv1.AcknowledgeAlertRequest{Particulars: dated, AlertId: alertID, Note: "held"}),
		"submit return": anycommand.Of(duty.SubmitReturn, &reportingv1.SubmitReturnRequest{
			Particulars: dated, RequestId: requestID, Figures: []*reportingv1.Figure{{Row: "i", Destination: "XB", Value: 1, Currency: "EUR"}},
		}),
	})
	anycommand.Check(t, "customs", append([]proto.Message{opened}, shipped...), []string{traceID, "customs/E-1", "confidentiality_law", "Border Guard of XB", ""}, map[string]anycommand.Rule{
		"reply to trace": anycommand.Of(duty.Reply, &enforcementv1.ReplyToTraceRequest{Particulars: dated, TraceId: traceID, FromRecords: true}),
	})
	anycommand.Check(t, "foreign", opinions, []string{consultationID, applicationID, conditionID, "foreign", "defence", "internal", "no re-export", ""}, map[string]anycommand.Rule{
		"give opinion": anycommand.Of(duty.GiveOpinion, &licensingv1.GiveOpinionRequest{
			Particulars: answered, ConsultationId: consultationID, View: conditions, Conditions: []string{"no re-export", "report on arrival"},
		}),
		"add condition":    anycommand.Of(duty.AddCondition, &licensingv1.AddConditionRequest{Particulars: answered, ApplicationId: applicationID, Text: "report on arrival"}),
		"change condition": anycommand.Of(duty.ChangeCondition, &licensingv1.ChangeConditionRequest{Particulars: answered, ConditionId: conditionID, Text: "none", Reason: "agreed"}),
		"drop condition":   anycommand.Of(duty.DropCondition, &licensingv1.DropConditionRequest{Particulars: answered, ConditionId: conditionID, Reason: "assured"}),
	})
}
