package alert

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/services/enforcement/grounds"
)

// Refute says that the diversion did not happen. The alert stays on record, and everybody who has it learns of this.
// An alert is confirmed or refuted once; refuting it twice decides nothing.
func Refute(view ledger.View, cmd *enforcementv1.RefuteAlertRequest) ([]proto.Message, error) {
	a, err := ownAlert(view, cmd.GetAlertId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "say what refutes alert %s", a.GetId())
	case a.GetStatus() == refuted:
		return nil, nil
	case a.GetStatus() != suspected && a.GetStatus() != corroborated:
		return nil, fault.Errorf(fault.Precondition, "alert %s is %s and cannot be refuted", a.GetId(), statusWord(a.GetStatus()))
	}
	g, err := grounds.OfFinding(view, a)
	if err != nil {
		return nil, err
	}
	return []proto.Message{g.Cited(ledger.Beside(a, &enforcementv1.AlertRefuted{AlertId: a.GetId(), Reason: cmd.GetReason()}))}, nil
}
