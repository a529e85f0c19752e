package consultation_test

import (
	"testing"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/licensing/consultation"
)

func TestAnyCommand(t *testing.T) {
	const free, halted = "licensing/A-2026-000002", "licensing/C-2026-000002"
	given := state(committee, opened(), &licensingv1.ApplicationSubmitted{ApplicationId: free, Deal: deal()}, others,
		opened(func(o *licensingv1.ConsultationOpened) { o.ConsultationId, o.ApplicationId = halted, application }),
		&licensingv1.ConsultationClockStopped{ConsultationId: halted, Reason: reason})
	words := []string{application, free, consultationID, halted, "licensing-b/C-1", "foreign", "customs", "left", "far", "", "guest", "mandatory", "chosen", reason}
	anycommand.Check(t, "licensing", given, words, map[string]anycommand.Rule{
		"open": anycommand.Of(consultation.Open, &licensingv1.OpenConsultationRequest{
			Particulars: particulars, ApplicationId: free, With: []*licensingv1.Addressee{with("customs", "guest")}, Question: "end use?",
		}),
		"stop":    anycommand.Of(consultation.StopClock, &licensingv1.StopClockRequest{Particulars: particulars, ConsultationId: consultationID, Reason: reason}),
		"restart": anycommand.Of(consultation.RestartClock, &licensingv1.RestartClockRequest{Particulars: particulars, ConsultationId: halted}),
		"close":   anycommand.Of(consultation.Close, &licensingv1.CloseConsultationRequest{Particulars: particulars, ConsultationId: consultationID}),
	})
}
