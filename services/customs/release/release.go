package release

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	accepted = ledgerv1.DeclarationStatus_DECLARATION_STATUS_ACCEPTED
	held     = ledgerv1.DeclarationStatus_DECLARATION_STATUS_HELD
	released = ledgerv1.DeclarationStatus_DECLARATION_STATUS_RELEASED
)

// Try looks again whether the goods of a declaration may go. A hold whose reason is gone ends by it, but for an examination or
// an alert, which an officer ends (Lift). It returns what the goods are now, GoodsReleased or GoodsHeld, and the facts to be
// recorded: none when they are that already, for the same reason.
func Try(view ledger.View, cmd *customsv1.ReleaseGoodsRequest, clock time.Time) (facts []proto.Message, outcome proto.Message, err error) {
	d, err := own(view, cmd.GetDeclarationId())
	if err != nil {
		return nil, nil, err
	}
	switch {
	case d.GetStatus() == released:
		return nil, &customsv1.GoodsReleased{DeclarationId: d.GetId(), At: d.GetReleasedAt()}, nil
	case d.GetStatus() != accepted && d.GetStatus() != held:
		return nil, nil, fault.Errorf(fault.Precondition, "the goods of declaration %s are not here to be released; see: counterfoil get declarations %s", d.GetId(), d.GetId())
	case d.GetStatus() == held && byOfficer(d.GetHeld()):
		return nil, nil, fault.Errorf(fault.Precondition, "declaration %s is held: %s; lift that first: counterfoil declare lift %s --reason …", d.GetId(), d.GetHeld().GetText(), d.GetId())
	}
	outcome, err = now(view, d, clock)
	if err != nil {
		return nil, nil, err
	}
	switch o := outcome.(type) {
	case *customsv1.GoodsHeld:
		if d.GetStatus() == held && d.GetHeld().GetReason() == o.GetReason() {
			return nil, o, nil
		}
		return []proto.Message{ledger.Beside(d, o)}, o, nil
	default:
		if d.GetStatus() == held {
			facts = append(facts, ledger.Beside(d, &customsv1.HoldLifted{DeclarationId: d.GetId(), Reason: "what held them is gone"}))
		}
		return append(facts, ledger.Beside(d, outcome)), outcome, nil
	}
}

// now decides on a declaration as it is on record.
func now(view ledger.View, d *ledgerv1.Declaration, clock time.Time) (proto.Message, error) {
	id := d.GetAccepted().GetLicenceId()
	licence, err := view.Licence(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read licence %s: %w", id, err)
	case licence == nil:
		return nil, fault.Coded(fault.NotFound, "DX01", "licence %s of declaration %s is not on record here", id, d.GetId())
	}
	rows, err := view.DiscrepanciesWith("declaration", d.GetId())
	if err != nil {
		return nil, fmt.Errorf("read discrepancies of declaration %s: %w", d.GetId(), err)
	}
	var open []*customsv1.DiscrepancyRaised
	for _, r := range rows {
		if r.GetSettled() == nil {
			open = append(open, r.GetRaised())
		}
	}
	return Decide(view, d.GetId(), licence, open, clock)
}

// byOfficer reports whether a hold ends only by an officer's word.
func byOfficer(h *customsv1.GoodsHeld) bool {
	return h.GetReason() == customsv1.HoldReason_HOLD_REASON_EXAMINATION || h.GetReason() == customsv1.HoldReason_HOLD_REASON_ALERT
}

// Stands says whether the goods of a declaration were released, and if they are held, why.
func Stands(d *ledgerv1.Declaration) (gone bool, why *customsv1.GoodsHeld) {
	switch d.GetStatus() {
	case held:
		return false, d.GetHeld()
	case accepted, ledgerv1.DeclarationStatus_DECLARATION_STATUS_LODGED, ledgerv1.DeclarationStatus_DECLARATION_STATUS_CANCELLED:
		return false, nil
	}
	return true, nil
}
