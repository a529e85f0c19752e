package licensing

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

// gateReactions look again at what passed a gate when something new is known.
func gateReactions() []desk.Reaction {
	return []desk.Reaction{{
		Name:  "open reassessments on an embargo",
		Kind:  (&screeningv1.EmbargoRecorded{}).ProtoReflect().Descriptor().FullName(),
		React: reassessOnEmbargo,
	}}
}

// reassessOnEmbargo puts every live licence that a new embargo reaches up for reassessment (ATT Article 7(7)), whoever recorded
// the embargo.
func reassessOnEmbargo(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	recorded, ok := e.Fact.(*screeningv1.EmbargoRecorded)
	if !ok {
		return nil, fmt.Errorf("event %d of %s is a %s and no embargo", e.Number, id, e.Event.GetKind())
	}
	embargo, err := view.Embargo(recorded.GetEmbargoId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read embargo %s: %w", recorded.GetEmbargoId(), err)
	case embargo == nil:
		return nil, nil
	}
	cause := e.Cause(id)
	return reassessment.OpenOnEmbargo(view, embargo, e.Event.GetOccurredAt().AsTime(), cause)
}
