package duty

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// GiveOpinion answers a consultation that this agency was asked in, or answers in the place of another as its alternate or
// because its silence was escalated. The conditions asked for with it are recorded beside it. Until the consultation is
// closed a later opinion replaces an earlier one, and the same again decides nothing.
func GiveOpinion(view ledger.View, cmd *licensingv1.GiveOpinionRequest) ([]proto.Message, error) {
	c, err := consulted(view, cmd.GetConsultationId())
	if err != nil {
		return nil, err
	}
	place := cmd.GetInPlaceOf()
	if place == view.Agency() {
		place = ""
	}
	if err := mayAnswer(view, c, place); err != nil {
		return nil, err
	}
	if err := complete(cmd); err != nil {
		return nil, err
	}
	asked, ids, err := conditionsOf(view, c, cmd)
	if err != nil {
		return nil, err
	}
	given := &licensingv1.OpinionGiven{
		ConsultationId: c.GetId(), View: cmd.GetView(), Reason: cmd.GetReason(), Recused: cmd.GetRecused(), Conditions: ids, InPlaceOf: place,
	}
	earlier, err := view.Opinion(ledger.OpinionID(view.Agency(), c.GetId(), place))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the opinion on record in %s: %w", c.GetId(), err)
	case earlier != nil && sameOpinion(earlier.GetGiven(), given):
		return nil, nil
	}
	if given.Signer, err = signer(view, c, cmd.GetParticulars().GetOfficer()); err != nil {
		return nil, err
	}
	group, err := groupOf(view, c, earlier, given, cmd.GetParticulars().GetMarking())
	if err != nil {
		return nil, err
	}
	facts := []proto.Message{ledger.Dated{Message: given, Group: group}}
	for _, a := range asked {
		facts = append(facts, ledger.Dated{Message: a, Group: group})
	}
	return facts, nil
}

// consulted returns a consultation that can still be answered.
func consulted(view ledger.View, id string) (*ledgerv1.Consultation, error) {
	c, err := view.Consultation(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read consultation %s: %w", id, err)
	case c == nil:
		return nil, fault.Errorf(fault.NotFound, "consultation %s is not on record here", id)
	case c.GetClosed() != nil:
		return nil, fault.Errorf(fault.Precondition, "consultation %s was closed on %s and takes no answer any more", id, day(c.GetClosedAt()))
	}
	ended, err := view.EndOf(c.GetOpened().GetApplicationId())
	switch {
	case err != nil:
		return nil, err
	case ended != "":
		return nil, fault.Errorf(fault.Precondition, "application %s %s, so consultation %s takes no answer any more", c.GetOpened().GetApplicationId(), ended, id)
	}
	return c, nil
}

// complete refuses an opinion that says too little, or two things at once.
func complete(cmd *licensingv1.GiveOpinionRequest) error {
	const (
		none       = licensingv1.OpinionView_OPINION_VIEW_UNSPECIFIED
		conditions = licensingv1.OpinionView_OPINION_VIEW_CONCUR_WITH_CONDITIONS
		object     = licensingv1.OpinionView_OPINION_VIEW_OBJECT
	)
	switch {
	case cmd.GetRecused() && cmd.GetView() != none:
		return fault.Errorf(fault.Invalid, "who is recused gives no view; leave the view out")
	case cmd.GetRecused() && cmd.GetReason() == "":
		return fault.Errorf(fault.Invalid, "give the reason for which this agency is recused in %s", cmd.GetConsultationId())
	case !cmd.GetRecused() && cmd.GetView() == none:
		return fault.Errorf(fault.Invalid, "say what the opinion in %s is: concur, concur with conditions, object or abstain", cmd.GetConsultationId())
	case cmd.GetView() == object && cmd.GetReason() == "":
		return fault.Errorf(fault.Invalid, "give the reason for the objection in %s", cmd.GetConsultationId())
	case cmd.GetView() == conditions && len(cmd.GetConditions()) == 0:
		return fault.Errorf(fault.Invalid, "give the conditions under which this agency concurs in %s", cmd.GetConsultationId())
	case cmd.GetView() != conditions && len(cmd.GetConditions()) > 0:
		return fault.Errorf(fault.Invalid, "conditions go with the view that concurs with conditions; choose it, or leave them out")
	}
	return nil
}

// conditionsOf returns the ids of the conditions that an opinion has, and of those the ones to ask for now: a text that this
// agency asked for in the consultation before, and that stands, is not asked for again.
func conditionsOf(view ledger.View, c *ledgerv1.Consultation, cmd *licensingv1.GiveOpinionRequest) (asked []*licensingv1.ConditionAsked, ids []string, err error) {
	rows, err := view.ConditionsWith("consultation", c.GetId())
	if err != nil {
		return nil, nil, fmt.Errorf("read conditions in %s: %w", c.GetId(), err)
	}
	known := map[string]string{}
	for _, r := range rows {
		if r.GetAgency() == view.Agency() && !r.GetDropped() {
			known[r.GetText()] = r.GetId()
		}
	}
	fresh, err := view.NextIDs("K-"+yearOf(cmd.GetParticulars()), len(cmd.GetConditions()))
	if err != nil {
		return nil, nil, err
	}
	for _, text := range cmd.GetConditions() {
		id, found := known[text]
		if !found {
			id = fresh[len(asked)]
			known[text] = id
			asked = append(asked, &licensingv1.ConditionAsked{
				ConditionId: id, ApplicationId: c.GetOpened().GetApplicationId(), ConsultationId: c.GetId(), Text: text,
			})
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return asked, ids, nil
}

// sameOpinion reports whether two opinions say the same, whoever signed them.
func sameOpinion(a, b *licensingv1.OpinionGiven) bool {
	a, b = proto.CloneOf(a), proto.CloneOf(b)
	a.Signer, b.Signer = nil, nil
	return proto.Equal(a, b)
}

// yearOf returns the year that an id is given in: that of occurred_at, in UTC.
func yearOf(p *eventv1.Particulars) string { return p.GetOccurredAt().AsTime().Format("2006") }
