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
	// What stood against a grant, and what it would have needed beside what was there.
	reasons []why
	needed  []string
	// When it could have been decided at the earliest; zero: never.
	earliest time.Time
	// Who would have been asked.
	asked []policy.Consultee
	// Of the moment that the outcome is of.
	tally policy.Result
}

// why is a reason: which rule said what of which event or row. An event that is not on record is empty.
type why struct{ rule, fact, event string }

func factsOf(reasons []why) (facts []string) {
	for _, r := range reasons {
		facts = append(facts, r.fact)
	}
	return facts
}

func (v *verdict) facts() []string { return factsOf(v.reasons) }

// against adds reasons; blocked when they are more than something missing.
func (v *verdict) against(outcome string, reasons ...why) {
	if len(reasons) == 0 {
		return
	}
	if v.reasons = append(v.reasons, reasons...); v.outcome != Blocked {
		v.outcome = outcome
	}
}

// need says once what a grant would have needed.
func (v *verdict) need(what string) {
	if !slices.Contains(v.needed, what) {
		v.needed = append(v.needed, what)
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
			v.against(Blocked, why{p.ID() + ", expressions", err.Error(), ""})
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
		if reason, _ := licence.Missing(c.application, r.GetKind(), c.at); reason != "" && !slices.Contains(v.facts(), reason) {
			v.against(Waiting, why{p.ID() + ", requires", reason, c.application.GetId()})
			v.need("a paper on file: " + strings.ReplaceAll(r.GetKind(), "_", " "))
		}
	}
	for _, reason := range licence.Forged(c.application) {
		v.against(Blocked, why{p.ID() + ", requires", reason, c.application.GetId()})
	}
	return nil
}

// risks are what was assessed at the policy's threshold or above it (Article 7(3)).
func (c *past) risks(view ledger.View, p *policy.Policy, v *verdict) error {
	row, err := c.assessment(view)
	if err != nil {
		return err
	}
	threshold := p.Terms.GetRisk().GetThreshold()
	for _, o := range c.weights.overriding(row, threshold) {
		v.against(Blocked, why{"ATT 7(3)", o.fact, row.GetId()})
		v.need(o.needed)
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
		if c.had(r.GetJournal(), r.GetEvents()[0], r.GetAt().AsTime()) {
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
		rows = slices.DeleteFunc(rows, func(s *ledgerv1.Screening) bool {
			return !c.had(s.GetJournal(), s.GetEvents()[0], s.GetAt().AsTime())
		})
		if len(rows) > 0 {
			certificate = slices.MaxFunc(rows, func(a, b *ledgerv1.Screening) int { return a.GetAt().AsTime().Compare(b.GetAt().AsTime()) }).GetCertificate()
		}
	}
	for _, reason := range screening.Lacked(certificate, lists, c.at) {
		v.against(Waiting, why{p.ID() + ", screening", reason, certificate.GetScreeningId()})
		v.need("a screening against lists that are new enough")
	}
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
	v.against(Waiting, why{p.ID() + ", signatures", fmt.Sprintf("%d of %d signatures%s are on record", counted, needed, by), c.id})
	v.need(fmt.Sprintf("signatures%s: %d more", by, needed-counted))
}

func deputises(p *policy.Policy, role string) bool {
	for _, d := range p.Terms.GetEmergency().GetDeputies() {
		if d.GetRole() == role && slices.Contains(p.Terms.GetSignerRoles(), d.GetForRole()) {
			return true
		}
	}
	return false
}
