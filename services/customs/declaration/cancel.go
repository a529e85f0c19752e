package declaration

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
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
	case d.GetStatus() == ledgerv1.DeclarationStatus_DECLARATION_STATUS_CANCELLED:
		return nil, nil
	case d.GetStatus() != ledgerv1.DeclarationStatus_DECLARATION_STATUS_ACCEPTED:
		return nil, fault.Errorf(fault.Precondition, "the goods of declaration %s have moved; it can no longer be cancelled", d.GetId())
	}
	released, err := writeoff.Release(view, d.GetId())
	if err != nil {
		return nil, err
	}
	return append([]proto.Message{&customsv1.DeclarationCancelled{DeclarationId: d.GetId(), Reason: cmd.GetReason()}}, released...), nil
}
