package reassessment

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/screening"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// OpenOnFinding puts a live licence of this agency up for reassessment because something new came near one of its parties
// from the review line on: an entry of a watch list, a denial or a notice of one, or an alert that was confirmed before it
// was found near. It opens one per licence and record, so opening again opens none, and none where the alert itself names
// the licence or its party: that is for Open. By an alert it is opened where the licence's policy has that done by itself, and
// offered otherwise.
func OpenOnFinding(view ledger.View, f *ledgerv1.Finding, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	h := f.GetFound().GetHit()
	if f.GetFound().GetState() != screening.LiveLicence || h.GetScore() < screening.ReviewLine {
		return nil, nil
	}
	l, err := view.Licence(f.GetFound().GetSubject())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read licence %s: %w", f.GetFound().GetSubject(), err)
	case l == nil || !view.Owns(l.GetId()) || !dossier.Live(l, at):
		return nil, nil
	}
	opening := &licensingv1.ReassessmentOpened{LicenceId: l.GetId(), Reason: nearReason(h), CauseId: h.GetId()}
	if h.GetAgainst() == screeningv1.Against_AGAINST_ALERT {
		if due, err := confirmedNear(view, h.GetId(), l); err != nil || !due {
			return nil, err
		}
		opening.AlertId, opening.CauseId = h.GetId(), ""
		automatic, err := byItself(view, l, []string{incident.Confirmed})
		if err != nil {
			return nil, err
		}
		if !automatic {
			return offerNear(view, l, h, at, cause)
		}
	}
	opened, err := view.ReassessmentsWith("licence", l.GetId())
	if err != nil {
		return nil, fmt.Errorf("read reassessments of licence %s: %w", l.GetId(), err)
	}
	if slices.ContainsFunc(opened, func(r *ledgerv1.Reassessment) bool { return r.GetCauseId() == h.GetId() || r.GetAlertId() == h.GetId() }) {
		return nil, nil
	}
	if opening.ReassessmentId, err = view.NextID("R-" + at.UTC().Format("2006")); err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Dated{Message: opening, Causes: []*eventv1.Cause{cause}}}, nil
}

// offerNear offers to look again at a licence near a confirmed alert, where its policy has that offered.
func offerNear(view ledger.View, l *ledgerv1.Licence, h *screeningv1.Hit, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	offers, err := incident.Offers(view, l, []string{incident.Confirmed})
	if err != nil || !slices.ContainsFunc(offers, func(o *policyv1.Offer) bool { return incident.Named(o.GetConsequence()) == reassess }) {
		return nil, err
	}
	return incident.Offer(view, h.GetId(), []incident.Proposal{{Consequence: reassess, Subject: l.GetId(), Reason: nearReason(h)}}, at, cause)
}

// confirmedNear reports whether an alert is confirmed and touches a licence by nothing but what was found near.
func confirmedNear(view ledger.View, id string, l *ledgerv1.Licence) (bool, error) {
	alert, err := view.Alert(id)
	if err != nil || alert.GetFinding() != ledgerv1.AlertStatus_ALERT_STATUS_CONFIRMED {
		return false, err
	}
	touched, err := licencesTouched(view, alert)
	return !touches(touched, l.GetId()), err
}

func touches(touched []touch, id string) bool {
	return slices.ContainsFunc(touched, func(t touch) bool { return t.licence.GetId() == id })
}

// nearReason says what came near, without a name.
func nearReason(h *screeningv1.Hit) string {
	return fmt.Sprintf("%s %s %s", screening.AgainstWord(h.GetAgainst()), h.GetId(), comesNear(h))
}

func comesNear(h *screeningv1.Hit) string {
	return fmt.Sprintf("comes near a party to this licence, its %s, with a score of %d of 1000", screening.RoleWord(h.GetRole()), h.GetScore())
}

// licencesNear returns this agency's licences with a party that was found near one of an alert's, each once, but for those
// that the alert touches itself.
func licencesNear(view ledger.View, alert *ledgerv1.Alert, touched []touch) (near []touch, _ error) {
	findings, err := view.FindingsWith("against", alert.GetId())
	if err != nil {
		return nil, fmt.Errorf("read findings against alert %s: %w", alert.GetId(), err)
	}
	for _, f := range findings {
		id, h := f.GetFound().GetSubject(), f.GetFound().GetHit()
		if touches(touched, id) || touches(near, id) || !view.Owns(id) || h.GetJudgement() == screeningv1.Judgement_JUDGEMENT_ANOTHER {
			continue
		}
		l, err := view.Licence(id)
		if err != nil {
			return nil, fmt.Errorf("read licence %s: %w", id, err)
		}
		if l != nil {
			near = append(near, touch{l, comesNear(h)})
		}
	}
	return near, nil
}
