package alert

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/services/enforcement/grounds"
)

// Confirm says that the diversion happened. An alert is confirmed or refuted once; confirming it twice decides nothing.
func Confirm(view ledger.View, cmd *enforcementv1.ConfirmAlertRequest) ([]proto.Message, error) {
	a, err := ownAlert(view, cmd.GetAlertId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetEvidence() == "":
		return nil, fault.Errorf(fault.Invalid, "say what confirms alert %s", a.GetId())
	case a.GetStatus() == confirmed:
		return nil, nil
	case a.GetStatus() != suspected && a.GetStatus() != corroborated:
		return nil, fault.Errorf(fault.Precondition, "alert %s is %s and cannot be confirmed; raise a new alert on new information", a.GetId(), statusWord(a.GetStatus()))
	}
	g, err := grounds.OfFinding(view, a)
	if err != nil {
		return nil, err
	}
	return []proto.Message{g.Cited(ledger.Beside(a, &enforcementv1.AlertConfirmed{AlertId: a.GetId(), Evidence: cmd.GetEvidence()}))}, nil
}
