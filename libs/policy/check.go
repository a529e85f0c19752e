package policy

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/written"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
)

// Registry is what a policy may name. A nil list is not compared with.
type Registry struct {
	Agencies  []string
	Calendars []string
}

// How grave a problem is.
const (
	Error   = "error"   // the policy cannot work as written and should not be adopted
	Warning = "warning" // it may be meant so
)

// Problem is something about a policy that does not make sense.
type Problem struct {
	// error or warning.
	Severity string
	File     string
	// Line is 0 of a policy that was not read from text.
	Line int
	// Path of the field, such as "consultees[2].when".
	Field    string
	Sentence string
}

func (p Problem) String() string {
	return fmt.Sprintf("%s: %s: %s: %s", written.Place(p.File, p.Line), p.Severity, p.Field, p.Sentence)
}

// maxWork is how much work all tries of a check may do together, in the units of CEL: a hundred times what an ordinary policy needs, and a
// second or two. eachTry is what one takes beside its expression.
const (
	maxWork = 5_000_000
	eachTry = 10
)

// errSpent is that a check did as much as it may.
var errSpent = errors.New("the check does too much work")

// checker gathers problems.
type checker struct {
	*Policy
	list []Problem
	work uint64
}

func (c *checker) add(severity, field, format string, args ...any) {
	c.list = append(c.list, Problem{severity, c.text.Name, c.text.Line(field), field, fmt.Sprintf(format, args...)})
}

// Check returns what does not make sense about a policy, in the order of its fields as far as that goes. It takes a second or two at most:
// where the expressions would need more, it says that they were not tried on everything.
func Check(p *Policy, r Registry) []Problem {
	list, err := CheckUntil(context.Background(), p, r)
	if err != nil { // a policy that was not tried to the end does not pass
		return []Problem{{Severity: Error, Field: "scope", Sentence: fmt.Sprintf("the expressions could not be tried: %v", err)}}
	}
	return list
}

// CheckUntil is Check for somebody who may leave: it fails when ctx ends.
func CheckUntil(ctx context.Context, p *Policy, r Registry) ([]Problem, error) {
	c := &checker{Policy: p}
	if p.ValidFrom.IsZero() {
		c.add(Error, "valid_from", "it is missing, so the policy is never in force")
	}
	c.agencies(r)
	c.consultees()
	c.deadline(r)
	c.rule("rule", "quorum", p.Terms.Rule, p.Terms.Quorum)
	c.silence("silence", p.Terms.Silence)
	if e := p.Terms.Emergency; e != nil {
		c.emergency(e)
	}
	c.alternates()
	for i, o := range c.Terms.Alerts.Offers {
		if o.Automatic && o.Consequence != "reassess" && o.Consequence != "hold" {
			c.add(Error, fmt.Sprintf("alerts.offers[%d].automatic", i), "a %s is offered and never done by itself", strings.ReplaceAll(o.Consequence, "_", " "))
		}
	}
	switch err := c.neverTrue(ctx); {
	case errors.Is(err, errSpent):
		c.add(Warning, "scope", "all expressions together do so much work that they were not tried on every transfer; name fewer States in them, or make them simpler")
	case err != nil:
		return nil, err
	}
	return c.list, nil
}

// agencies looks for agencies that do not exist.
func (c *checker) agencies(r Registry) {
	known := func(field, agency string) {
		if r.Agencies != nil && agency != "" && !slices.Contains(r.Agencies, agency) {
			c.add(Error, field, "there is no agency %s", agency)
		}
	}
	known("decider", c.Terms.Decider)
	for i, o := range c.Terms.Consultees {
		known(fmt.Sprintf("consultees[%d].agency", i), o.Agency)
	}
	for i, e := range c.Terms.Escalation {
		known(fmt.Sprintf("escalation[%d].to", i), e.To)
	}
	for i, a := range c.Terms.ConflictOfInterest.Alternates {
		known(fmt.Sprintf("conflict_of_interest.alternates[%d].agency", i), a.Agency)
		known(fmt.Sprintf("conflict_of_interest.alternates[%d].alternate", i), a.Alternate)
	}
	for i, o := range c.Terms.Obligations {
		if o.Owner != "holder" {
			known(fmt.Sprintf("obligations[%d].owner", i), o.Owner)
		}
	}
}

