package reassessment

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// OpenOnCheck puts up for reassessment, because of a check after delivery that was refused access (RF19) or whose goods are not
// accounted for, its licence and every other licence of this agency with the same end user, as far as they are live at the
// time given (docs/border.md; ATT Article 7(7)). One reassessment is opened per licence, check and outcome.
func OpenOnCheck(view ledger.View, check *ledgerv1.PostDeliveryCheck, outcome customsv1.CheckOutcome, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	found := ""
	switch outcome {
	case customsv1.CheckOutcome_CHECK_OUTCOME_ACCESS_REFUSED:
		found = "was refused access (RF19)"
	case customsv1.CheckOutcome_CHECK_OUTCOME_NOT_ACCOUNTED:
		found = "found goods not accounted for"
	default:
		return nil, nil
	}
	touched, err := licencesChecked(view, check, found)
	if err != nil {
		return nil, err
	}
	var due []touch
	for _, t := range touched {
		opened, err := view.ReassessmentsWith("licence", t.licence.GetId())
		if err != nil {
			return nil, fmt.Errorf("read reassessments of licence %s: %w", t.licence.GetId(), err)
		}
		known := slices.ContainsFunc(opened, func(r *ledgerv1.Reassessment) bool {
			return r.GetCauseId() == check.GetId() && r.GetReason() == t.how
		})
		if dossier.Live(t.licence, at) && !known {
			due = append(due, t)
		}
	}
	if len(due) == 0 {
		return nil, nil
	}
	ids, err := view.NextIDs("R-"+at.UTC().Format("2006"), len(due))
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	for i, t := range due {
		facts = append(facts, ledger.Dated{
			Message: &licensingv1.ReassessmentOpened{ReassessmentId: ids[i], LicenceId: t.licence.GetId(), Reason: t.how, CauseId: check.GetId()},
			Causes:  []*eventv1.Cause{cause},
		})
	}
	return facts, nil
}

// licencesChecked returns this agency's licences that a check tells of: the one whose goods were looked at, and those with one of
// its end users, in order of id.
func licencesChecked(view ledger.View, check *ledgerv1.PostDeliveryCheck, found string) (all []touch, err error) {
	checked, err := view.Licence(check.GetPlanned().GetLicenceId())
	if checked == nil || err != nil {
		return nil, err
	}
	if view.Owns(checked.GetId()) {
		all = append(all, touch{checked, fmt.Sprintf("check %s after delivery %s", check.GetId(), found)})
	}
	for _, user := range checked.GetDeal().GetParties() {
		if user.GetRole() != transferv1.Role_ROLE_END_USER {
			continue
		}
		for _, value := range incident.Keys(user) {
			licences, err := view.LicencesWith("party", value)
			if err != nil {
				return nil, fmt.Errorf("read licences by party: %w", err)
			}
			for _, l := range licences {
				if l.GetId() != checked.GetId() && view.Owns(l.GetId()) && hasEndUser(l, user) && !touches(all, l.GetId()) {
					all = append(all, touch{l, fmt.Sprintf("check %s after delivery %s at the end user of this licence", check.GetId(), found)})
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b touch) int { return cmp.Compare(a.licence.GetId(), b.licence.GetId()) })
	return all, nil
}

func hasEndUser(l *ledgerv1.Licence, user *transferv1.Party) bool {
	return slices.ContainsFunc(l.GetDeal().GetParties(), func(p *transferv1.Party) bool {
		return p.GetRole() == transferv1.Role_ROLE_END_USER && incident.HasParty([]*transferv1.Party{p}, user)
	})
}
