package alert_test

import (
	"testing"

	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/enforcement/alert"
)

func TestAnyCommand(t *testing.T) {
	const refutedID = "enforcement/D-2026-000002"
	given := append(directory[:3:3], raised, others,
		with(raised, func(r *enforcementv1.DiversionAlertRaised) { r.AlertId = refutedID }), &enforcementv1.AlertRefuted{AlertId: refutedID})
	words := []string{"licensing", "customs", "RF01", "RF28", "XB", "lei:1", id, othersID, "licensing/L-2026-000001"}
	anycommand.Check(t, "enforcement", given, words, map[string]anycommand.Rule{
		"raise":       anycommand.Of(alert.Raise, raising),
		"corroborate": anycommand.Of(alert.Corroborate, &enforcementv1.CorroborateAlertRequest{Particulars: particulars, AlertId: id, Indicators: []string{"RF23"}, Evidence: "track"}),
		"confirm":     anycommand.Of(alert.Confirm, &enforcementv1.ConfirmAlertRequest{Particulars: particulars, AlertId: id, Evidence: "serials"}),
		"refute":      anycommand.Of(alert.Refute, &enforcementv1.RefuteAlertRequest{Particulars: particulars, AlertId: id, Reason: "arrived"}),
		"close":       anycommand.Of(alert.Close, &enforcementv1.CloseAlertRequest{Particulars: particulars, AlertId: refutedID, Outcome: "lessons"}),
	})
}
