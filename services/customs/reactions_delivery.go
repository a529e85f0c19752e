package customs

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
)

// deliveryReactions note on the declaration what did not arrive.
func deliveryReactions() []desk.Reaction {
	return []desk.Reaction{
		{Name: "note overdue deliveries", Kind: (&customsv1.DeliveryOverdue{}).ProtoReflect().Descriptor().FullName(), React: noteUndelivered},
		{Name: "note disputed deliveries", Kind: (&customsv1.DeliveryDisputed{}).ProtoReflect().Descriptor().FullName(), React: noteUndelivered},
	}
}

func noteUndelivered(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	at, cause := e.Event.GetOccurredAt().AsTime(), e.Cause(id)
	switch f := e.Fact.(type) {
	case *customsv1.DeliveryOverdue:
		return declaration.Undelivered(view, f.GetDeliveryId(), "no proof came in time", at, cause)
	case *customsv1.DeliveryDisputed:
		return declaration.Undelivered(view, f.GetDeliveryId(), f.GetReason(), at, cause)
	}
	return nil, nil // it was withdrawn
}
