package delivery

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
)

// Confirm says what arrived of a delivery that another agency asks this one about, where that agency hears of it. A later
// confirmation takes the place of an earlier one until the delivery is verified; the same again decides nothing.
func Confirm(view ledger.View, cmd *customsv1.ConfirmDeliveryRequest) ([]proto.Message, error) {
	d, err := view.Delivery(cmd.GetDeliveryId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read delivery %s: %w", cmd.GetDeliveryId(), err)
	case d == nil:
		return nil, fault.Errorf(fault.NotFound, "delivery %s is not on record here", cmd.GetDeliveryId())
	case view.Owns(d.GetId()):
		return nil, fault.Errorf(fault.Precondition, "delivery %s is asked about by this agency itself; record its proof by: counterfoil deliver verify %s", d.GetId(), d.GetId())
	case d.GetRequested().GetOf() != view.Agency():
		return nil, fault.Errorf(fault.NotAllowed, "delivery %s asks %s and not %s; only who is asked confirms it", d.GetId(), d.GetRequested().GetOf(), view.Agency())
	}
	if err := complete(cmd.GetProof(), cmd.GetParticulars().GetOccurredAt().AsTime()); err != nil {
		return nil, err
	}
	confirmed := &customsv1.DeliveryConfirmed{ConfirmationId: view.Agency() + "/" + d.GetId(), DeliveryId: d.GetId(), Proof: cmd.GetProof()}
	earlier, err := view.DeliveryConfirmation(confirmed.ConfirmationId)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read confirmation %s: %w", confirmed.ConfirmationId, err)
	case earlier != nil && proto.Equal(earlier.GetConfirmed(), confirmed):
		return nil, nil
	case d.GetStatus() == verified:
		return nil, fault.Errorf(fault.Precondition, "delivery %s was verified on %s by proof %s; tell %s what is wrong with it", d.GetId(), day(d.GetSettledAt()), d.GetProof().GetNumber(), ledger.AgencyOf(d.GetId()))
	case earlier != nil:
		return []proto.Message{ledger.Beside(earlier, confirmed)}, nil
	}
	group, err := view.GroupHeardBy(ledger.AgencyOf(d.GetId()), confirmed, cmd.GetParticulars().GetMarking())
	if err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Dated{Message: confirmed, Group: group}}, nil
}
