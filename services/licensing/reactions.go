package licensing

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

// Reactions are the events, and the times that come, that make this agency record something. They depend on nothing of the service, so they can
// be asked for before its node is up.
func (*Service) Reactions() []desk.Reaction {
	reactions := []desk.Reaction{{
		Name:  "open reassessments",
		Kind:  (&enforcementv1.AlertConfirmed{}).ProtoReflect().Descriptor().FullName(),
		React: openReassessments,
	}}
	return append(reactions, consultationReactions()...)
}

// openReassessments reacts to a confirmed alert: every live licence that the alert names, or that has one of its
// parties, is put up for reassessment (ATT Article 7(7)). What it records names the confirmation as its cause. An
// alert that was not released to this agency has nothing to say here, and its confirmation is among the parked events.
func openReassessments(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	confirmed, ok := e.Fact.(*enforcementv1.AlertConfirmed)
	if !ok {
		return nil, fmt.Errorf("event %d of %s is a %s and not a confirmation of an alert", e.Number, id, e.Event.GetKind())
	}
	alert, err := view.Alert(confirmed.GetAlertId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read alert %s: %w", confirmed.GetAlertId(), err)
	case alert == nil:
		return nil, nil
	}
	cause := &eventv1.Cause{Journal: id.String(), Number: e.Number, Id: e.Event.GetId()}
	return reassessment.Open(view, alert, e.Event.GetOccurredAt().AsTime(), cause)
}
