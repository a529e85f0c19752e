package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
)

// What an agency may answer.
const (
	Concur               = "concur"
	ConcurWithConditions = "concur_with_conditions"
	Object               = "object"
	Abstain              = "abstain"
)

// views are in the order in which they stand against a grant.
var views = []string{Concur, ConcurWithConditions, Abstain, Object}

// Round is what is on file of a consultation.
type Round struct {
	// Who was asked.
	Asked []Consultee
	// The end of the deadline, as Policy.Due or Deadline gives it; zero: there is none. A voice that comes later still
	// counts, since a decision rests on what is known when it is made; the silence is then over.
	Due time.Time
	// The answers. Of several by one agency for one agency the latest counts; of those of one moment, the one that stands
	// most against a grant. An answer of an agency that was not asked does not count, nor does one without a view.
	Voices []Voice
	// When it is looked at.
	Now time.Time
	// Whether the clock stands still: then nobody is silent yet.
	Stopped bool
	// What the days of escalations are counted in; nil: Monday to Friday, UTC.
	Calendar *Calendar
	// Whether the emergency variant holds.
	Emergency bool
}

// Voice is one answer.
type Voice struct {
	Agency string
	// The agency in whose place it answers, as its alternate or because its silence was escalated. Empty: its own.
	For string
	// concur, concur_with_conditions, object or abstain.
	View string
	// Whether it declared a conflict of interest: its view then does not count, whatever it is.
	Recused bool
	At      time.Time
}

// How an agency's place in a round is filled.
const (
	Answered   = "answered"
	ByAnother  = "alternate" // by its alternate, or by who its silence was escalated to
	Waited     = "waited for"
	NotWaited  = "not waited for" // it may still answer
	Silent     = "silent"         // the deadline passed
	Escalating = "escalated"
	Recused    = "recused"
	AsGuest    = "guest"
	NotAsked   = "not asked"
)

// Standing is how one agency counts.
type Standing struct {
	Consultee
	How string
	// Who answers: the agency itself, or its alternate or who its silence was escalated to in its place.
	By string
	// What was answered; empty when nothing was or it may not count.
	View string
	// What it counts as: concur, object, abstain, no_view, or nothing at all (empty).
	Counts string
	// Whether the answer came after the deadline.
	Late bool
}

func (s Standing) votes() bool {
	return s.Counts == Concur || s.Counts == Object || s.Counts == Abstain
}

// table is a round that is being tallied.
type table struct {
	p *Policy
	terms
	Round
	voices map[[2]string]Voice // by who answers, and for whom
}

func seat(p *Policy, r Round) table {
	t := table{p: p, terms: p.terms(r.Emergency), Round: r, voices: map[[2]string]Voice{}}
	t.Asked = merged(r.Asked)
	for _, v := range r.Voices {
		switch {
		case v.Recused:
			v.View = ""
		case !slices.Contains(views, v.View):
			continue
		}
		key := [2]string{v.Agency, cmp.Or(v.For, v.Agency)}
		if old, ok := t.voices[key]; !ok || weightier(v, old) {
			t.voices[key] = v
		}
	}
	return t
}

// weightier reports whether a voice replaces another of the same agency. A recusal outweighs a view of the same moment.
func weightier(v, old Voice) bool {
	weight := func(v Voice) int {
		if v.Recused {
			return len(views)
		}
		return slices.Index(views, v.View)
	}
	return cmp.Or(v.At.Compare(old.At), cmp.Compare(weight(v), weight(old))) > 0
}

// over reports whether the time for answering has passed.
func (t table) over() bool { return !t.Stopped && !t.Due.IsZero() && t.Now.After(t.Due) }

// waits reports whether a decision waits for an agency until the deadline: for those that are mandatory, those whose vote
// may settle it, and those that may stop it.
func (t table) waits(c Consultee) bool {
	switch t.rule {
	case "majority", "unanimous":
		return true
	case "veto":
		return c.Part == Mandatory || slices.Contains(t.p.Terms.VetoBy, c.Agency)
	}
	return c.Part == Mandatory
}

// standing returns how an agency that was asked counts.
func (t table) standing(c Consultee) Standing {
	v, answered := t.voices[[2]string{c.Agency, c.Agency}]
	switch {
	case c.Part == Guest:
		return Standing{Consultee: c, How: AsGuest, By: c.Agency, View: v.View}
	case answered && v.Recused:
		return t.recused(c)
	case answered:
		return t.answered(c, v, Answered)
	}
	return t.unanswered(c)
}

func (t table) answered(c Consultee, v Voice, how string) Standing {
	s := Standing{Consultee: c, How: how, By: v.Agency, View: v.View, Counts: v.View, Late: !t.Due.IsZero() && v.At.After(t.Due)}
	if s.Counts == ConcurWithConditions {
		s.Counts = Concur
	}
	return s
}

// recused returns how an agency with a conflict of interest counts: as its alternate does, and not at all without one.
func (t table) recused(c Consultee) Standing {
	for _, a := range t.p.Terms.ConflictOfInterest.Alternates {
		if a.Agency != c.Agency {
			continue
		}
		v, answered := t.voices[[2]string{a.Alternate, c.Agency}]
		switch {
		case answered && v.Recused:
			continue
		case answered:
			return t.answered(c, v, ByAnother)
		}
		s := t.unanswered(c)
		s.By = a.Alternate
		return s
	}
	return Standing{Consultee: c, How: Recused, By: c.Agency}
}

// unanswered returns how an agency counts that has said nothing.
func (t table) unanswered(c Consultee) Standing {
	s := Standing{Consultee: c, How: NotWaited, By: c.Agency}
	switch waits := t.waits(c); {
	case !t.over() && waits:
		s.How = Waited
	case !t.over():
	case t.silence == "escalates" && waits:
		return t.escalated(c)
	default:
		s.How = Silent
		s.Counts = map[string]string{"concurs": Concur, "objects": Object}[t.silence]
		s.Counts = cmp.Or(s.Counts, "no_view")
	}
	return s
}

// escalated returns how a silent agency counts: as the highest of those answered that its silence was escalated to.
func (t table) escalated(c Consultee) Standing {
	for _, e := range slices.Backward(t.p.Terms.Escalation) {
		if v, ok := t.voices[[2]string{e.To, c.Agency}]; ok && !v.Recused && e.To != "" {
			return t.answered(c, v, ByAnother)
		}
	}
	return Standing{Consultee: c, How: Escalating, By: c.Agency}
}

// strangers returns the answers that have no place in the round.
func (t table) strangers() []Standing {
	var list []Standing
	for key, v := range t.voices {
		if !t.placed(key[0], key[1]) {
			list = append(list, Standing{Consultee: Consultee{Agency: key[1]}, How: NotAsked, By: key[0], View: v.View})
		}
	}
	slices.SortFunc(list, func(a, b Standing) int {
		return cmp.Or(strings.Compare(a.Agency, b.Agency), strings.Compare(a.By, b.By))
	})
	return list
}

// placed reports whether one agency may answer in the place of another, or in its own.
func (t table) placed(by, agency string) bool {
	asked := slices.ContainsFunc(t.Asked, func(c Consultee) bool { return c.Agency == agency })
	return asked && (by == agency ||
		slices.ContainsFunc(t.p.Terms.Escalation, func(e *policyv1.Escalation) bool { return e.To == by }) ||
		slices.ContainsFunc(t.p.Terms.ConflictOfInterest.Alternates, func(a *policyv1.Alternate) bool {
			return a.Agency == agency && a.Alternate == by
		}))
}
