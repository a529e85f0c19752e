// Package licensingtest brings applications to where they can be decided, in tests, through the agency's API.
package licensingtest

import (
	"testing"

	"connectrpc.com/connect/v2"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1/screeningv1connect"
)

// Ready gives an application what a grant needs whatever the policy says: its parties screened, Article 6 found clear, and a
// low risk under Articles 7 and 11.
func Ready(t testing.TB, client *connect.Client, application string) {
	t.Helper()
	api := licensingv1connect.NewLicensingServiceClient(client)
	if _, err := screeningv1connect.NewScreeningServiceClient(client).ScreenSubject(t.Context(), &screeningv1.ScreenSubjectRequest{Subject: application}); err != nil {
		t.Fatalf("screen %s: %v", application, err)
	}
	if _, err := api.CheckProhibitions(t.Context(), &licensingv1.CheckProhibitionsRequest{ApplicationId: application, Findings: Clear()}); err != nil {
		t.Fatalf("check prohibitions of %s: %v", application, err)
	}
	if _, err := api.AssessRisk(t.Context(), &licensingv1.AssessRiskRequest{ApplicationId: application, Findings: Low()}); err != nil {
		t.Fatalf("assess the risks of %s: %v", application, err)
	}
}

// Clear are findings that nothing is prohibited.
func Clear() (findings []*licensingv1.ProhibitionFinding) {
	for _, paragraph := range []string{"6(1)", "6(2)", "6(3)"} {
		findings = append(findings, &licensingv1.ProhibitionFinding{
			Paragraph: paragraph, Result: licensingv1.GateResult_GATE_RESULT_CLEAR, Reason: "nothing stands against it",
		})
	}
	return findings
}

// Low are findings of a low risk on every criterion.
func Low() (findings []*licensingv1.RiskFinding) {
	for _, criterion := range []string{"7(1)(a)", "7(1)(b)(i)", "7(1)(b)(ii)", "7(1)(b)(iii)", "7(1)(b)(iv)", "7(4)", "11"} {
		findings = append(findings, &licensingv1.RiskFinding{Criterion: criterion, Level: licensingv1.Level_LEVEL_LOW, Reason: "nothing is known"})
	}
	return findings
}
