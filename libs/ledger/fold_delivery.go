package ledger

import (
	"google.golang.org/protobuf/proto"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	deliveryRequested = ledgerv1.DeliveryStatus_DELIVERY_STATUS_REQUESTED
	deliveryOverdue   = ledgerv1.DeliveryStatus_DELIVERY_STATUS_OVERDUE
	deliveryDisputed  = ledgerv1.DeliveryStatus_DELIVERY_STATUS_DISPUTED
	deliveryVerified  = ledgerv1.DeliveryStatus_DELIVERY_STATUS_VERIFIED
)

// deliveries keeps the rows of what is asked and found after goods left (docs/border.md).
func (f *folding) deliveries(fact proto.Message) error {
	switch e := fact.(type) {
	case *customsv1.DeliveryVerificationRequested:
		return put(f, deliveries, &ledgerv1.Delivery{Id: e.DeliveryId, Requested: e, Status: deliveryRequested})
	case *customsv1.DeliveryReminded:
		return f.delivery(e.DeliveryId, func(r *ledgerv1.Delivery) { r.Reminded = append(r.Reminded, e.Percent) })
	case *customsv1.DeliveryOverdue:
		return f.delivery(e.DeliveryId, func(r *ledgerv1.Delivery) {
			if r.OverdueAt = f.event.OccurredAt; r.Status == deliveryRequested {
				r.Status = deliveryOverdue
			}
		})
	case *customsv1.DeliveryVerified:
		return f.delivery(e.DeliveryId, func(r *ledgerv1.Delivery) {
			r.Status, r.Proof, r.SettledAt = deliveryVerified, e.Proof, f.event.OccurredAt
		})
	case *customsv1.DeliveryDisputed:
		return f.delivery(e.DeliveryId, func(r *ledgerv1.Delivery) {
			r.Status, r.Dispute = deliveryDisputed, e.Reason
			if e.Proof != nil {
				r.Proof = e.Proof
			}
		})
	case *customsv1.DeliveryConfirmed: // a later one takes the place of an earlier one
		return upsert(f, deliveryConfirmations, e.ConfirmationId, func() *ledgerv1.DeliveryConfirmation {
			return &ledgerv1.DeliveryConfirmation{Id: e.ConfirmationId, Agency: f.id.Agency}
		}, func(r *ledgerv1.DeliveryConfirmation) { r.Confirmed, r.At = e, f.event.OccurredAt })
	case *customsv1.PostDeliveryCheckPlanned:
		return put(f, postDeliveryChecks, &ledgerv1.PostDeliveryCheck{Id: e.CheckId, Planned: e, At: f.event.OccurredAt})
	case *customsv1.PostDeliveryCheckDone:
		return f.postDeliveryCheck(e.CheckId, func(r *ledgerv1.PostDeliveryCheck) { r.Done = e })
	case *customsv1.PostDeliveryCheckObstructed:
		return f.postDeliveryCheck(e.CheckId, func(r *ledgerv1.PostDeliveryCheck) { r.Obstructed = append(r.Obstructed, e) })
	}
	return errUnknown
}

// delivery changes a delivery that is not verified.
func (f *folding) delivery(id string, fn func(*ledgerv1.Delivery)) error {
	return change(f, deliveries, id, func(r *ledgerv1.Delivery) error {
		if r.Status == deliveryVerified {
			return f.refuse("%s is verified", id)
		}
		fn(r)
		return nil
	})
}

func (f *folding) postDeliveryCheck(id string, fn func(*ledgerv1.PostDeliveryCheck)) error {
	return change(f, postDeliveryChecks, id, func(r *ledgerv1.PostDeliveryCheck) error {
		if r.Done != nil {
			return f.refuse("%s is done", id)
		}
		fn(r)
		return nil
	})
}
