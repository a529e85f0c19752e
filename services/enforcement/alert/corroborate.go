package alert

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

// Corroborate records evidence that supports an alert which has not been confirmed or refuted. Further evidence may
// follow; the same again, with no new red flag, decides nothing.
func Corroborate(view ledger.View, cmd *enforcementv1.CorroborateAlertRequest) ([]proto.Message, error) {
	a, err := ownAlert(view, cmd.GetAlertId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetEvidence() == "":
		return nil, fault.Errorf(fault.Invalid, "say what corroborates alert %s", a.GetId())
	case a.GetStatus() != suspected && a.GetStatus() != corroborated:
		return nil, fault.Errorf(fault.Precondition, "alert %s is %s; evidence is taken before it is confirmed or refuted", a.GetId(), statusWord(a.GetStatus()))
	}
	if err := incident.CheckIndicators(cmd.GetIndicators()); err != nil {
		return nil, err
	}
	fresh := func(code string) bool { return !slices.Contains(a.GetIndicators(), code) }
	if a.GetStatus() == corroborated && a.GetStatusReason() == cmd.GetEvidence() && !slices.ContainsFunc(cmd.GetIndicators(), fresh) {
		return nil, nil
	}
	return []proto.Message{ledger.Beside(a, &enforcementv1.AlertCorroborated{AlertId: a.GetId(), Indicators: cmd.GetIndicators(), Evidence: cmd.GetEvidence()})}, nil
}
