package reassessment

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Open puts up for reassessment every live licence of this agency that an alert touches, where a policy that it was granted under
// has that done by itself at one of these moments of the alert (ATT 7(7)); for the others see Offer. A licence is live when it is
// in force or suspended and had not expired at the time given, which is when the alert came to the last of the moments; the ids'
// year is that time's too. Each fact names the cause. One reassessment is opened per licence and alert, so opening again opens
// none.
func Open(view ledger.View, alert *ledgerv1.Alert, moments []string, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	touched, err := allTouched(view, alert)
	if err != nil {
		return nil, err
	}
	opened, err := view.ReassessmentsWith("alert", alert.GetId())
	if err != nil {
		return nil, fmt.Errorf("read reassessments of alert %s: %w", alert.GetId(), err)
	}
	var due []touch
	for _, t := range touched {
		if !dossier.Live(t.licence, at) || slices.ContainsFunc(opened, func(r *ledgerv1.Reassessment) bool { return r.GetLicenceId() == t.licence.GetId() }) {
			continue
		}
		automatic, err := byItself(view, t.licence, moments)
		if err != nil {
			return nil, err
		}
		if automatic {
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
		facts = append(facts, ledger.Dated{Message: &licensingv1.ReassessmentOpened{
			ReassessmentId: ids[i], LicenceId: t.licence.GetId(), AlertId: alert.GetId(), Reason: t.reason(alert, moments),
		}, Causes: []*eventv1.Cause{cause}})
	}
	return facts, nil
}

// byItself reports whether a licence's policies have it looked at again without asking at one of some moments of an alert.
func byItself(view ledger.View, l *ledgerv1.Licence, moments []string) (bool, error) {
	offers, err := incident.Offers(view, l, moments)
	for _, o := range offers {
		if incident.Named(o.GetConsequence()) == enforcementv1.Consequence_CONSEQUENCE_REASSESS && o.GetAutomatic() {
			return true, nil
		}
	}
	return false, err
}
