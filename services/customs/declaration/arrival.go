package declaration

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/matching"
)

// ConfirmArrival records that released goods arrived. An import is committed by it, as an export is by its exit. For a transit
// or a trans-shipment it may follow the exit, which has committed what moved, and then only the arrival is recorded. What differs
// from what was released is a discrepancy (DX18). Confirming again the same decides nothing.
func ConfirmArrival(view ledger.View, cmd *customsv1.ConfirmArrivalRequest) ([]proto.Message, error) {
	d, err := ownDeclaration(view, cmd.GetDeclarationId())
	if err != nil {
		return nil, err
	}
	at := cmd.GetParticulars().GetOccurredAt()
	fact := &customsv1.ArrivalRecorded{DeclarationId: d.GetId(), At: at}
	kind, status := d.GetAccepted().GetKind(), d.GetStatus()
	switch {
	case kind == transferv1.Kind_KIND_EXPORT:
		return nil, fault.Errorf(fault.Precondition, "declaration %s is of an export; confirm its exit", d.GetId())
	case status == cancelled:
		return nil, fault.Errorf(fault.Precondition, "declaration %s was cancelled; goods that arrived need a declaration of their own", d.GetId())
	case status == arrived:
		return nil, committedAs(view, d, cmd.GetMoved())
	case kind == transferv1.Kind_KIND_IMPORT && status == released:
		return commit(view, d, fact, "DX18", cmd, at.AsTime())
	case status == released:
		return nil, fault.Errorf(fault.Precondition, "declaration %s is of %s; confirm its exit first", d.GetId(), matching.KindWord(kind))
	case status != exited:
		return nil, unmoved(d)
	}
	if err := committedAs(view, d, cmd.GetMoved()); err != nil {
		return nil, err
	}
	raised, err := numbered(view, different(d, nil, "DX18", cmd.GetDifference()), at.AsTime())
	if err != nil {
		return nil, err
	}
	return beside(d, append([]proto.Message{fact}, raised...)), nil
}
