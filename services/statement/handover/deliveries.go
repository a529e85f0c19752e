package handover

import (
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/duty/delivery"
)

// verify has the deliveries that the agency asks about or is asked about and that are not verified; RF26 once they are overdue.
// Who has confirmed what arrived owes nothing more until that is disputed.
func verify(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	rows, err := view.DeliveriesWith("open", "true")
	if err != nil {
		return nil, err
	}
	for _, d := range rows {
		if !mine(view, d) {
			owes, err := owesConfirmation(view, d)
			if err != nil {
				return nil, err
			}
			if !owes {
				continue
			}
		}
		due := &directoryv1.Duty{Subject: d.Id, What: "verify", Since: d.Requested.GetFrom(), Due: d.Requested.GetDue()}
		if delivery.IsOverdue(d) {
			due.Indicator = "RF26"
		}
		open = append(open, due)
	}
	return open, nil
}

// check has the checks after delivery that the agency planned and has not done; RF19 where access was refused.
func check(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	rows, err := view.PostDeliveryChecksWith("open", "true")
	if err != nil {
		return nil, err
	}
	for _, c := range rows {
		next := delivery.NextTry(c)
		if next == nil || !mine(view, c) {
			continue
		}
		due := &directoryv1.Duty{Subject: c.Id, What: "check", Since: c.At, Due: next}
		if delivery.WasRefused(c) {
			due.Indicator = "RF19"
		}
		open = append(open, due)
	}
	return open, nil
}

// owesConfirmation reports whether the agency is asked about a delivery and has not confirmed it, or confirmed what is disputed.
func owesConfirmation(view ledger.View, d *ledgerv1.Delivery) (bool, error) {
	if d.Requested.GetOf() != view.Agency() {
		return false, nil
	}
	given, err := view.DeliveryConfirmation(view.Agency() + "/" + d.Id)
	return given == nil || d.Status == ledgerv1.DeliveryStatus_DELIVERY_STATUS_DISPUTED, err
}
