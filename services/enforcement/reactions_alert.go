package enforcement

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/services/enforcement/alert"
)

// alertReactions escalate alerts, and tell everybody who has one what became of it.
func alertReactions() []desk.Reaction {
	reactions := []desk.Reaction{{Name: "escalate alerts", Due: alert.Escalate}}
	for _, later := range []proto.Message{
		&enforcementv1.AlertRefuted{}, &enforcementv1.AlertConfirmed{}, &enforcementv1.AlertClosed{}, &enforcementv1.AlertCorroborated{},
		&enforcementv1.AlertEscalated{},
	} {
		kind := later.ProtoReflect().Descriptor()
		reactions = append(reactions, desk.Reaction{Name: "retell on " + string(kind.Name()), Kind: kind.FullName(), React: retell})
	}
	return reactions
}

// retell repeats an alert's later event of this agency for the groups that the alert was shared with. A repetition is not
// repeated again.
func retell(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	if id.Agency != view.Agency() || e.Event.GetOrigin() != nil {
		return nil, nil
	}
	about, ok := e.Fact.(interface{ GetAlertId() string })
	if !ok {
		return nil, nil // it was withdrawn
	}
	return alert.Retell(view, about.GetAlertId())
}
