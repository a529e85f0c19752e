package simulation

import (
	"cmp"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Simulation is a policy on its way through the decisions of an agency. One goroutine uses it.
type Simulation struct {
	cases
	policy *policy.Policy
	// What the policy counts its days in.
	calendar *policy.Calendar

	result        *licensingv1.SimulatePolicyResponse
	before, after []int
	loads         map[string]*licensingv1.AgencyLoad
}

// New begins a simulation at the first decision. It fails with fault.Invalid where the policy cannot be read, and with
// fault.Precondition where its calendar is not on record.
func New(view ledger.View, req *licensingv1.SimulatePolicyRequest) (*Simulation, error) {
	p, err := policy.Compile(req.GetPolicy())
	if err != nil {
		return nil, err
	}
	s := &Simulation{policy: p, result: &licensingv1.SimulatePolicyResponse{}, loads: map[string]*licensingv1.AgencyLoad{}}
	if s.cases, err = decisions(view, req.GetFrom(), req.GetUntil()); err != nil {
		return nil, err
	}
	s.calendar, err = dossier.Calendar(view, p)
	return s, err
}

// Next decides the next page of cases anew, and reports whether there may be more. Each call may have another view of the same
// ledger, so that a long history keeps none open.
func (s *Simulation) Next(view ledger.View) (more bool, err error) {
	return s.next(view, func(c *past) error {
		in, err := s.concerns(s.policy, c)
		if err == nil && in {
			err = s.decide(view, c)
		}
		return err
	})
}

// Result is what it came to so far; the cases that changed are in the order of their applications.
func (s *Simulation) Result() *licensingv1.SimulatePolicyResponse {
	slices.SortFunc(s.result.Changed, func(a, b *licensingv1.SimulatedCase) int {
		return cmp.Or(strings.Compare(a.ApplicationId, b.ApplicationId), strings.Compare(a.DecisionId, b.DecisionId))
	})
	s.result.Before, s.result.After = days(s.before), days(s.after)
	s.result.Loads = nil
	for _, l := range s.loads {
		s.result.Loads = append(s.result.Loads, l)
	}
	slices.SortFunc(s.result.Loads, func(a, b *licensingv1.AgencyLoad) int { return strings.Compare(a.Agency, b.Agency) })
	return s.result
}

func days(list []int) *licensingv1.SimulatedDays {
	if len(list) == 0 {
		return &licensingv1.SimulatedDays{}
	}
	slices.Sort(list)
	n := len(list)
	return &licensingv1.SimulatedDays{Median: float64(list[(n-1)/2]+list[n/2]) / 2, Longest: float64(list[n-1])}
}

// decide decides a case anew and adds what came of it.
func (s *Simulation) decide(view ledger.View, c *past) error {
	v, err := c.under(view, s.policy, s.calendar)
	if err != nil {
		return err
	}
	if c.unclear != "" {
		v.against(Blocked, why{s.policy.ID() + ", scope", c.unclear, ""})
	}
	s.result.Cases++
	s.count(c, v)
	changed := &licensingv1.SimulatedCase{ApplicationId: c.application.GetId(), DecisionId: c.id, Was: "granted", WouldBe: v.outcome, Reasons: v.facts()}
	if !c.granted {
		changed.Was = "denied"
		possible, err := freed(view, c, v)
		if err != nil || !possible {
			return err
		}
		changed.Reasons = factsOf(c.freeing(s.policy, v))
	} else if v.outcome == Possible {
		return nil
	}
	s.result.Changed = append(s.result.Changed, changed)
	return nil
}

// freed reports whether a case was denied where its own policies let nobody grant it, and this one would have. What no policy
// lifts stands in the way as it did.
func freed(view ledger.View, c *past, v verdict) (bool, error) {
	if v.outcome != Possible || len(c.own) == 0 {
		return false, nil
	}
	held := false
	for _, p := range c.own {
		cal, err := dossier.Calendar(view, p)
		if err != nil {
			return false, err
		}
		own, err := c.under(view, p, cal)
		if err != nil {
			return false, err
		}
		held = held || own.outcome != Possible
	}
	if !held {
		return false, nil
	}
	fixed, err := c.fixed(view)
	return len(fixed) == 0, err
}

// count adds the time that a case took and would have taken, and who was and would have been asked.
func (s *Simulation) count(c *past, v verdict) {
	submitted := c.application.GetSubmittedAt().AsTime()
	s.before = append(s.before, policy.WorkingDaysBetween(s.calendar, submitted, c.at))
	if v.earliest.IsZero() {
		s.result.Unending++
	} else {
		s.after = append(s.after, policy.WorkingDaysBetween(s.calendar, submitted, v.earliest))
	}
	for _, a := range c.consulted.addressees() {
		s.load(a.GetAgency()).Before++
	}
	for _, a := range v.asked {
		s.load(a.Agency).After++
	}
}

func (s *Simulation) load(agency string) *licensingv1.AgencyLoad {
	if s.loads[agency] == nil {
		s.loads[agency] = &licensingv1.AgencyLoad{Agency: agency}
	}
	return s.loads[agency]
}
