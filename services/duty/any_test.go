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
	anycommand.Check(t, "licensing", []proto.Message{annual, exported("L-1", "XB", 10, 500_00)}, []string{returnID, "exports", "imports", "I", "XB", "XC", "authorized", "H87", "EUR", "sold", ""},
		map[string]anycommand.Rule{
			"submit whole return": anycommand.Of(duty.SubmitReturn, &reportingv1.SubmitReturnRequest{
				Particulars: &eventv1.Particulars{OccurredAt: timestamppb.New(ledgertest.Start)}, RequestId: returnID, NilTables: []string{"imports"},
				Figures: []*reportingv1.Figure{tanks("XB", 9, 450_00, 10, 500_00, "one was not built"), tanks("XC", 1, 1_00, 0, 0, "sold")},
			}),
		})
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
	anycommand.Check(t, "foreign", circulated, []string{draftedID, "foreign", ""}, map[string]anycommand.Rule{
		"answer draft": anycommand.Of(duty.AnswerDraft, &reportingv1.AnswerDraftRequest{Particulars: dated, ReportId: draftedID, Draft: 2, Text: "one is missing"}),
	})
	anycommand.Check(t, "foreign", opinions, []string{consultationID, applicationID, conditionID, "foreign", "defence", "internal", "no re-export", ""}, map[string]anycommand.Rule{
		"give opinion": anycommand.Of(duty.GiveOpinion, &licensingv1.GiveOpinionRequest{
			Particulars: answered, ConsultationId: consultationID, View: conditions, Conditions: []string{"no re-export", "report on arrival"},
		}),
		"add condition":    anycommand.Of(duty.AddCondition, &licensingv1.AddConditionRequest{Particulars: answered, ApplicationId: applicationID, Text: "report on arrival"}),
		"change condition": anycommand.Of(duty.ChangeCondition, &licensingv1.ChangeConditionRequest{Particulars: answered, ConditionId: conditionID, Text: "none", Reason: "agreed"}),
		"drop condition":   anycommand.Of(duty.DropCondition, &licensingv1.DropConditionRequest{Particulars: answered, ConditionId: conditionID, Reason: "assured"}),
	})
	anycommand.Check(t, "customs", shared(incident, accepted, ledgertest.By("customs", &enforcementv1.ConsequenceOffered{
		OfferId: offerID, AlertId: incidentID, Consequence: enforcementv1.Consequence_CONSEQUENCE_HOLD, Subject: heldID,
	}), &licensingv1.LicenceGranted{LicenceId: licenceID, Deal: &licensingv1.Deal{EndUse: "police"}}, ledgertest.By("licensing", proposal)),
		[]string{incidentID, offerID, heldID, licenceID, correctionID, "RF11", "RF99", "route_change", "goods_held", "deal.end_use", "deal.parties[0].name", "id", "XB", "media", ""},
		map[string]anycommand.Rule{
			"classify": anycommand.Of(duty.Classify, &enforcementv1.ClassifyAlertRequest{
				Particulars: dated, AlertId: incidentID, Verdict: enforcementv1.Verdict_VERDICT_CONFIRMED, Stage: enforcementv1.Stage_STAGE_D2_IN_TRANSIT,
				Type: "route_change", Confidence: enforcementv1.Confidence_CONFIDENCE_HIGH, Indicators: []string{"RF11"}, Reason: "seen",
			}),
			"act": anycommand.Of(duty.ActOn, &enforcementv1.ActOnAlertRequest{
				Particulars: dated, AlertId: incidentID, Action: "goods_held", Text: "held", Records: []string{heldID}, Cases: []string{"K 7"},
			}),
			"answer consequence": anycommand.Of(duty.AnswerConsequence, &enforcementv1.AnswerConsequenceRequest{Particulars: dated, OfferId: offerID, Taken: true, Reason: "at once"}),
			"add sighting": anycommand.Of(duty.AddSighting, &enforcementv1.AddSightingRequest{
				Particulars: dated, Text: "on a market", Country: "XB", Records: []string{heldID}, Evidence: &enforcementv1.Evidence{Source: "media", Text: "a photograph"},
			}),
			"propose correction": anycommand.Of(duty.ProposeCorrection, &enforcementv1.ProposeCorrectionRequest{
				Particulars: dated, RecordId: licenceID, Field: "deal.end_use", Value: "training", Reason: "as applied for",
			}),
			"answer correction": anycommand.Of(duty.AnswerCorrection, &enforcementv1.AnswerCorrectionRequest{Particulars: dated, CorrectionId: correctionID, Accepted: true, Reason: "yes"}),
		})
}
