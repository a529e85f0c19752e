package licence

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/grounds"
)

// Appeal puts an appeal on record, against a denial, or the suspension or revocation of a licence. One is open at a time, and what was
// overturned is not appealed against again.
func Appeal(view ledger.View, cmd *licensingv1.LodgeAppealRequest) ([]proto.Message, error) {
	against, since, err := contested(view, cmd.GetDecisionId())
	if err != nil {
		return nil, err
	}
	before, err := view.AppealsWith("decision", cmd.GetDecisionId())
	if err != nil {
		return nil, fmt.Errorf("read appeals against %s: %w", cmd.GetDecisionId(), err)
	}
	for _, a := range before {
		switch {
		case a.GetDecided() == nil && a.GetLodged().GetGrounds() == cmd.GetGrounds():
			return nil, nil
		case a.GetDecided() == nil:
			return nil, fault.Errorf(fault.Conflict, "appeal %s against %s is open; decide it first", a.GetId(), cmd.GetDecisionId())
		case a.GetDecided().GetOutcome() != licensingv1.AppealOutcome_APPEAL_OUTCOME_OVERTURNED || a.GetDecidedAt().AsTime().Before(since):
		case a.GetLodged().GetContested() == against || a.GetLodged().GetContested() == licensingv1.Contested_CONTESTED_UNSPECIFIED:
			return nil, fault.Errorf(fault.Precondition, "%s was overturned already, see %s", cmd.GetDecisionId(), a.GetId())
		}
	}
	id, err := view.NextID("X-" + yearOf(cmd.GetParticulars()))
	if err != nil {
		return nil, err
	}
	return []proto.Message{&licensingv1.AppealLodged{AppealId: id, DecisionId: cmd.GetDecisionId(), Grounds: cmd.GetGrounds(), Contested: against}}, nil
}

// DecideAppeal decides an appeal, by a person who did not sign the decision. A denial that is overturned leaves its
// application to be decided anew; a licence is reinstated by its own command.
func DecideAppeal(view ledger.View, cmd *licensingv1.DecideAppealRequest) ([]proto.Message, error) {
	a, err := view.Appeal(cmd.GetAppealId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read appeal %s: %w", cmd.GetAppealId(), err)
	case a == nil:
		return nil, fault.Errorf(fault.NotFound, "appeal %s has not been lodged", cmd.GetAppealId())
	case !view.Owns(a.GetId()):
		return nil, fault.Errorf(fault.NotAllowed, "appeal %s was lodged with another agency", a.GetId())
	case cmd.GetOutcome() == licensingv1.AppealOutcome_APPEAL_OUTCOME_UNSPECIFIED:
		return nil, fault.Errorf(fault.Invalid, "say what appeal %s came to", a.GetId())
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for deciding appeal %s", a.GetId())
	case a.GetDecided() != nil && a.GetDecided().GetOutcome() == cmd.GetOutcome():
		return nil, nil
	case a.GetDecided() != nil:
		return nil, fault.Errorf(fault.Conflict, "appeal %s was decided otherwise; a decision on appeal stands", a.GetId())
	}
	b, err := basisOf(view, a.GetLodged().GetDecisionId())
	if err != nil {
		return nil, err
	}
	by := cmd.GetParticulars()
	person := by.GetOfficer().GetPerson()
	if person != "" && slices.ContainsFunc(b.GetSignatures(), func(s *licensingv1.Signature) bool { return s.GetPerson() == person }) {
		return nil, fault.Errorf(fault.NotAllowed, "this person signed the decision that is contested; another has to decide the appeal")
	}
	g, err := groundsOfAppeal(view, a.GetLodged().GetDecisionId())
	if err != nil {
		return nil, err
	}
	return []proto.Message{g.Cited(ledger.Beside(a, &licensingv1.AppealDecided{
		AppealId: a.GetId(), Outcome: cmd.GetOutcome(), Reason: cmd.GetReason(),
		Signature: &licensingv1.Signature{Role: by.GetOfficer().GetRole(), Person: person, At: by.GetOccurredAt()},
	}))}, nil
}

// groundsOfAppeal are the decision that is contested, what there is to say of it since, and what the decision on its application
// rests on.
func groundsOfAppeal(view ledger.View, decision string) (all grounds.Grounds, err error) {
	d, err := view.Denial(decision)
	if err != nil {
		return nil, fmt.Errorf("read denial %s: %w", decision, err)
	}
	since := grounds.OfDenial
	application := d.GetApplicationId()
	if d == nil {
		l, err := view.Licence(decision)
		if err != nil {
			return nil, fmt.Errorf("read licence %s: %w", decision, err)
		}
		since, application = grounds.OfLicence, l.GetApplicationId()
	}
	if all, err = since(view, decision); err != nil {
		return nil, err
	}
	if err := all.Record(view, decision); err != nil {
		return nil, err
	}
	a, err := view.Application(application)
	if a == nil || err != nil {
		return all, err
	}
	of, err := groundsOf(view, a)
	return append(all, of...), err
}

// contested is what of a decision of this agency can be appealed against as it stands, and since when a licence is under it.
func contested(view ledger.View, id string) (against licensingv1.Contested, since time.Time, err error) {
	d, err := ownDenial(view, id)
	if d != nil || err != nil {
		return licensingv1.Contested_CONTESTED_DENIAL, since, err
	}
	l, err := ownLicence(view, id)
	if err != nil {
		return 0, since, err
	}
	switch l.GetStatus() {
	case ledgerv1.Status_STATUS_SUSPENDED:
		against = licensingv1.Contested_CONTESTED_SUSPENSION
	case ledgerv1.Status_STATUS_REVOKED:
		against = licensingv1.Contested_CONTESTED_REVOCATION
	default:
		return 0, since, fault.Errorf(fault.Precondition, "licence %s is %s; there is nothing to appeal against", id, statusWord(l.GetStatus()))
	}
	events, err := view.EventsOf(l)
	if err != nil {
		return 0, since, fmt.Errorf("read events of licence %s: %w", id, err)
	}
	for _, e := range events {
		if e.GetKind() == suspension || e.GetKind() == revocation {
			since = e.GetOccurredAt().AsTime()
		}
	}
	return against, since, nil
}

var (
	suspension = string((*licensingv1.LicenceSuspended)(nil).ProtoReflect().Descriptor().FullName())
	revocation = string((*licensingv1.LicenceRevoked)(nil).ProtoReflect().Descriptor().FullName())
)

// basisOf is what a decision of this agency rests on.
func basisOf(view ledger.View, id string) (*licensingv1.Basis, error) {
	d, err := ownDenial(view, id)
	if d != nil || err != nil {
		return d.GetBasis(), err
	}
	l, err := ownLicence(view, id)
	return l.GetBasis(), err
}

// ownDenial is a denial of this agency; nil when the id is of none.
func ownDenial(view ledger.View, id string) (*ledgerv1.Denial, error) {
	d, err := view.Denial(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read denial %s: %w", id, err)
	case d != nil && !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "%s was decided by another agency; appeal there", id)
	}
	return d, nil
}
