package declaration

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// ConfirmExit records that goods of an export, a transit or a trans-shipment left, and commits what left: as
// declared, or as the command says otherwise, never more than is authorized. Confirming again the same decides
// nothing. The licence is not asked whether it is still in force: that counts at acceptance, and what has left has
// left.
func ConfirmExit(view ledger.View, cmd *customsv1.ConfirmExitRequest) ([]proto.Message, error) {
	d, err := ownDeclaration(view, cmd.GetDeclarationId())
	switch {
	case err != nil:
		return nil, err
	case d.GetAccepted().GetKind() == transferv1.Kind_KIND_IMPORT:
		return nil, fault.Errorf(fault.Precondition, "declaration %s is of an import; confirm its arrival", d.GetId())
	}
	switch d.GetStatus() {
	case ledgerv1.DeclarationStatus_DECLARATION_STATUS_ACCEPTED:
		exited := &customsv1.ExitConfirmed{DeclarationId: d.GetId(), At: cmd.GetParticulars().GetOccurredAt()}
		return commit(view, d, exited, cmd.GetMoved())
	case ledgerv1.DeclarationStatus_DECLARATION_STATUS_CANCELLED:
		return nil, fault.Errorf(fault.Precondition, "declaration %s was cancelled; goods that left need a declaration of their own", d.GetId())
	default:
		return nil, committedAs(view, d, cmd.GetMoved())
	}
}
