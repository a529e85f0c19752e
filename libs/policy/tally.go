package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Result is what a round allows. Two of the outcomes forbid a grant: waiting, when only answers are missing, and blocked.
type Result struct {
	// How each agency counts: those asked, in their order, then those that answered without being asked.
	Standings []Standing
	// Agencies that are still waited for; for one that is recused, its alternate.
	Waiting []string
	// Agencies whose silence is with somebody else now.
	Escalate []Escalated
	Quorum   Quorum
	MayGrant bool
	// Whether a grant would go against an opinion on file: it needs a reason.
	Against bool
	// A sentence for every obstacle, and for every opinion that a grant would go against.
	Reasons []string

	settled bool // an objection forbids the grant, whatever else comes
}

// Quorum is how many have to have answered, and how many did. Needed 0: the rule asks for none.
type Quorum struct {
	Needed, Present int
	Met             bool
}

// Escalated is a silence that somebody else has to answer.
type Escalated struct {
	// Who is silent.
	Agency string
	// Who answers in its place: an agency, which may be the same, and a role there. Both are empty when the policy names
	// nobody.
	To, Role string
	// By when, before the next is asked, if there is one; zero: no limit.
	Due time.Time
}

// What a round comes to.
const (
	MayGrant = "may_grant"
	Waiting  = "waiting"
	Blocked  = "blocked"
)

// Outcome returns may_grant, waiting or blocked.
func (r Result) Outcome() string {
	switch {
	case r.MayGrant:
		return MayGrant
	case !r.settled && len(r.Waiting)+len(r.Escalate) > 0:
		return Waiting
	}
	return Blocked
}

// Tally counts a round under a policy. Guests and recused agencies never count. It does not depend on the order of the
// voices. An objection in place of another answer never turns a refusal into a permission. One where an answer was missing,
// from an agency that is waited for or for the quorum, may: then it is missing no longer.
func Tally(p *Policy, r Round) Result {
	return tally(seat(p, r), permits)
}

// tally counts a round; rule says what forbids a grant once nobody is waited for.
func tally(t table, rule func(table, []Standing) (obstacles []string, settled bool)) Result {
	var res Result
	for _, c := range t.Asked {
		s := t.standing(c)
		res.Standings = append(res.Standings, s)
		res.Reasons = append(res.Reasons, t.missing(&res, s)...)
	}
	obstacles, settled := rule(t, res.Standings)
	res.settled = settled
	res.Quorum = t.quorumOf(res.Standings)
	if !res.Quorum.Met {
		obstacles = append(obstacles, fmt.Sprintf("the quorum is %d, and %d have answered", res.Quorum.Needed, res.Quorum.Present))
	}
	res.Reasons = append(res.Reasons, obstacles...)
	res.MayGrant = len(res.Reasons) == 0
	for _, s := range res.Standings {
		if s.Counts == Object {
			res.Against = true
			res.Reasons = append(res.Reasons, objection(s))
		}
	}
	res.Standings = append(res.Standings, t.strangers()...)
	return res
}

// missing notes an agency whose answer is missing, and says so.
func (t table) missing(res *Result, s Standing) []string {
	switch s.How {
	case Waited:
		res.Waiting = append(res.Waiting, s.By)
		return []string{t.waiting(s)}
	case Escalating:
		e := t.escalation(s.Agency)
		res.Escalate = append(res.Escalate, e)
		if e.Role == "" {
			return []string{fmt.Sprintf("%s is silent, which escalates, and the policy names nobody to answer in its place", s.Agency)}
		}
		return []string{fmt.Sprintf("%s is silent: %s has to answer in its place", s.Agency, strings.TrimSpace(e.Role+" of "+e.To))}
	}
	return nil
}

func (t table) waiting(s Standing) string {
	who, place := s.By, ""
	if who != s.Agency {
		place = " in place of " + s.Agency
	}
	switch {
	case t.Stopped:
		return fmt.Sprintf("%s has not answered%s (%s), and the clock stands still", who, place, s.Serves)
	case t.Due.IsZero():
		return fmt.Sprintf("%s has not answered%s (%s), and there is no deadline", who, place, s.Serves)
	}
	return fmt.Sprintf("%s has not answered%s (%s) and may until %s", who, place, s.Serves, t.Due.Format("2006-01-02 15:04 MST"))
}

// escalation returns who has to answer now in place of an agency that is silent.
func (t table) escalation(agency string) Escalated {
	e := Escalated{Agency: agency}
	since := t.Due
	for _, step := range t.p.Terms.Escalation {
		e.To, e.Role, e.Due = step.To, step.Role, time.Time{}
		if e.To == "" {
			e.To = agency
		}
		if step.WorkingDays == 0 {
			break
		}
		if e.Due = Deadline(t.Calendar, since, int(step.WorkingDays), nil); !t.Now.After(e.Due) {
			break
		}
		since = e.Due
	}
	return e
}

// quorumOf counts who answered among those that vote. Silence is no presence, whatever it means.
func (t table) quorumOf(standings []Standing) Quorum {
	q := Quorum{Needed: t.quorum}
	if t.rule == "advisory" {
		q.Needed = 0
	}
	for _, s := range standings {
		if (s.How == Answered || s.How == ByAnother) && s.votes() {
			q.Present++
		}
	}
	q.Met = q.Present >= q.Needed
	return q
}

// permits says what in the opinions forbids a grant under the policy's rule, and whether no further answer can change that.
func permits(t table, standings []Standing) (obstacles []string, settled bool) {
	switch t.rule {
	case "majority":
		return majority(standings), false
	case "unanimous":
		return unanimous(standings)
	case "veto":
		return t.veto(standings)
	}
	return nil, false
}

func majority(standings []Standing) []string {
	concur, object := count(standings, Concur), count(standings, Object)
	if concur > object {
		return nil
	}
	return []string{fmt.Sprintf("%d concur and %d object, and a majority has to concur", concur, object)}
}

func unanimous(standings []Standing) (obstacles []string, settled bool) {
	for _, s := range standings {
		switch {
		case s.Counts == Object:
			obstacles, settled = append(obstacles, fmt.Sprintf("%s objects, and all have to concur", s.Agency)), true
		case s.Counts == Abstain:
			obstacles = append(obstacles, fmt.Sprintf("%s abstains, and all have to concur", s.Agency))
		case s.Counts == "no_view":
			obstacles = append(obstacles, fmt.Sprintf("%s did not answer, and all have to concur", s.Agency))
		}
	}
	if len(obstacles) == 0 && count(standings, Concur) == 0 {
		obstacles = append(obstacles, "nobody that votes has concurred, and all have to")
	}
	return obstacles, settled
}

func (t table) veto(standings []Standing) (obstacles []string, settled bool) {
	for _, s := range standings {
		if s.Counts == Object && slices.Contains(t.p.Terms.VetoBy, s.Agency) {
			obstacles = append(obstacles, fmt.Sprintf("%s objects, and its objection is final", s.Agency))
		}
	}
	return obstacles, len(obstacles) > 0
}

func count(standings []Standing, what string) int {
	n := 0
	for _, s := range standings {
		if s.Counts == what {
			n++
		}
	}
	return n
}

func objection(s Standing) string {
	switch {
	case s.How == Silent:
		return fmt.Sprintf("%s did not answer, which counts as an objection (%s)", s.Agency, s.Serves)
	case s.By != s.Agency:
		return fmt.Sprintf("%s objects in place of %s (%s): a grant needs a reason", s.By, s.Agency, s.Serves)
	}
	return fmt.Sprintf("%s objects (%s): a grant needs a reason", s.Agency, s.Serves)
}
