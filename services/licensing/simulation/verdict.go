package simulation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	"github.com/counterfoil/counterfoil/libs/screening"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/licensing/gate"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

// What a case would have come to.
const (
	Possible = "grant possible" // nothing that the policy asks for stood against a grant
	Waiting  = "waiting"        // something that could still have come was missing
	Blocked  = "blocked"        // what is on record, or a silence that the policy counts, forbade a grant
)

// verdict is what a case would have come to under a policy.
type verdict struct {
	outcome string
	// What stood against a grant.
	reasons []string
	// When it could have been decided at the earliest; zero: never.
	earliest time.Time
	// Who would have been asked.
	asked []policy.Consultee
	// Of the moment that the outcome is of.
	tally policy.Result
}

// against adds a reason; blocked when it is more than something missing.
func (v *verdict) against(outcome string, reasons ...string) {
	if len(reasons) == 0 {
		return
	}
	if v.reasons = append(v.reasons, reasons...); v.outcome != Blocked {
		v.outcome = outcome
	}
}

// under decides a case under a policy, whose days are counted in a calendar.
func (c *past) under(view ledger.View, p *policy.Policy, cal *policy.Calendar) (verdict, error) {
	v := verdict{outcome: Possible}
	for _, rule := range []func(ledger.View, *policy.Policy, *verdict) error{
		func(_ ledger.View, p *policy.Policy, v *verdict) error { return c.consult(p, cal, v) },
		c.papers, c.risks, c.screened,
	} {
		err := rule(view, p, &v)
		if errors.Is(err, fault.Precondition) { // an expression that cannot be applied to the case
			v.against(Blocked, err.Error())
			return v, nil
		}
		if err != nil {
			return v, err
		}
	}
	if c.granted {
		c.signed(p, &v)
	}
	return v, nil
}

// papers are what the policy wants on file and was not. The file of a case is not added to once it is decided.
func (c *past) papers(_ ledger.View, p *policy.Policy, v *verdict) error {
	requires, err := policy.Requires(p, c.facts)
	if err != nil {
		return err
	}
	for _, r := range requires {
		if reason, _ := licence.Missing(c.application, r.GetKind(), c.at); reason != "" && !slices.Contains(v.reasons, reason) {
			v.against(Waiting, reason)
		}
	}
	v.against(Blocked, licence.Forged(c.application)...)
	return nil
}

// risks are what was assessed at the policy's threshold or above it (Article 7(3)).
func (c *past) risks(view ledger.View, p *policy.Policy, v *verdict) error {
	row, err := c.assessment(view)
	if err != nil {
		return err
	}
	threshold := p.Terms.GetRisk().GetThreshold()
	for _, criterion := range gate.Overriding(row, threshold) {
		v.against(Blocked, fmt.Sprintf("the risk under %s was assessed at the threshold %s or above it, see %s", criterion, threshold, row.GetId()))
	}
	return nil
}

// assessment is the one that the decision rests on, or the last before it; nil when there is none.
func (c *past) assessment(view ledger.View) (*ledgerv1.Assessment, error) {
	row, err := view.Assessment(c.basis.GetAssessmentId())
	if row != nil || err != nil {
		return row, err
	}
	rows, err := view.AssessmentsWith("application", c.application.GetId())
	if err != nil {
		return nil, fmt.Errorf("read assessments: %w", err)
	}
	for _, r := range slices.Backward(rows) {
		if !r.GetAt().AsTime().After(c.at) {
			return r, nil
		}
	}
	return nil, nil
}

// screened looks at the lists that the parties were compared with then.
func (c *past) screened(view ledger.View, p *policy.Policy, v *verdict) error {
	var lists []screening.Required
	for _, l := range p.Terms.GetScreening().GetLists() {
		lists = append(lists, screening.Required{Source: l.GetSource(), MaxAgeDays: l.GetMaxAgeDays()})
	}
	if len(lists) == 0 {
		return nil
	}
	certificate := c.basis.GetScreening()
	if certificate == nil {
		rows, err := view.ScreeningsWith("subject", c.application.GetId())
		if err != nil {
			return fmt.Errorf("read screenings: %w", err)
		}
		rows = slices.DeleteFunc(rows, func(s *ledgerv1.Screening) bool { return s.GetAt().AsTime().After(c.at) })
		if len(rows) > 0 {
			certificate = slices.MaxFunc(rows, func(a, b *ledgerv1.Screening) int { return a.GetAt().AsTime().Compare(b.GetAt().AsTime()) }).GetCertificate()
		}
	}
	v.against(Waiting, screening.Lacked(certificate, lists, c.at)...)
	return nil
}

// signed counts the signatures under a grant that the policy lets count. A decision from before they were recorded has none to
// be counted.
func (c *past) signed(p *policy.Policy, v *verdict) {
	roles, needed := p.Terms.GetSignerRoles(), int(p.Terms.GetSignatures())
	counted := 0
	for _, s := range c.basis.GetSignatures() {
		if len(roles) == 0 || slices.Contains(roles, s.GetRole()) || c.emergency() && deputises(p, s.GetRole()) {
			counted++
		}
	}
	if c.basis == nil || counted >= needed {
		return
	}
	by := ""
	if len(roles) > 0 {
		by = " by " + strings.Join(roles, " or ")
	}
	v.against(Waiting, fmt.Sprintf("%d of %d signatures%s are on record", counted, needed, by))
}

func deputises(p *policy.Policy, role string) bool {
	for _, d := range p.Terms.GetEmergency().GetDeputies() {
		if d.GetRole() == role && slices.Contains(p.Terms.GetSignerRoles(), d.GetForRole()) {
			return true
		}
	}
	return false
}
