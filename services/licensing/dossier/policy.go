// Package dossier is what is on file of a case, as the rules look at it: the application, the policies that it runs under,
// who was asked and what they said, and whether the gates, papers and conditions that a grant needs are there.
package dossier

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/adopted"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	"github.com/counterfoil/counterfoil/libs/screening"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
)

// Route says which policies in force decide which lines of a deal, and in how many cases.
func Route(view ledger.View, deal *licensingv1.Deal, state string, at time.Time, emergency bool) ([]policy.Part, error) {
	all, err := adopted.Policies(view)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.Errorf(fault.Precondition, "no decision policy was adopted, so nobody can decide; have the authority adopt one: counterfoil policy adopt FILE")
	}
	return policy.Route(policy.InForce(all, at), policy.LineFacts(deal, state, circumstances(deal, emergency)))
}

func circumstances(deal *licensingv1.Deal, emergency bool) policy.Circumstances {
	c := policy.Circumstances{Emergency: emergency}
	for _, p := range deal.GetRoute() {
		c.Route = append(c.Route, p.GetCountry())
	}
	return c
}

// governing are the policies that a case runs under: the one that it was routed by, those that others were consulted on it
// under, or those that are in force for its lines, if together they make one case and this agency decides it.
func governing(view ledger.View, a *ledgerv1.Application, state string, at time.Time, emergency bool) ([]*policy.Policy, error) {
	if a.GetPolicyId() != "" {
		return adopted.ByID(view, strings.Split(a.GetPolicyId(), " "))
	}
	ids, err := askedUnder(view, a)
	switch {
	case err != nil:
		return nil, err
	case len(ids) > 0:
		return adopted.ByID(view, ids)
	}
	parts, err := Route(view, a.GetDeal(), state, at, emergency)
	if err != nil {
		return nil, err
	}
	var list []*policy.Policy
	for _, p := range parts {
		if p.Case != 1 {
			return nil, fault.Errorf(fault.Precondition, "the lines of application %s are decided by several agencies; it becomes a case at each once all lines are classified: counterfoil licence classify %s", a.GetId(), a.GetId())
		}
		list = append(list, p.Policy)
	}
	if decider := list[0].Terms.Decider; decider != view.Agency() {
		return nil, fault.Errorf(fault.Precondition, "by policy %s application %s is decided by %s", list[0].ID(), a.GetId(), decider)
	}
	return list, nil
}

// PolicyID names the policies of a case, with blanks between them where lines run under several.
func (f *File) PolicyID() string {
	ids := make([]string, len(f.Policies))
	for i, p := range f.Policies {
		ids[i] = p.ID()
	}
	return strings.Join(ids, " ")
}

// Calendar is the one that a policy counts its days in; nil is Monday to Friday, UTC.
func Calendar(view ledger.View, p *policy.Policy) (*policy.Calendar, error) {
	id := p.Terms.GetDeadline().GetCalendar()
	if id == "" {
		return nil, nil
	}
	row, err := view.Calendar(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read calendar %s: %w", id, err)
	case row == nil:
		return nil, fault.Errorf(fault.Precondition, "policy %s counts days by calendar %s, which was not adopted; have the authority adopt it", p.ID(), id)
	}
	return policy.NewCalendar(row.GetAdopted())
}

// Signatures is how many different persons sign, and in which roles; no roles: any.
func (f *File) Signatures() (needed int, roles []string) {
	for _, p := range f.Policies {
		needed = max(needed, int(p.Terms.GetSignatures()))
		for _, r := range p.Terms.GetSignerRoles() {
			if !slices.Contains(roles, r) {
				roles = append(roles, r)
			}
		}
	}
	return needed, roles
}

// Requires are the papers and authorizations that have to be on file.
func (f *File) Requires() ([]*policyv1.Requirement, error) { return each(f, policy.Requires) }

// Obligations are what a grant obliges to.
func (f *File) Obligations() ([]*policyv1.Obligation, error) { return each(f, policy.Obligations) }

// Consultees are who is asked, by all policies of the case.
func (f *File) Consultees() ([]policy.Consultee, error) { return each(f, policy.Consultees) }

// Lists are the watch lists that the parties have to be compared with.
func (f *File) Lists() []screening.Required {
	var lists []screening.Required
	for _, p := range f.Policies {
		for _, l := range p.Terms.GetScreening().GetLists() {
			lists = append(lists, screening.Required{Source: l.GetSource(), MaxAgeDays: l.GetMaxAgeDays()})
		}
	}
	return lists
}

// each collects what every policy of a case says of it.
func each[T any](f *File, of func(*policy.Policy, policy.Facts) ([]T, error)) ([]T, error) {
	var all []T
	for _, p := range f.Policies {
		list, err := of(p, f.Facts)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}
