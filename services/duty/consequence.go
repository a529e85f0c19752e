package duty

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/citations"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// AnswerConsequence takes or declines what an alert may lead to for a record of this agency, once. What is taken is done by a
// reaction of the agency, so it is refused where it cannot be done any more. The same answer again decides nothing.
func AnswerConsequence(view ledger.View, cmd *enforcementv1.AnswerConsequenceRequest) ([]proto.Message, error) {
	offer, err := ownOffer(view, cmd.GetOfferId())
	switch {
	case err != nil:
		return nil, err
	case offer.GetAnswered() != nil && offer.GetAnswered().GetTaken() == cmd.GetTaken():
		return nil, nil
	case offer.GetAnswered() != nil:
		return nil, fault.Errorf(fault.Conflict, "offer %s was answered otherwise (%s), which stands", offer.GetId(), answerWord(offer.GetAnswered()))
	case !cmd.GetTaken() && cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for declining offer %s", offer.GetId())
	}
	if cmd.GetTaken() {
		if err := canBeDone(view, offer.GetOffered()); err != nil {
			return nil, err
		}
	}
	var g citations.Grounds
	if err := g.Record(view, offer.GetOffered().GetAlertId()); err != nil {
		return nil, err
	}
	answer := &enforcementv1.ConsequenceAnswered{OfferId: offer.GetId(), Taken: cmd.GetTaken(), Reason: cmd.GetReason()}
	return []proto.Message{g.Cited(ledger.Beside(offer, answer))}, nil
}

func ownOffer(view ledger.View, id string) (*ledgerv1.ConsequenceOffer, error) {
	offer, err := view.ConsequenceOffer(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read offer %s: %w", id, err)
	case offer == nil:
		return nil, fault.Errorf(fault.NotFound, "offer %s is not on record here; see: counterfoil alert consequences", id)
	case !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "offer %s is for another agency, which alone answers it", id)
	}
	return offer, nil
}

func answerWord(a *enforcementv1.ConsequenceAnswered) string {
	word := "declined"
	if a.GetTaken() {
		word = "taken"
	}
	if a.GetReason() != "" {
		word += ": " + a.GetReason()
	}
	return word
}

// canBeDone refuses what cannot follow any more: the alert was refuted, the licence has ended, or the goods have moved.
func canBeDone(view ledger.View, o *enforcementv1.ConsequenceOffered) error {
	alert, err := view.Alert(o.GetAlertId())
	switch {
	case err != nil:
		return fmt.Errorf("read alert %s: %w", o.GetAlertId(), err)
	case incident.Refuted(alert):
		return fault.Errorf(fault.Precondition, "alert %s was refuted; decline what it was thought to lead to", o.GetAlertId())
	}
	switch o.GetConsequence() {
	case enforcementv1.Consequence_CONSEQUENCE_REASSESS, enforcementv1.Consequence_CONSEQUENCE_DENIAL_CHECK:
		l, err := view.Licence(o.GetSubject())
		if err != nil {
			return fmt.Errorf("read licence %s: %w", o.GetSubject(), err)
		}
		if s := l.GetStatus(); s != ledgerv1.Status_STATUS_GRANTED && s != ledgerv1.Status_STATUS_SUSPENDED {
			return fault.Errorf(fault.Precondition, "licence %s has ended and cannot be looked at again; decline it", o.GetSubject())
		}
	case enforcementv1.Consequence_CONSEQUENCE_HOLD:
		return canBeHeld(view, o.GetSubject())
	}
	return nil
}

func canBeHeld(view ledger.View, id string) error {
	d, err := view.Declaration(id)
	if err != nil {
		return fmt.Errorf("read declaration %s: %w", id, err)
	}
	switch d.GetStatus() {
	case ledgerv1.DeclarationStatus_DECLARATION_STATUS_ACCEPTED, ledgerv1.DeclarationStatus_DECLARATION_STATUS_RELEASED:
		return nil
	case ledgerv1.DeclarationStatus_DECLARATION_STATUS_HELD:
		if by := d.GetHeld().GetAlertId(); by != "" {
			return fault.Errorf(fault.Precondition, "the goods of declaration %s are held by alert %s already; take this once that hold is lifted, or decline it", id, by)
		}
		return nil
	}
	return fault.Errorf(fault.Precondition, "the goods of declaration %s are not at the border any more; decline to hold them, and record what is done about the alert instead: counterfoil alert act", id)
}
