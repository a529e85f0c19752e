package reassessment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Open puts up for reassessment every live licence of this agency that a confirmed alert touches: that it names, that
// has one of its parties, or that has one that was found near and that no officer found to be another. A licence is live when it is in force or suspended and had not expired at the time
// given, which is when the alert was confirmed; the ids' year is that time's too. Each fact names the cause. One
// reassessment is opened per licence and alert, so opening again opens none.
func Open(view ledger.View, alert *ledgerv1.Alert, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	touched, err := licencesTouched(view, alert)
	if err != nil {
		return nil, err
	}
	near, err := licencesNear(view, alert, touched)
	if err != nil {
		return nil, err
	}
	touched = append(touched, near...)
	slices.SortFunc(touched, func(a, b touch) int { return cmp.Compare(a.licence.GetId(), b.licence.GetId()) })
	opened, err := view.ReassessmentsWith("alert", alert.GetId())
	if err != nil {
		return nil, fmt.Errorf("read reassessments of alert %s: %w", alert.GetId(), err)
	}
	touched = slices.DeleteFunc(touched, func(t touch) bool {
		return !dossier.Live(t.licence, at) || slices.ContainsFunc(opened, func(r *ledgerv1.Reassessment) bool { return r.GetLicenceId() == t.licence.GetId() })
	})
	if len(touched) == 0 {
		return nil, nil
	}
	ids, err := view.NextIDs("R-"+at.UTC().Format("2006"), len(touched))
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	for i, t := range touched {
		facts = append(facts, ledger.Dated{
			Message: &licensingv1.ReassessmentOpened{
				ReassessmentId: ids[i],
				LicenceId:      t.licence.GetId(),
				AlertId:        alert.GetId(),
				Reason:         t.reason,
			},
			Causes: []*eventv1.Cause{cause},
		})
	}
	return facts, nil
}

// touch is a licence that an alert touches, and how.
type touch struct {
	licence *ledgerv1.Licence
	reason  string
}

// licencesTouched returns this agency's licences that the alert names or that have one of its parties, in order of id.
func licencesTouched(view ledger.View, alert *ledgerv1.Alert) ([]touch, error) {
	byID := make(map[string]touch)
	for _, id := range alert.GetRaised().GetLicenceIds() {
		l, err := view.Licence(id)
		if err != nil {
			return nil, fmt.Errorf("read licence %s: %w", id, err)
		}
		if l != nil && isOwn(view, id) {
			byID[id] = touch{l, fmt.Sprintf("alert %s was confirmed and names this licence", alert.GetId())}
		}
	}
	for _, party := range alert.GetRaised().GetParties() {
		for _, value := range keys(party) {
			licences, err := view.LicencesWith("party", value)
			if err != nil {
				return nil, fmt.Errorf("read licences by party: %w", err)
			}
			for _, l := range licences {
				if _, known := byID[l.GetId()]; known || !isOwn(view, l.GetId()) || !hasParty(l, party) {
					continue
				}
				byID[l.GetId()] = touch{l, fmt.Sprintf("alert %s was confirmed and a party of it, as %s, is a party to this licence", alert.GetId(), roleWord(party))}
			}
		}
	}
	all := make([]touch, 0, len(byID))
	for _, t := range byID {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b touch) int { return cmp.Compare(a.licence.GetId(), b.licence.GetId()) })
	return all, nil
}

func isOwn(view ledger.View, id string) bool { return strings.HasPrefix(id, view.Agency()+"/") }
