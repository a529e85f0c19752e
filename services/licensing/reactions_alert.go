package licensing

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

func alertReactions() []desk.Reaction {
	raised := (&enforcementv1.DiversionAlertRaised{}).ProtoReflect().Descriptor().FullName()
	confirmed := (&enforcementv1.AlertConfirmed{}).ProtoReflect().Descriptor().FullName()
	return []desk.Reaction{
		{Name: "suspend on immediate alerts", Kind: raised, React: suspendOnAlert},
		{Name: "suspend on confirmed alerts", Kind: confirmed, React: suspendOnConfirmation},
		{Name: "open reassessments", Kind: confirmed, React: openReassessments},
	}
}

// suspendOnAlert stops, by an immediate alert, the licences that it touches whose policy says so.
func suspendOnAlert(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	alert, ok := e.Fact.(*enforcementv1.DiversionAlertRaised)
	if !ok || alert.GetPriority() != enforcementv1.Priority_PRIORITY_IMMEDIATE {
		return nil, nil
	}
	row, err := view.Alert(alert.GetAlertId())
	if row == nil || err != nil {
		return nil, err
	}
	return reassessment.Suspend(view, row, "immediate", causeOf(id, e))
}

// suspendOnConfirmation stops, once an alert is confirmed, the licences that it touches whose policy says so.
func suspendOnConfirmation(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	alert, err := confirmedAlert(view, e)
	if alert == nil || err != nil {
		return nil, err
	}
	return reassessment.Suspend(view, alert, "confirmed", causeOf(id, e))
}

// openReassessments reacts to a confirmed alert: every live licence that the alert names, or that has one of its
// parties, is put up for reassessment (ATT Article 7(7)). What it records names the confirmation as its cause.
func openReassessments(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	alert, err := confirmedAlert(view, e)
	if alert == nil || err != nil {
		return nil, err
	}
	return reassessment.Open(view, alert, e.Event.GetOccurredAt().AsTime(), causeOf(id, e))
}

// confirmedAlert is the alert that an event confirms. One that was not released to this agency has nothing to say here, and
// its confirmation is among the parked events.
func confirmedAlert(view ledger.View, e journal.Entry) (*ledgerv1.Alert, error) {
	confirmed, ok := e.Fact.(*enforcementv1.AlertConfirmed)
	if !ok {
		return nil, fmt.Errorf("event %d is a %s and not a confirmation of an alert", e.Number, e.Event.GetKind())
	}
	return view.Alert(confirmed.GetAlertId())
}

func causeOf(id journal.ID, e journal.Entry) *eventv1.Cause {
	return &eventv1.Cause{Journal: id.String(), Number: e.Number, Id: e.Event.GetId()}
}
