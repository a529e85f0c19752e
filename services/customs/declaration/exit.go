package declaration

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// ConfirmExit records that released goods of an export, a transit or a trans-shipment left, and commits what left: as
// declared, or as the command says otherwise, never more than is authorized. Where quantities differ from those released, or the
// command says in words what differs, that is a discrepancy (DX15), and the goods have left all the same. Confirming again the same
// decides nothing. The licence is not asked whether it is still in force: that counts at acceptance, and what has left has left. So
// have goods that were held only after the time that the command says they left at; their hold ends with it.
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
	case held:
		return leftBefore(view, d, cmd)
	default:
		return nil, unmoved(d)
	}
}

// leftBefore confirms the exit of goods that are held now and were released when they left.
func leftBefore(view ledger.View, d *ledgerv1.Declaration, cmd *customsv1.ConfirmExitRequest) ([]proto.Message, error) {
	at := cmd.GetParticulars().GetOccurredAt()
	free, err := wasReleased(view, d, at.AsTime())
	if err != nil {
		return nil, err
	}
	if !free {
		return nil, fault.Errorf(fault.Precondition, "the goods of declaration %s are held: %s; lift the hold and release them first, or, if they left before they were held, say when (--occurred-at)",
			d.GetId(), d.GetHeld().GetText())
	}
	facts, err := commit(view, d, &customsv1.ExitConfirmed{DeclarationId: d.GetId(), At: at}, "DX15", cmd, at.AsTime())
	lifted := ledger.Beside(d, &customsv1.HoldLifted{DeclarationId: d.GetId(), Reason: "the goods had left before they were held"})
	return append([]proto.Message{lifted}, facts...), err
}

// wasReleased reports whether goods were released at a time, and not in transit.
func wasReleased(view ledger.View, d *ledgerv1.Declaration, at time.Time) (free bool, err error) {
	events, err := view.EventsOf(d)
	if err != nil {
		return false, fmt.Errorf("read the events of declaration %s: %w", d.GetId(), err)
	}
	for _, e := range events {
		fact, err := e.GetFact().UnmarshalNew()
		if err != nil {
			return false, fmt.Errorf("read event %d of %s: %w", e.GetNumber(), e.GetJournal(), err)
		}
		switch f := fact.(type) {
		case *customsv1.GoodsReleased:
			free = free || !f.GetAt().AsTime().After(at)
		case *customsv1.GoodsHeld:
			free = free && f.GetAt().AsTime().After(at)
		}
	}
	return free && !inTransit(d), nil
}
