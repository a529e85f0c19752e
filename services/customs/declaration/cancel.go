package declaration

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// Cancel ends a declaration whose goods have not moved, and gives what it reserved back to the licence. Cancelling it
// twice decides nothing.
func Cancel(view ledger.View, cmd *customsv1.CancelDeclarationRequest) ([]proto.Message, error) {
	d, err := ownDeclaration(view, cmd.GetDeclarationId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for cancelling declaration %s", d.GetId())
	case d.GetStatus() == cancelled:
		return nil, nil
	case d.GetStatus() == exited || d.GetStatus() == arrived:
		return nil, fault.Errorf(fault.Precondition, "the goods of declaration %s have moved; it can no longer be cancelled", d.GetId())
	}
	facts := []proto.Message{&customsv1.DeclarationCancelled{DeclarationId: d.GetId(), Reason: cmd.GetReason()}}
	if d.GetStatus() != lodged {
		given, err := writeoff.Release(view, d.GetId())
		if err != nil {
			return nil, err
		}
		facts = append(facts, given...)
	}
	return beside(d, facts), nil
}