func (c *checker) consultees() {
	for i, o := range c.Terms.Consultees {
		field := fmt.Sprintf("consultees[%d].agency", i)
		if o.Agency == c.Terms.Decider {
			c.add(Warning, field, "%s decides, and is asked for its own opinion", o.Agency)
		}
	}
}

func (c *checker) deadline(r Registry) {
	d := c.Terms.Deadline
	if r.Calendars != nil && d.Calendar != "" && !slices.Contains(r.Calendars, d.Calendar) {
		c.add(Error, "deadline.calendar", "there is no calendar %s", d.Calendar)
	}
	if d.WorkingDays > 0 {
		return
	}
	for i, o := range c.Terms.Consultees {
		if o.Part == Mandatory {
			c.add(Warning, fmt.Sprintf("consultees[%d]", i), "%s has to answer and there is no deadline: its silence blocks for ever", o.Agency)
		}
	}
	if c.Terms.Silence == "escalates" {
		c.add(Warning, "silence", "it escalates after a deadline, and there is none")
	}
}

// voters lists who may vote; named only those that are asked without being chosen.
func (c *checker) voters(chosen bool) []string {
	var list []string
	for _, o := range c.Terms.Consultees {
		if o.Part != Guest && (chosen || o.Part != Chosen) {
			list = with(list, o.Agency)
		}
	}
	return list
}

// rule looks at a rule and its quorum: of the ordinary case, or of an emergency.
func (c *checker) rule(field, quorumField, rule string, quorum uint32) {
	all := c.voters(true)
	switch {
	case rule == "advisory" && quorum > 0:
		c.add(Warning, quorumField, "it has no effect under the rule advisory")
	case rule != "advisory" && int(quorum) > len(all):
		c.add(Error, quorumField, "it is %d, and only %d may vote", quorum, len(all))
	case rule != "advisory" && int(quorum) > len(c.voters(false)):
		c.add(Warning, quorumField, "it is %d, which needs agencies that are only chosen case by case", quorum)
	}
	if (rule == "majority" || rule == "unanimous") && len(all) == 0 {
		c.add(Error, field, "nobody votes, so nothing can ever be granted")
	}
	if rule != "veto" {
		return
	}
	if len(c.Terms.VetoBy) == 0 {
		c.add(Error, field, "the rule is veto, and veto_by names nobody")
	}
	for i, agency := range c.Terms.VetoBy {
		if !slices.Contains(all, agency) {
			c.add(Error, fmt.Sprintf("veto_by[%d]", i), "%s is not asked, or only as a guest, so that its objection never counts", agency)
		}
	}
}

func (c *checker) silence(field, silence string) {
	switch n := len(c.Terms.Escalation); {
	case silence == "escalates" && n == 0:
		c.add(Error, field, "it escalates, and escalation names nobody")
	case silence != "escalates" && n > 0 && field == "silence" && c.Terms.Emergency.GetSilence() != "escalates":
		c.add(Warning, "escalation", "it is never used, since silence does not escalate")
	}
}

func (c *checker) emergency(e *policyv1.Emergency) {
	if len(e.Deputies) == 0 {
		c.add(Warning, "emergency", "it names no deputies: who acts when nobody can be reached")
	}
	if e.ReviewWithinWorkingDays == 0 {
		c.add(Warning, "emergency", "review_within_working_days is missing: nobody looks at the decision afterwards")
	}
	c.rule("emergency.rule", "emergency.quorum", e.Rule, e.Quorum)
	c.silence("emergency.silence", e.Silence)
}

