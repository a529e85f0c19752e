package licence

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/screening"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/denial"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
	"github.com/counterfoil/counterfoil/services/licensing/gate"
)

// basis is what a decision rests on at a moment. A grant is refused with every reason that stands in its way; a denial
// rests on what there is.
func basis(view ledger.View, f *dossier.File, p *licensingv1.DecisionProposed, at time.Time) (*licensingv1.Basis, error) {
	knowledge, err := dossier.Knowledge(view, nil)
	if err != nil {
		return nil, err
	}
	c, err := dossier.Consultation(view, f.Application.GetId())
	if err != nil {
		return nil, err
	}
	b := &licensingv1.Basis{PolicyId: f.PolicyID(), Knowledge: knowledge, AgainstAdvice: p.GetAgainstAdvice(), Emergency: p.GetEmergency()}
	if c != nil {
		b.ConsultationId = c.Row.GetId()
	}
	if p.GetOutcome() == licensingv1.DecisionOutcome_DECISION_OUTCOME_DENY {
		return b, nil
	}
	obstacles, against, err := Obstacles(view, f, c, b, at)
	switch {
	case err != nil:
		return nil, err
	case len(obstacles) > 0:
		return nil, fault.Errorf(fault.Precondition, "application %s cannot be granted yet: %s", f.Application.GetId(), strings.Join(obstacles, "; "))
	case against && p.GetAgainstAdvice() == "":
		return nil, fault.Errorf(fault.Precondition, "granting application %s goes against the advice of a consulted agency; say why (--against-advice)", f.Application.GetId())
	}
	return b, nil
}

// Obstacles are the sentences that say what stands in the way of a grant at a moment, and whether a grant would go against
// advice. What the grant rests on is written into b. The order is that of the decision (Articles 6, then 7, then the rest):
// nothing outweighs a prohibition.
func Obstacles(view ledger.View, f *dossier.File, c *dossier.Consulted, b *licensingv1.Basis, at time.Time) (obstacles []string, against bool, err error) {
	checks := []func() ([]string, error){
		func() ([]string, error) { return prohibitions(view, f, b, at) },
		func() ([]string, error) { return risks(view, f, b) },
		func() ([]string, error) { return screened(view, f, b, at) },
		func() ([]string, error) { return denial.Open(view, f.Application.GetId(), at) },
		func() ([]string, error) { return papers(f, at) },
		func() ([]string, error) {
			tally, err := f.Tally(view, c, at)
			against = tally.Against
			if tally.MayGrant {
				return nil, err
			}
			return tally.Reasons, err
		},
	}
	for _, check := range checks {
		found, err := check()
		if err != nil {
			return nil, false, err
		}
		obstacles = append(obstacles, found...)
	}
	return obstacles, against, nil
}

// prohibitions are what is open or stands against the deal under Article 6: the latest check of the deal as it is stated, and
// a fresh look at embargoes.
func prohibitions(view ledger.View, f *dossier.File, b *licensingv1.Basis, at time.Time) ([]string, error) {
	id := f.Application.GetId()
	last, err := gate.LatestCheck(view, f.Application)
	if err != nil {
		return nil, err
	}
	if last == nil {
		return []string{fmt.Sprintf("Article 6 was not checked for the deal as it is stated: counterfoil licence assess %s --prohibitions -f FILE", id)}, nil
	}
	b.CheckId, b.Prohibition = last.GetId(), last.GetChecked().GetResult()
	reasons, err := gate.Prohibited(view, f.Application.GetDeal(), last, at)
	if err != nil {
		return nil, err
	}
	switch b.Prohibition {
	case licensingv1.GateResult_GATE_RESULT_CLEAR:
	case licensingv1.GateResult_GATE_RESULT_PROHIBITED:
		reasons = append(reasons, fmt.Sprintf("it is prohibited by Article 6, see %s; nothing is weighed against that", last.GetId()))
	default:
		reasons = append(reasons, fmt.Sprintf("the check of Article 6 is referred to others, see %s", last.GetId()))
	}
	return reasons, nil
}

// risks are what is open or stands against an export under Article 7, by the latest assessment of the deal as it is stated.
func risks(view ledger.View, f *dossier.File, b *licensingv1.Basis) ([]string, error) {
	last, err := gate.LatestAssessment(view, f.Application)
	switch {
	case err != nil:
		return nil, err
	case last == nil && f.Application.GetDeal().GetKind() != transferv1.Kind_KIND_EXPORT:
		return nil, nil
	case last == nil:
		return []string{fmt.Sprintf("the risks of Article 7 were not assessed for the deal as it is stated: counterfoil licence assess %s --risk -f FILE", f.Application.GetId())}, nil
	}
	b.AssessmentId = last.GetId()
	var criteria []string
	for _, p := range f.Policies {
		for _, c := range gate.Overriding(last, p.Terms.GetRisk().GetThreshold()) {
			if !slices.Contains(criteria, c) {
				criteria = append(criteria, c)
			}
		}
	}
	if len(criteria) == 0 {
		return nil, nil
	}
	return []string{fmt.Sprintf("the risk on %s is too great, also after mitigation, see %s (Article 7(3))", strings.Join(criteria, ", "), last.GetId())}, nil
}

// screened is why the latest screening of the application cannot be rested on.
func screened(view ledger.View, f *dossier.File, b *licensingv1.Basis, at time.Time) ([]string, error) {
	last, err := screening.Latest(view, f.Application.GetId())
	if err != nil {
		return nil, err
	}
	b.Screening = last.GetCertificate()
	reasons := screening.Valid(view, last, f.Application.GetDeal(), f.Lists(), at)
	if len(reasons) > 0 {
		reasons = append(reasons, "screen again with: counterfoil screen --application "+f.Application.GetId())
	}
	return reasons, nil
}
