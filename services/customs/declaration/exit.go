package declaration

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// ConfirmExit records that released goods of an export, a transit or a trans-shipment left, and commits what left: as
// declared, or as the command says otherwise, never more than is authorized. Where quantities differ from those released, or the
// command says in words what differs, that is a discrepancy (DX15), and the goods have left all the same. Confirming again the same
// decides nothing. The licence is not asked whether it is still in force: that counts at acceptance, and what has left has left.
func ConfirmExit(view ledger.View, cmd *customsv1.ConfirmExitRequest) ([]proto.Message, error) {
	d, err := ownDeclaration(view, cmd.GetDeclarationId())
	switch {
	case err != nil:
		return nil, err
	case d.GetAccepted().GetKind() == transferv1.Kind_KIND_IMPORT:
		return nil, fault.Errorf(fault.Precondition, "declaration %s is of an import; confirm its arrival", d.GetId())
	}
	switch d.GetStatus() {
	case released:
		if inTransit(d) {
			return nil, fault.Errorf(fault.Precondition, "the goods of declaration %s are in transit to %s; discharge the transit first", d.GetId(), d.GetTransit().GetOfficeOfDestination())
		}
		at := cmd.GetParticulars().GetOccurredAt()
		return commit(view, d, &customsv1.ExitConfirmed{DeclarationId: d.GetId(), At: at}, "DX15", cmd, at.AsTime())
	case cancelled:
		return nil, fault.Errorf(fault.Precondition, "declaration %s was cancelled; goods that left need a declaration of their own", d.GetId())
	case exited, arrived:
		return nil, committedAs(view, d, cmd.GetMoved())
	default:
		return nil, unmoved(d)
	}
}
