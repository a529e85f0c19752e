package customs

import (
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/customs/hold"
	"github.com/counterfoil/counterfoil/services/duty"
)

// alertReactions are what alerts lead to for goods that have not moved: they are held where the policy of their licence has that
// done by itself, or where an officer took what was offered.
func alertReactions() []desk.Reaction {
	raised := (&enforcementv1.DiversionAlertRaised{}).ProtoReflect().Descriptor().FullName()
	confirmed := (&enforcementv1.AlertConfirmed{}).ProtoReflect().Descriptor().FullName()
	return []desk.Reaction{
		{Name: "hold on alerts", Kind: raised, React: onAlert(hold.Hold)},
		{Name: "hold on confirmed alerts", Kind: confirmed, React: onAlert(hold.Hold)},
		{Name: "offer holds on alerts", Kind: raised, React: onAlert(hold.Offer)},
		{Name: "offer holds on confirmed alerts", Kind: confirmed, React: onAlert(hold.Offer)},
		{Name: "hold what was taken", Kind: (&enforcementv1.ConsequenceAnswered{}).ProtoReflect().Descriptor().FullName(), React: holdTaken},
		duty.TakeOffersBack(),
	}
}

// onAlert hears of an alert that was raised or confirmed. One that was not released to this agency has nothing to say here.
func onAlert(rule func(ledger.View, *ledgerv1.Alert, []string, time.Time, *eventv1.Cause) ([]proto.Message, error)) func(ledger.View, journal.ID, journal.Entry) ([]proto.Message, error) {
	return func(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
		about, ok := e.Fact.(interface{ GetAlertId() string })
		if !ok {
			return nil, nil // it was withdrawn
		}
		alert, err := view.Alert(about.GetAlertId())
		if alert == nil || err != nil {
			return nil, err
		}
		_, confirmed := e.Fact.(*enforcementv1.AlertConfirmed)
		return rule(view, alert, incident.Moments(alert, confirmed), e.Event.GetRecordedAt().AsTime(), e.Cause(id))
	}
}

func holdTaken(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	answered, ok := e.Fact.(*enforcementv1.ConsequenceAnswered)
	if !ok || !answered.GetTaken() || id.Agency != view.Agency() {
		return nil, nil
	}
	offer, err := view.ConsequenceOffer(answered.GetOfferId())
	if offer.GetOffered().GetConsequence() != enforcementv1.Consequence_CONSEQUENCE_HOLD || err != nil {
		return nil, err
	}
	return hold.Taken(view, offer, e.Event.GetRecordedAt().AsTime(), e.Cause(id))
}
