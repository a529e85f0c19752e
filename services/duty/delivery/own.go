package delivery

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
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
		return nil, fault.Errorf(fault.NotFound, "delivery %s is not on record here", id)
	case !isOwn(view, id):
		return nil, fault.Errorf(fault.NotAllowed, "delivery %s was asked about by another agency, which says what its proof is worth; what arrived is told by: counterfoil deliver confirm %s", id, id)
	}
	return d, nil
}

func isOwn(view ledger.View, id string) bool { return strings.HasPrefix(id, view.Agency()+"/") }

// agencyOf is the agency whose record an id names.
func agencyOf(id string) string {
	agency, _, _ := strings.Cut(id, "/")
	return agency
}

// heardBy is the group that a new fact of this agency is recorded for; it is refused where another agency, which has to hear of
// it, does not read that.
func heardBy(view ledger.View, other string, fact proto.Message, marking string) (string, error) {
	name, err := view.SharingGroup(fact.ProtoReflect().Descriptor().FullName(), marking, view.Agency())
	if err != nil {
		return "", err
	}
	reads, err := readBy(view, name, other)
	switch {
	case err != nil:
		return "", err
	case !reads:
		return "", fault.Errorf(fault.Precondition, "%s would not hear of it: it does not read group %s, which this is recorded for; choose a marking, or have the authority mend the sharing rules", other, name)
	}
	return name, nil
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
