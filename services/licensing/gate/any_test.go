package gate_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/licensing/gate"
)

func TestAnyCommand(t *testing.T) {
	const other, passing = "licensing/A-2026-000002", "licensing/A-2026-000003"
	transit := deal(func(d *licensingv1.Deal) { d.Kind = transferv1.Kind_KIND_TRANSIT })
	given := []proto.Message{registered, submitted, isClear(), embargo("XC"), &licensingv1.ApplicationSubmitted{ApplicationId: other, Deal: deal()},
		&licensingv1.ApplicationSubmitted{ApplicationId: passing, Deal: transit},
		with(isClear(), func(c *licensingv1.ProhibitionChecked) {
			c.CheckId, c.ApplicationId, c.Deal = "licensing/G-2026-000002", passing, digest(transit)
		})}
	words := []string{"", applicationID, other, passing, checkID, "6(1)", "6(2)", "6(3)", "11", "7(4)", "2026-01-01", "holder"}
	anycommand.Check(t, "licensing", given, words, map[string]anycommand.Rule{
		"check": anycommand.Of(gate.CheckProhibitions, &licensingv1.CheckProhibitionsRequest{Particulars: particulars, ApplicationId: other, Findings: findings(clear, clear, refer)}),
		"assess": anycommand.Of(gate.AssessRisk, command(func(c *licensingv1.AssessRiskRequest) {
			c.ApplicationId, c.Findings = passing, c.Findings[6:]
			c.Findings[0].Level, c.Findings[0].Mitigated = high, low
			c.Mitigations = []*licensingv1.Mitigation{{Criterion: "11", Measure: "verification", Owner: "holder"}}
		})),
	})
}
