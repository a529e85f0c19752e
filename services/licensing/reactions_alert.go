package licensing

import (
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/duty"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

// alertReactions are what alerts lead to for licences: what a policy has done by itself, what it has offered, and what was taken.
// An alert that was not released to this agency has nothing to say here; what later happens to it is among the parked events.
func alertReactions() []desk.Reaction {
	reactions := []desk.Reaction{
		onFact("suspend on immediate alerts", suspendOnAlert),
		onFact("suspend on confirmed alerts", suspendOnConfirmation),
		onFact("open reassessments on alerts", openOnAlert),
		onFact("open reassessments", openReassessments),
		onFact("offer consequences of alerts", offerOnAlert),
		onFact("offer consequences of confirmed alerts", offerOnConfirmation),
		onFact("do what was taken", doTaken),
		onFact("answer offers of what was done", answerOpened),
	}
	return append(reactions, duty.TakeOffersBack())
}

// suspendOnAlert stops, by an immediate alert, the licences that it touches whose policy says so.
func suspendOnAlert(view ledger.View, f *enforcementv1.DiversionAlertRaised, h heard) ([]proto.Message, error) {
	row, err := view.Alert(f.GetAlertId())
	if row == nil || f.GetPriority() != enforcementv1.Priority_PRIORITY_IMMEDIATE || err != nil {
		return nil, err
	}
	return reassessment.Suspend(view, row, incident.Immediate, h.cause)
}

// suspendOnConfirmation stops, once an alert is confirmed, the licences that it touches whose policy says so.
func suspendOnConfirmation(view ledger.View, f *enforcementv1.AlertConfirmed, h heard) ([]proto.Message, error) {
	row, err := view.Alert(f.GetAlertId())
	if row == nil || err != nil {
		return nil, err
	}
	return reassessment.Suspend(view, row, incident.Confirmed, h.cause)
}

// consequence is a rule of what follows from an alert at some of its moments.
type consequence func(view ledger.View, alert *ledgerv1.Alert, moments []string, at time.Time, cause *eventv1.Cause) ([]proto.Message, error)

func (c consequence) of(view ledger.View, alertID string, confirmed bool, h heard) ([]proto.Message, error) {
	row, err := view.Alert(alertID)
	if row == nil || err != nil {
		return nil, err
	}
	return c(view, row, incident.Moments(row, confirmed), h.at, h.cause)
}

func openOnAlert(view ledger.View, f *enforcementv1.DiversionAlertRaised, h heard) ([]proto.Message, error) {
	return consequence(reassessment.Open).of(view, f.GetAlertId(), false, h)
}

// openReassessments puts live licences that a confirmed alert touches up for reassessment (ATT Article 7(7)).
func openReassessments(view ledger.View, f *enforcementv1.AlertConfirmed, h heard) ([]proto.Message, error) {
	return consequence(reassessment.Open).of(view, f.GetAlertId(), true, h)
}

func offerOnAlert(view ledger.View, f *enforcementv1.DiversionAlertRaised, h heard) ([]proto.Message, error) {
	return consequence(reassessment.Offer).of(view, f.GetAlertId(), false, h)
}

func offerOnConfirmation(view ledger.View, f *enforcementv1.AlertConfirmed, h heard) ([]proto.Message, error) {
	return consequence(reassessment.Offer).of(view, f.GetAlertId(), true, h)
}

// doTaken does what this agency took of what an alert may lead to: it opens the reassessment, or screens the licence against
// denials and lists. Checks after delivery are planned by any agency that took them, see package duty.
func doTaken(view ledger.View, f *enforcementv1.ConsequenceAnswered, h heard) ([]proto.Message, error) {
	offer, err := view.ConsequenceOffer(f.GetOfferId())
	if offer == nil || !f.GetTaken() || h.id.Agency != view.Agency() || err != nil {
		return nil, err
	}
	switch offer.GetOffered().GetConsequence() {
	case enforcementv1.Consequence_CONSEQUENCE_REASSESS:
		return reassessment.OpenTaken(view, offer, h.at, h.cause)
	case enforcementv1.Consequence_CONSEQUENCE_DENIAL_CHECK:
		return unlessRefused(duty.Screen(view, dossier.ToScreen, h.at, offer.GetOffered().GetSubject()))
	}
	return nil, nil
}

// answerOpened answers the offer of a reassessment that was opened by itself or otherwise meanwhile.
func answerOpened(view ledger.View, f *licensingv1.ReassessmentOpened, h heard) ([]proto.Message, error) {
	if f.GetAlertId() == "" || h.id.Agency != view.Agency() {
		return nil, nil
	}
	of := func(o *enforcementv1.ConsequenceOffered) bool {
		return o.GetConsequence() == enforcementv1.Consequence_CONSEQUENCE_REASSESS && o.GetSubject() == f.GetLicenceId()
	}
	return incident.Answer(view, f.GetAlertId(), of, true, f.GetReassessmentId()+" was opened", h.cause)
}
