package duty

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// AddCondition asks that a licence carry a condition: by an agency that was asked about the application, also after its
// opinion, and after the licence was granted. A text that it asked for before, and that stands, is not asked for again.
func AddCondition(view ledger.View, cmd *licensingv1.AddConditionRequest) ([]proto.Message, error) {
	if cmd.GetText() == "" {
		return nil, fault.Errorf(fault.Invalid, "say what the condition on application %s is", cmd.GetApplicationId())
	}
	c, err := askedAbout(view, cmd.GetApplicationId())
	if err != nil {
		return nil, err
	}
	if err := mayCarry(view, cmd.GetApplicationId()); err != nil {
		return nil, err
	}
	rows, err := view.ConditionsWith("application", cmd.GetApplicationId())
	if err != nil {
		return nil, fmt.Errorf("read conditions on %s: %w", cmd.GetApplicationId(), err)
	}
	for _, r := range rows {
		if r.GetAgency() == view.Agency() && !r.GetDropped() && r.GetText() == cmd.GetText() {
			return nil, nil
		}
	}
	id, err := view.NextID("K-" + yearOf(cmd.GetParticulars()))
	if err != nil {
		return nil, err
	}
	asked := &licensingv1.ConditionAsked{ConditionId: id, ApplicationId: cmd.GetApplicationId(), ConsultationId: c.GetId(), Text: cmd.GetText()}
	group, err := groupOf(view, c, nil, asked, cmd.GetParticulars().GetMarking())
	if err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Dated{Message: asked, Group: group}}, nil
}

// askedAbout returns the latest consultation on an application that asked this agency, or that it answered in another's
// place.
func askedAbout(view ledger.View, application string) (*ledgerv1.Consultation, error) {
	rows, err := view.ConsultationsWith("application", application)
	if err != nil {
		return nil, fmt.Errorf("read consultations on %s: %w", application, err)
	}
	var latest *ledgerv1.Consultation
	for _, c := range rows {
		asked := isAddressee(c, view.Agency()) || len(escalatedFrom(c, view.Agency())) > 0
		if !asked {
			if asked, err = hasAnswered(view, c.GetId()); err != nil {
				return nil, err
			}
		}
		if asked && (latest == nil || !c.GetOpened().GetOpenedAt().AsTime().Before(latest.GetOpened().GetOpenedAt().AsTime())) {
			latest = c
		}
	}
	if latest == nil {
		return nil, fault.Errorf(fault.NotAllowed, "%s was not asked about application %s; only those that were ask for conditions", view.Agency(), application)
	}
	return latest, nil
}

func hasAnswered(view ledger.View, consultation string) (bool, error) {
	opinions, err := view.OpinionsWith("consultation", consultation)
	if err != nil {
		return false, fmt.Errorf("read opinions in %s: %w", consultation, err)
	}
	for _, o := range opinions {
		if o.GetAgency() == view.Agency() {
			return true, nil
		}
	}
	return false, nil
}

// mayCarry refuses a condition where there is no licence, nor will be one.
func mayCarry(view ledger.View, application string) error {
	ended, err := view.EndOf(application)
	if err != nil || ended == "" {
		return err
	}
	licences, err := view.LicencesWith("application", application)
	if err != nil {
		return fmt.Errorf("read licences of application %s: %w", application, err)
	}
	for _, l := range licences {
		if l.GetStatus() != ledgerv1.Status_STATUS_REVOKED {
			return nil
		}
	}
	return fault.Errorf(fault.Precondition, "application %s %s, and there is no licence that could carry the condition", application, ended)
}

// ChangeCondition changes the text of a condition that this agency asked for. The same text again decides nothing.
func ChangeCondition(view ledger.View, cmd *licensingv1.ChangeConditionRequest) ([]proto.Message, error) {
	k, err := ownCondition(view, cmd.GetConditionId())
	switch {
	case err != nil:
		return nil, err
	case k.GetDropped():
		return nil, fault.Errorf(fault.Precondition, "condition %s was let go on %s; ask for another: counterfoil condition add %s", k.GetId(), day(k.GetChangedAt()), k.GetApplicationId())
	case cmd.GetText() == "" || cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the new text of condition %s and the reason for changing it", k.GetId())
	case k.GetText() == cmd.GetText():
		return nil, nil
	}
	return []proto.Message{ledger.Beside(k, &licensingv1.ConditionChanged{ConditionId: k.GetId(), Text: cmd.GetText(), Reason: cmd.GetReason()})}, nil
}

// DropCondition lets a condition go that this agency asked for; it stays on record. Letting it go twice decides nothing.
func DropCondition(view ledger.View, cmd *licensingv1.DropConditionRequest) ([]proto.Message, error) {
	k, err := ownCondition(view, cmd.GetConditionId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for letting condition %s go", k.GetId())
	case k.GetDropped():
		return nil, nil
	}
	return []proto.Message{ledger.Beside(k, &licensingv1.ConditionDropped{ConditionId: k.GetId(), Reason: cmd.GetReason()})}, nil
}

// ownCondition returns a condition that this agency asked for.
func ownCondition(view ledger.View, id string) (*ledgerv1.Condition, error) {
	k, err := view.Condition(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read condition %s: %w", id, err)
	case k == nil:
		return nil, fault.Errorf(fault.NotFound, "condition %s is not on record here", id)
	case k.GetAgency() != view.Agency():
		return nil, fault.Errorf(fault.NotAllowed, "condition %s was asked for by %s; only that agency changes it or lets it go", id, k.GetAgency())
	}
	return k, nil
}
