package duty

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

// TakeOffersBack answers what this agency was offered and has not answered when the alert is refuted: nothing follows from it
// any more.
func TakeOffersBack() desk.Reaction {
	return desk.Reaction{
		Name: "take offers back", Kind: (&enforcementv1.AlertRefuted{}).ProtoReflect().Descriptor().FullName(),
		React: func(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
			refuted, ok := e.Fact.(*enforcementv1.AlertRefuted)
			if !ok {
				return nil, nil // it was withdrawn
			}
			cause := e.Cause(id)
			every := func(*enforcementv1.ConsequenceOffered) bool { return true }
			return incident.Answer(view, refuted.GetAlertId(), every, false, "alert refuted", cause)
		},
	}
}