func (c *checker) alternates() {
	for i, a := range c.Terms.ConflictOfInterest.Alternates {
		field := fmt.Sprintf("conflict_of_interest.alternates[%d]", i)
		if !slices.Contains(c.voters(true), a.Agency) {
			c.add(Warning, field, "%s has no vote that %s could cast", a.Agency, a.Alternate)
		}
		if slices.Contains(c.voters(true), a.Alternate) {
			c.add(Warning, field, "%s has a vote of its own, and would cast two", a.Alternate)
		}
	}
}

// try evaluates an expression. It fails where the check is to end.
func (c *checker) try(ctx context.Context, path string, f Facts) (yes, tooMuch bool, err error) {
	if c.work >= maxWork {
		return false, false, errSpent
	}
	if err := ctx.Err(); err != nil {
		return false, false, err
	}
	yes, work, err := c.expressions[path].measured(f)
	c.work += work + eachTry
	return yes && err == nil, excessive(err), nil
}

// neverTrue tries every expression on transfers made of the words that the policy uses.
func (c *checker) neverTrue(ctx context.Context) error {
	var inScope []Facts
	for _, f := range c.tries() {
		yes, tooMuch, err := c.try(ctx, "scope", f)
		switch {
		case err != nil:
			return err
		case tooMuch:
			c.add(Error, "scope", "it does too much work; make it simpler")
			return nil
		case yes:
			inScope = append(inScope, f)
		}
	}
	if len(inScope) == 0 {
		c.add(Warning, "scope", "it holds none of the transfers that it was tried on, of every kind and category")
		return nil
	}
	for path := range ordered(c.written()) {
		if path == "scope" {
			continue
		}
		if err := c.neverTrueOf(ctx, path, inScope); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) neverTrueOf(ctx context.Context, path string, inScope []Facts) error {
	for _, f := range inScope {
		yes, tooMuch, err := c.try(ctx, path, f)
		switch {
		case tooMuch:
			c.add(Error, path, "it does too much work; make it simpler")
			return nil
		case yes || err != nil:
			return err
		}
	}
	c.add(Warning, path, "it holds none of the transfers in scope that it was tried on, of every kind and category")
	return nil
}

var literal = regexp.MustCompile(`"([^"]*)"|'([^']*)'`)

// maxStates is how many of the States that a policy names are tried.
const maxStates = 50

// tries returns transfers of every kind and category, by States that the policy names or others, bare and with everything.
func (c *checker) tries() []Facts {
	states, words, seen := []string{"XA", "XB"}, []string{}, map[string]bool{}
	full := Facts{Parties: map[string][]string{}, Values: map[string]int64{}}
	for _, text := range ordered(c.written()) {
		for _, m := range literal.FindAllStringSubmatch(text, -1) {
			word := m[1] + m[2]
			if seen[word] {
				continue
			}
			seen[word], words = true, append(words, word)
			switch {
			case len(word) == 2 && strings.ToUpper(word) == word && len(states) < maxStates:
				states = with(states, word)
			case len(word) == 3 && strings.ToUpper(word) == word:
				full.Values[word] = math.MaxInt32
			}
		}
	}
	full.Onward, full.Sources, full.Route, full.Ratings = states, states, states, words
	full.EndUse = strings.Join(words, " ")
	for _, role := range roles {
		full.Parties[role] = states
	}
	var list []Facts
	for _, f := range []Facts{{}, full} {
		for _, f.Kind = range ordered(names(kinds)) {
			for _, category := range categories {
				f.Categories = []string{category}
				for _, state := range states {
					f.Destination, f.State = state, "XA"
					list = append(list, f, urgent(f))
					f.Destination, f.State = "XB", state
					list = append(list, f, urgent(f))
				}
			}
		}
	}
	return list
}

func urgent(f Facts) Facts {
	f.Emergency = true
	return f
}

func names[K comparable](m map[K]string) map[string]string {
	out := map[string]string{}
	for _, name := range m {
		out[name] = name
	}
	return out
}
