package delivery

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	disputed = ledgerv1.DeliveryStatus_DELIVERY_STATUS_DISPUTED
	verified = ledgerv1.DeliveryStatus_DELIVERY_STATUS_VERIFIED
)

// ownDelivery returns a delivery that this agency asked about.
func ownDelivery(view ledger.View, id string) (*ledgerv1.Delivery, error) {
	d, err := view.Delivery(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read delivery %s: %w", id, err)
	case d == nil:
		return nil, fault.Errorf(fault.NotFound, "delivery %s is not on record here; see: counterfoil list deliveries", id)
	case !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "delivery %s was asked about by another agency, which says what its proof is worth; what arrived is told by: counterfoil deliver confirm %s", id, id)
	}
	return d, nil
}

func readBy(view ledger.View, group, agency string) (bool, error) {
	g, err := view.Group(group)
	if err != nil {
		return false, fmt.Errorf("read group %s: %w", group, err)
	}
	return slices.Contains(g.GetMembers(), agency), nil
}

// day is a time as sentences say it.
func day(t *timestamppb.Timestamp) string { return t.AsTime().Format(time.DateOnly) }
