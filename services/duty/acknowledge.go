package duty

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

// Acknowledge records that this agency has taken up an alert that is addressed to it. It is done once; the same again
// decides nothing.
func Acknowledge(view ledger.View, cmd *enforcementv1.AcknowledgeAlertRequest) ([]proto.Message, error) {
	alert, err := alertHere(view, cmd.GetAlertId())
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(alert.GetRaised().GetAddressees(), view.Agency()):
		return nil, fault.Errorf(fault.NotAllowed, "alert %s is not addressed to %s; only its addressees acknowledge it", alert.GetId(), view.Agency())
	}
	earlier, err := view.Acknowledgement(view.Agency() + "/" + alert.GetId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read acknowledgement of alert %s: %w", alert.GetId(), err)
	case earlier == nil:
		return []proto.Message{&enforcementv1.AlertAcknowledged{AlertId: alert.GetId(), Note: cmd.GetNote()}}, nil
	case earlier.GetNote() != cmd.GetNote():
		return nil, fault.Errorf(fault.Conflict, "alert %s was acknowledged on %s with another note, which stands", alert.GetId(), day(earlier.GetAt()))
	}
	return nil, nil
}
