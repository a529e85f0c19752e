package licensing

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

// deliveryReactions follow goods after they left: licences are looked at again by what checks came to, and proof of
// arrival meets what the grant obliged to.
func deliveryReactions() []desk.Reaction {
	return []desk.Reaction{
		onFact("reassess on refused checks", reassessOnObstruction),
		onFact("reassess on checks", reassessOnCheck),
		onFact("meet obligations by deliveries", meetByDelivery),
	}
}

func reassessOnObstruction(view ledger.View, f *customsv1.PostDeliveryCheckObstructed, h heard) ([]proto.Message, error) {
	return reassessByCheck(view, f.GetCheckId(), f.GetOutcome(), h)
}

func reassessOnCheck(view ledger.View, f *customsv1.PostDeliveryCheckDone, h heard) ([]proto.Message, error) {
	return reassessByCheck(view, f.GetCheckId(), f.GetOutcome(), h)
}

func reassessByCheck(view ledger.View, id string, outcome customsv1.CheckOutcome, h heard) ([]proto.Message, error) {
	check, err := view.PostDeliveryCheck(id)
	if check == nil || err != nil {
		return nil, err
	}
	return reassessment.OpenOnCheck(view, check, outcome, h.at, h.cause)
}

func meetByDelivery(view ledger.View, f *customsv1.DeliveryVerified, h heard) ([]proto.Message, error) {
	return licence.MeetDelivered(view, f.GetDeliveryId(), h.at, h.cause)
}
