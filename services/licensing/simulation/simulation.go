package simulation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// pageSize is how many decisions are read at once.
const pageSize = 500

// Simulation is a policy on its way through the decisions of an agency. One goroutine uses it.
type Simulation struct {
	policy *policy.Policy
	// What the policy counts its days in.
	calendar *policy.Calendar
	// The State that the agency decides for.
	state  string
	filter *queryv1.Filter

	// Where it is: the tables that are still to be read, and the page.
	tables []queryv1.Table
	token  string
	// Policies that cases were decided under, by what the decision calls them; nil where one is not on record.
	known map[string][]*policy.Policy

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
	from, until := req.GetFrom(), req.GetUntil()
	if from != nil && until != nil && !until.AsTime().After(from.AsTime()) {
		return nil, fault.Errorf(fault.Invalid, "no case was decided from %s and before %s; give a later until",
			from.AsTime().Format(time.DateOnly), until.AsTime().Format(time.DateOnly))
	}
	s := &Simulation{
		policy: p, filter: &queryv1.Filter{From: from, Until: until},
		tables: []queryv1.Table{queryv1.Table_TABLE_LICENCES, queryv1.Table_TABLE_DENIALS},
		known:  map[string][]*policy.Policy{}, result: &licensingv1.SimulatePolicyResponse{}, loads: map[string]*licensingv1.AgencyLoad{},
	}
	if s.calendar, err = dossier.Calendar(view, p); err != nil {
		return nil, err
	}
	s.state, err = dossier.Home(view)
	return s, err
}

// Next decides the next page of cases anew, and reports whether there may be more. Each call may have another view of the same
// ledger, so that a long history keeps none open.
func (s *Simulation) Next(view ledger.View) (more bool, err error) {
	if len(s.tables) == 0 {
		return false, nil
	}
	rows, next, err := view.List(s.tables[0], s.filter, s.token, pageSize)
	if err != nil {
		return false, fmt.Errorf("read decisions: %w", err)
	}
	for _, row := range rows {
		c, err := s.read(view, row)
		if err != nil {
			return false, err
		}
		if c == nil {
			continue
		}
		if err := s.decide(view, c); err != nil {
			return false, fmt.Errorf("simulate %s: %w", c.id, err)
		}
	}
	if s.token = next; next == "" {
		s.tables = s.tables[1:]
	}
	return len(s.tables) > 0, nil
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
		v.against(Blocked, c.unclear)
	}
	s.result.Cases++
	s.count(c, v)
	changed := &licensingv1.SimulatedCase{ApplicationId: c.application.GetId(), DecisionId: c.id, Was: "granted", WouldBe: v.outcome, Reasons: v.reasons}
	if !c.granted {
		changed.Was = "denied"
		possible, err := s.freed(view, c, v)
		if err != nil || !possible {
			return err
		}
		changed.Reasons = c.freeing(s.policy, v)
	} else if v.outcome == Possible {
		return nil
	}
	s.result.Changed = append(s.result.Changed, changed)
	return nil
}

// freed reports whether a case was denied where its own policies let nobody grant it, and this one would have. What no policy
// lifts stands in the way as it did.
func (s *Simulation) freed(view ledger.View, c *past, v verdict) (bool, error) {
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
