package declaration

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// ConfirmArrival records that goods arrived. An import is committed by it, as an export is by its exit. For a transit
// or a trans-shipment it may follow the exit, which has committed what moved, and then only the arrival is recorded.
// Confirming again the same decides nothing.
func ConfirmArrival(view ledger.View, cmd *customsv1.ConfirmArrivalRequest) ([]proto.Message, error) {
	d, err := ownDeclaration(view, cmd.GetDeclarationId())
	if err != nil {
		return nil, err
	}
	arrived := &customsv1.ArrivalRecorded{DeclarationId: d.GetId(), At: cmd.GetParticulars().GetOccurredAt()}
	kind, status := d.GetAccepted().GetKind(), d.GetStatus()
	switch {
	case kind == transferv1.Kind_KIND_EXPORT:
		return nil, fault.Errorf(fault.Precondition, "declaration %s is of an export; confirm its exit", d.GetId())
	case status == ledgerv1.DeclarationStatus_DECLARATION_STATUS_CANCELLED:
		return nil, fault.Errorf(fault.Precondition, "declaration %s was cancelled; goods that arrived need a declaration of their own", d.GetId())
	case status == ledgerv1.DeclarationStatus_DECLARATION_STATUS_ARRIVED:
		return nil, committedAs(view, d, cmd.GetMoved())
	case kind == transferv1.Kind_KIND_IMPORT:
		return commit(view, d, arrived, cmd.GetMoved())
	case status == ledgerv1.DeclarationStatus_DECLARATION_STATUS_ACCEPTED:
		return nil, fault.Errorf(fault.Precondition, "declaration %s is of %s; confirm its exit first", d.GetId(), kindWord(kind))
	}
	if err := committedAs(view, d, cmd.GetMoved()); err != nil {
		return nil, err
	}
	return []proto.Message{arrived}, nil
}
