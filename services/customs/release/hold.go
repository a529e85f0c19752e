package release

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
)

// Hold holds goods that have not left, for an examination or because of an alert that is on record. The same hold again decides
// nothing.
func Hold(view ledger.View, cmd *customsv1.HoldGoodsRequest) ([]proto.Message, error) {
	d, err := own(view, cmd.GetDeclarationId())
	if err != nil {
		return nil, err
	}
	fact := &customsv1.GoodsHeld{
		DeclarationId: d.GetId(), Reason: customsv1.HoldReason_HOLD_REASON_EXAMINATION, Text: cmd.GetReason(),
		At: cmd.GetParticulars().GetOccurredAt(), AlertId: cmd.GetAlertId(),
	}
	if id := cmd.GetAlertId(); id != "" {
		alert, err := view.Alert(id)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read alert %s: %w", id, err)
		case alert == nil:
			return nil, fault.Errorf(fault.NotFound, "alert %s is not on record here; see: counterfoil list alerts", id)
		}
		fact.Reason = customsv1.HoldReason_HOLD_REASON_ALERT
	}
	was := d.GetHeld()
	switch {
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for holding declaration %s", d.GetId())
	case d.GetStatus() == held && was.GetReason() == fact.Reason && was.GetText() == fact.Text && was.GetAlertId() == fact.AlertId:
		return nil, nil
	case d.GetStatus() != accepted && d.GetStatus() != held && d.GetStatus() != released:
		return nil, fault.Errorf(fault.Precondition, "the goods of declaration %s are not here to be held; see: counterfoil get declarations %s", d.GetId(), d.GetId())
	}
	return []proto.Message{ledger.Beside(d, fact)}, nil
}

// Lift ends a hold for an examination or an alert. The goods are not released by that. Lifting it again decides nothing.
func Lift(view ledger.View, cmd *customsv1.LiftHoldRequest) ([]proto.Message, error) {
	d, err := own(view, cmd.GetDeclarationId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for lifting the hold on declaration %s", d.GetId())
	case d.GetStatus() == accepted && d.GetHeld() != nil:
		return nil, nil
	case d.GetStatus() != held:
		return nil, fault.Errorf(fault.Precondition, "declaration %s is not held", d.GetId())
	case !byOfficer(d.GetHeld()):
		return nil, fault.Errorf(fault.Precondition, "declaration %s is held because %s; once that is mended: counterfoil declare release %s", d.GetId(), d.GetHeld().GetText(), d.GetId())
	}
	return []proto.Message{ledger.Beside(d, &customsv1.HoldLifted{DeclarationId: d.GetId(), Reason: cmd.GetReason()})}, nil
}
