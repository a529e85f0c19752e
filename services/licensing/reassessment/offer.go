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

const (
	reassess          = enforcementv1.Consequence_CONSEQUENCE_REASSESS
	denialCheck       = enforcementv1.Consequence_CONSEQUENCE_DENIAL_CHECK
	postDeliveryCheck = enforcementv1.Consequence_CONSEQUENCE_POST_DELIVERY_CHECK
)

// Offer puts before this agency what an alert may lead to for the licences that it touches, as their policies say for these moments
// of it (docs/alerts.md): that a live licence is looked at again or compared with denials, and that what was delivered under
// it is looked at. What is done by itself is not offered; holds are for customs.
func Offer(view ledger.View, alert *ledgerv1.Alert, moments []string, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	touched, err := allTouched(view, alert)
	if err != nil {
		return nil, err
	}
	var list []incident.Proposal
	for _, t := range touched {
		offers, err := incident.Offers(view, t.licence, moments)
		if err != nil {
			return nil, err
		}
		for _, o := range offers {
			consequence := incident.Named(o.GetConsequence())
			fits, err := t.fits(view, consequence, at)
			if err != nil {
				return nil, err
			}
			if fits && !o.GetAutomatic() {
				list = append(list, incident.Proposal{Consequence: consequence, Subject: t.licence.GetId(), Reason: t.reason(alert, moments)})
			}
		}
	}
	return incident.Offer(view, alert.GetId(), list, at, cause)
}

// fits reports whether a consequence can be one for a licence: what was delivered can be looked at once some was.
func (t touch) fits(view ledger.View, c enforcementv1.Consequence, at time.Time) (bool, error) {
	switch c {
	case reassess, denialCheck:
		return dossier.Live(t.licence, at), nil
	case postDeliveryCheck:
		entries, err := view.WriteOffsWith("licence", t.licence.GetId())
		if err != nil {
			return false, fmt.Errorf("read write-offs of licence %s: %w", t.licence.GetId(), err)
		}
		return slices.ContainsFunc(entries, func(e *ledgerv1.WriteOff) bool { return e.GetEffect() == ledgerv1.Effect_EFFECT_COMMITTED }), nil
	}
	return false, nil
}

// OpenTaken opens the reassessment that an offer was taken for, unless there is one of the licence and alert already.
func OpenTaken(view ledger.View, offer *ledgerv1.ConsequenceOffer, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	o := offer.GetOffered()
	l, err := view.Licence(o.GetSubject())
	if err != nil {
		return nil, fmt.Errorf("read licence %s: %w", o.GetSubject(), err)
	}
	opened, err := view.ReassessmentsWith("alert", o.GetAlertId())
	if err != nil {
		return nil, fmt.Errorf("read reassessments of alert %s: %w", o.GetAlertId(), err)
	}
	if l == nil || !dossier.Live(l, at) || slices.ContainsFunc(opened, func(r *ledgerv1.Reassessment) bool { return r.GetLicenceId() == l.GetId() }) {
		return nil, nil
	}
	id, err := view.NextID("R-" + at.UTC().Format("2006"))
	if err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Dated{Message: &licensingv1.ReassessmentOpened{
		ReassessmentId: id, LicenceId: l.GetId(), AlertId: o.GetAlertId(), Reason: o.GetReason(),
	}, Causes: []*eventv1.Cause{cause}}}, nil
}
