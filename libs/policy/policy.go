// Package policy reads decision policies and applies them: which policy decides on a transfer, who is asked, until when,
// and what the answers, or none, allow (docs/policies.md). It is pure: nothing in it reads a clock, a file of its own or
// the network, and the same arguments always give the same result. All functions may be called from several goroutines.
package policy

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/written"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
)

// What an empty field of a policy means.
const (
	defaultMixed          = "split"
	defaultRule           = "advisory"
	defaultSilence        = "no_view"
	defaultConflict       = "recuse"
	defaultSignatures     = 2
	defaultThreshold      = "overriding" // ATT 7(3)
	defaultReasonFrom     = "high"
	defaultLookBackYears  = 3
	defaultUndercutDays   = 10
	defaultUndercutSilent = "none"
	defaultSuspendOn      = "none"
	defaultMaxAgeMinutes  = 60
)

// Policy is a policy that was read and whose expressions were compiled.
type Policy struct {
	// Terms is what it says, with every default filled in. It must not be changed.
	Terms *policyv1.Policy
	// ValidFrom is the beginning of the day that it is in force from; zero when it does not say.
	ValidFrom time.Time

	text        written.Text
	expressions map[string]expression // by field path, such as "consultees[2].when"
}

// ID returns name and version, such as "export-standard/3": the policy_id of PolicyAdopted.
func (p *Policy) ID() string { return fmt.Sprintf("%s/%d", p.Terms.Name, p.Terms.Version) }

// withDefaults returns a copy of a policy in which no field that has a default is empty.
func withDefaults(written *policyv1.Policy) *policyv1.Policy {
	p := proto.CloneOf(written)
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	count := func(field *uint32, value uint32) {
		if *field == 0 {
			*field = value
		}
	}
	set(&p.Mixed, defaultMixed)
	set(&p.Rule, defaultRule)
	set(&p.Silence, defaultSilence)
	count(&p.Signatures, defaultSignatures)
	p.Deadline = present(p.Deadline)
	p.ConflictOfInterest = present(p.ConflictOfInterest)
	set(&p.ConflictOfInterest.Rule, defaultConflict)
	p.Risk = present(p.Risk)
	set(&p.Risk.Threshold, defaultThreshold)
	set(&p.Risk.ReasonFrom, defaultReasonFrom)
	p.Screening = present(p.Screening)
	p.Undercut = present(p.Undercut)
	count(&p.Undercut.LookBackYears, defaultLookBackYears)
	count(&p.Undercut.WorkingDays, defaultUndercutDays)
	set(&p.Undercut.Silence, defaultUndercutSilent)
	p.Alerts = present(p.Alerts)
	set(&p.Alerts.SuspendOn, defaultSuspendOn)
	if len(p.Alerts.Offers) == 0 {
		p.Alerts.Offers = defaultOffers()
	}
	p.Release = present(p.Release)
	count(&p.Release.MaxAgeMinutes, defaultMaxAgeMinutes)
	if e := p.Emergency; e != nil {
		set(&e.Rule, p.Rule)
		set(&e.Silence, p.Silence)
		count(&e.Quorum, p.Quorum)
		if e.Hours == 0 {
			count(&e.WorkingDays, p.Deadline.WorkingDays)
		}
	}
	for _, t := range p.Tests {
		if len(t.Categories) == 0 {
			t.Categories = []string{"none"}
		}
	}
	return p
}

// defaultOffers offers every consequence of an immediate or a confirmed alert (docs/alerts.md). Only that a licence is
// looked at again when an alert on it was confirmed is done by itself (ATT 7(7)).
func defaultOffers() (offers []*policyv1.Offer) {
	for _, on := range []string{"immediate", "confirmed"} {
		for _, consequence := range []string{"reassess", "hold", "denial_check", "post_delivery_check"} {
			offers = append(offers, &policyv1.Offer{On: on, Consequence: consequence, Automatic: on == "confirmed" && consequence == "reassess"})
		}
	}
	return offers
}

func present[T any](m *T) *T {
	if m == nil {
		return new(T)
	}
	return m
}

// terms are what an ordinary case and an emergency may differ in.
type terms struct {
	rule, silence string
	quorum        int
}

// terms returns what holds for a case. A policy without an emergency variant decides every case alike.
func (p *Policy) terms(emergency bool) terms {
	if e := p.Terms.Emergency; emergency && e != nil {
		return terms{rule: e.Rule, silence: e.Silence, quorum: int(e.Quorum)}
	}
	return terms{rule: p.Terms.Rule, silence: p.Terms.Silence, quorum: int(p.Terms.Quorum)}
}

// InForce returns, in order of name, the newest version of each policy that is in force at a moment. A version is in
// force from its valid_from until a newer version is.
func InForce(policies []*Policy, at time.Time) []*Policy {
	newest := map[string]*Policy{}
	for _, p := range policies {
		if p.ValidFrom.IsZero() || p.ValidFrom.After(at) {
			continue
		}
		if other := newest[p.Terms.Name]; other == nil || other.Terms.Version < p.Terms.Version {
			newest[p.Terms.Name] = p
		}
	}
	var list []*Policy
	for _, p := range newest {
		list = append(list, p)
	}
	slices.SortFunc(list, byID)
	return list
}
