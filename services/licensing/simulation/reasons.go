package simulation

import (
	"fmt"
	"slices"

	"github.com/counterfoil/counterfoil/libs/policy"
)

// standing says what in a round stood against a grant: what was answered, what was not and would have counted, and what the
// rule makes of it.
func (c *past) standing(p *policy.Policy, r policy.Result) (reasons []why) {
	add := func(event, format string, args ...any) {
		reasons = append(reasons, why{fmt.Sprintf("%s, rule %s", p.ID(), c.rule(p)), fmt.Sprintf(format, args...), event})
	}
	for _, s := range r.Standings {
		if reason := c.place(p, r, s); reason != "" {
			add(c.consulted.event(s, c.at), "%s", reason)
		}
	}
	concur, object := 0, 0
	for _, s := range r.Standings {
		switch s.Counts {
		case policy.Concur:
			concur++
		case policy.Object:
			object++
		}
	}
	switch c.rule(p) {
	case "majority":
		if concur <= object {
			add("", "%d would have concurred and %d objected, and a majority has to concur", concur, object)
		}
	case "unanimous":
		switch {
		case len(reasons) > 0:
			add("", "all have to concur")
		case concur == 0:
			add("", "nobody that votes concurred, and all have to")
		}
	}
	if !r.Quorum.Met {
		add("", "the quorum is %d, and %d answered", r.Quorum.Needed, r.Quorum.Present)
	}
	return reasons
}

// rule is what the opinions together mean under a policy.
func (c *past) rule(p *policy.Policy) string {
	if e := p.Terms.GetEmergency(); e != nil && c.emergency() {
		return e.GetRule()
	}
	return p.Terms.GetRule()
}

// place says how one agency's answer or silence stood against a grant; empty when it did not.
func (c *past) place(p *policy.Policy, r policy.Result, s policy.Standing) string {
	switch s.How {
	case policy.Answered, policy.ByAnother:
		return c.answer(p, s)
	case policy.Waited:
		return c.silent(s) + "; it would have been waited for without a deadline"
	case policy.Escalating:
		i := slices.IndexFunc(r.Escalate, func(e policy.Escalated) bool { return e.Agency == s.Agency })
		if i < 0 || r.Escalate[i].Role == "" {
			return c.silent(s) + "; its silence would have escalated to nobody"
		}
		return fmt.Sprintf("%s; its silence would have been with the %s of %s", c.silent(s), r.Escalate[i].Role, r.Escalate[i].To)
	case policy.Silent:
		switch {
		case s.Counts == policy.Object:
			return c.silent(s) + "; its silence would have counted as an objection"
		case s.Counts != policy.Concur && c.rule(p) != "advisory":
			return c.silent(s) + "; its silence would have counted as no view"
		}
	}
	return ""
}

// answer says what somebody answered that stood against a grant under the policy's rule.
func (c *past) answer(p *policy.Policy, s policy.Standing) string {
	who := s.Agency
	if s.By != s.Agency {
		who = fmt.Sprintf("%s in place of %s", s.By, s.Agency)
	}
	switch {
	case s.Counts == policy.Object && c.rule(p) == "veto" && slices.Contains(p.Terms.GetVetoBy(), s.Agency):
		return fmt.Sprintf("%s objected (%s), and its objection would have been final", who, s.Serves)
	case s.Counts == policy.Object:
		return fmt.Sprintf("%s objected (%s)", who, s.Serves)
	case s.Counts == policy.Abstain && c.rule(p) != "advisory":
		return fmt.Sprintf("%s abstained (%s)", who, s.Serves)
	}
	return ""
}

// silent says of an agency, or of who would have answered in its place, that no answer is on record, and whether it was asked.
func (c *past) silent(s policy.Standing) string {
	who := s.By
	if s.By != s.Agency {
		who = fmt.Sprintf("%s in place of %s", s.By, s.Agency)
	}
	if c.consulted.asked(s.By) {
		return who + " did not answer, as far as is on record"
	}
	return who + " was not asked"
}

// freeing says what would have let a case that was denied be granted, and what a grant would have needed still.
func (c *past) freeing(p *policy.Policy, v verdict) (reasons []why) {
	rule := fmt.Sprintf("%s, rule %s", p.ID(), c.rule(p))
	for _, s := range v.tally.Standings {
		fact := ""
		switch {
		case s.How == policy.NotAsked && s.View == policy.Object:
			fact = s.By + " objected, and would not have been asked"
		case s.Counts == policy.Object && (s.How == policy.Answered || s.How == policy.ByAnother):
			fact = c.answer(p, s) + ", which would not have stood in the way: a grant would have needed a reason"
		case s.How == policy.Silent && s.Counts == policy.Concur:
			fact = c.silent(s) + "; its silence would have counted as agreement"
		case s.How == policy.Silent && s.Counts != policy.Object && (s.Part == policy.Mandatory || c.rule(p) != "advisory"):
			fact = c.silent(s) + "; its silence would have counted as no view"
		}
		if fact != "" {
			reasons = append(reasons, why{rule, fact, c.consulted.event(s, c.at)})
		}
	}
	return append(reasons, why{rule, fmt.Sprintf("the rule %s would have let it be granted on what is on record; what the officers made of it is not simulated", c.rule(p)), ""})
}
