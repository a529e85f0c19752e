package duty

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/services/duty/delivery"
)

// Deliveries are reactions that ask for proof of arrival where a decision obliges the agency to, take over what those who were
// asked confirm, keep to the period, and plan the checks of delivered goods that were taken as what an alert leads to.
func Deliveries() []desk.Reaction {
	return []desk.Reaction{
		{Name: "take over confirmed deliveries", Kind: (&customsv1.DeliveryConfirmed{}).ProtoReflect().Descriptor().FullName(), React: takeOverDelivery},
		{Name: "ask for proof of delivery", Kind: (&customsv1.ExitConfirmed{}).ProtoReflect().Descriptor().FullName(), React: askForProof},
		{Name: "remind of deliveries", Due: delivery.Due},
		{Name: "plan checks that were taken", Kind: (&enforcementv1.ConsequenceAnswered{}).ProtoReflect().Descriptor().FullName(), React: planTaken},
		{Name: "answer offers of checks that were planned", Kind: (&customsv1.PostDeliveryCheckPlanned{}).ProtoReflect().Descriptor().FullName(), React: answerPlanned},
	}
}

func askForProof(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	exited, ok := e.Fact.(*customsv1.ExitConfirmed)
	if !ok {
		return nil, nil // it was withdrawn
	}
	return delivery.OnExit(view, exited.GetDeclarationId(), e.Event.GetOccurredAt().AsTime(), e.Cause(id))
}

func takeOverDelivery(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	confirmed, ok := e.Fact.(*customsv1.DeliveryConfirmed)
	if !ok {
		return nil, nil // it was withdrawn
	}
	return delivery.TakeOver(view, id.Agency, confirmed, e.Cause(id))
}

func planTaken(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	answered, ok := e.Fact.(*enforcementv1.ConsequenceAnswered)
	if !ok || !answered.GetTaken() || id.Agency != view.Agency() {
		return nil, nil
	}
	offer, err := view.ConsequenceOffer(answered.GetOfferId())
	if offer.GetOffered().GetConsequence() != enforcementv1.Consequence_CONSEQUENCE_POST_DELIVERY_CHECK || err != nil {
		return nil, err
	}
	return delivery.PlanTaken(view, offer, e.Event.GetRecordedAt().AsTime(), e.Cause(id))
}

func answerPlanned(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	planned, ok := e.Fact.(*customsv1.PostDeliveryCheckPlanned)
	if !ok {
		return nil, nil // it was withdrawn
	}
	return delivery.AnswerPlanned(view, id.Agency, planned, e.Cause(id))
}
