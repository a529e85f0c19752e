package licensing

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

// Reactions are the events that make this agency record something. They depend on nothing of the service, so they can
// be asked for before its node is up.
func (*Service) Reactions() []desk.Reaction {
	return []desk.Reaction{
		{Name: "suspend on immediate alerts", Kind: raised, React: suspendOnAlert},
		{Name: "suspend on confirmed alerts", Kind: confirmed, React: suspendOnConfirmation},
		{Name: "open reassessments", Kind: confirmed, React: openReassessments},
	}
}

var (
	raised    = (&enforcementv1.DiversionAlertRaised{}).ProtoReflect().Descriptor().FullName()
	confirmed = (&enforcementv1.AlertConfirmed{}).ProtoReflect().Descriptor().FullName()
)

// suspendOnAlert stops, by an immediate alert, the licences that it touches whose policy says so.
func suspendOnAlert(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	alert, ok := e.Fact.(*enforcementv1.DiversionAlertRaised)
	if !ok || alert.GetPriority() != enforcementv1.Priority_PRIORITY_IMMEDIATE {
		return nil, nil
	}
	return suspend(view, alert.GetAlertId(), "immediate", id, e)
}

// suspendOnConfirmation stops, once an alert is confirmed, the licences that it touches whose policy says so.
func suspendOnConfirmation(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	alert, ok := e.Fact.(*enforcementv1.AlertConfirmed)
	if !ok {
		return nil, nil
	}
	return suspend(view, alert.GetAlertId(), "confirmed", id, e)
}

func suspend(view ledger.View, alertID, on string, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	alert, err := view.Alert(alertID)
	if err != nil || alert == nil {
		return nil, err
	}
	return reassessment.Suspend(view, alert, on, &eventv1.Cause{Journal: id.String(), Number: e.Number, Id: e.Event.GetId()})
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
