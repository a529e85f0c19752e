package simulation

import (
	"slices"
	"time"

	"github.com/counterfoil/counterfoil/libs/policy"
)

// look is a round as it stood at a moment.
type look struct {
	at time.Time
	policy.Result
}

// consult plays the consultation as the policy would have had it: those whom it names, of those whom it lets be chosen and of
// others those who were, from when they were asked or, where nobody was, from the application on. A grant was possible if it
// was when the case was decided, or later; otherwise the last moment counts.
func (c *past) consult(p *policy.Policy, cal *policy.Calendar, v *verdict) (err error) {
	if v.asked, err = c.whom(p); err != nil {
		return err
	}
	begun := c.application.GetSubmittedAt().AsTime()
	if c.consulted != nil {
		begun = opened(c.consulted.row)
	}
	r := policy.Round{
		Asked: v.asked, Calendar: cal, Emergency: c.emergency(),
		Due: p.Due(cal, begun, c.emergency(), c.consulted.stops(p, c.at)),
	}
	looks, ready := c.looks(p, r, begun), c.ready(r, begun)
	late := func(l look) bool { return !l.at.Before(ready) }
	grants := keep(looks, func(l look) bool { return l.MayGrant })
	if then := keep(grants, func(l look) bool { return !l.at.Before(c.at) }); len(then) > 0 {
		v.tally, v.earliest = then[0].Result, append(keep(grants, late), grants...)[0].at
		return nil
	}
	v.tally = looks[len(looks)-1].Result
	if ends := keep(looks, func(l look) bool { return late(l) && l.Outcome() != policy.Waiting }); len(ends) > 0 {
		v.earliest = ends[0].at
	}
	outcome := Blocked
	if v.tally.Outcome() == policy.Waiting {
		outcome = Waiting
	}
	v.against(outcome, c.standing(p, v.tally)...)
	c.missing(p, v)
	return nil
}

func keep(looks []look, fits func(look) bool) (kept []look) {
	for _, l := range looks {
		if fits(l) {
			kept = append(kept, l)
		}
	}
	return kept
}

// whom are those whom a policy would have had asked.
func (c *past) whom(p *policy.Policy) ([]policy.Consultee, error) {
	listed, err := policy.Consultees(p, c.facts)
	if err != nil {
		return nil, err
	}
	named := slices.Clone(listed)
	for _, own := range c.own {
		more, err := policy.Consultees(own, c.facts)
		if err != nil {
			return nil, err
		}
		named = append(named, more...)
	}
	asked := slices.DeleteFunc(listed, func(o policy.Consultee) bool { return o.Part == policy.Chosen && !c.consulted.asked(o.Agency) })
	for _, a := range c.consulted.addressees() {
		if !slices.ContainsFunc(named, func(o policy.Consultee) bool { return o.Agency == a.GetAgency() }) {
			asked = append(asked, policy.Consultee{Agency: a.GetAgency(), Part: a.GetPart(), Serves: a.GetServes()})
		}
	}
	return asked, nil
}

// looks are the moments at which a round may come to something else: as it begins, with each answer, and once the deadline has
// passed; and that of the decision, which is the only one of a case that is judged on what was there then.
func (c *past) looks(p *policy.Policy, r policy.Round, begun time.Time) []look {
	moments := []time.Time{begun, c.at}
	if c.consulted != nil {
		for _, v := range c.consulted.voices {
			moments = append(moments, v.At)
		}
	}
	if !r.Due.IsZero() {
		moments = append(moments, passed(r.Due))
	}
	if c.then {
		moments = []time.Time{c.at}
	}
	slices.SortFunc(moments, time.Time.Compare)
	var list []look
	for _, r.Now = range slices.CompactFunc(moments, time.Time.Equal) {
		r.Voices = c.consulted.until(r.Now)
		list = append(list, look{r.Now, policy.Tally(p, r)})
	}
	return list
}

// passed is the first moment after a deadline, which is the last second of a day.
func passed(due time.Time) time.Time { return due.Add(time.Second) }

// ready is when all answers that would have come are there, or the deadline has passed.
func (c *past) ready(r policy.Round, begun time.Time) time.Time {
	last, all := begun, true
	for _, o := range r.Asked {
		at, answered := c.consulted.first(o.Agency)
		if all = all && (answered || o.Part == policy.Guest); answered && at.After(last) {
			last = at
		}
	}
	switch {
	case r.Due.IsZero() || all && last.Before(r.Due):
		return last
	default:
		return passed(r.Due)
	}
}

// missing says what a consultation would have needed for a grant: who was not asked, who did not answer.
func (c *past) missing(p *policy.Policy, v *verdict) {
	for _, s := range v.tally.Standings {
		switch {
		case s.How == policy.NotAsked || s.How == policy.AsGuest || s.Counts == policy.Concur:
		case s.How == policy.Escalating:
			v.need("an answer in place of " + s.Agency + " (" + s.Serves + ")")
		case s.How == policy.Answered || s.How == policy.ByAnother || s.How == policy.NotWaited:
		case s.How == policy.Silent && c.rule(p) == "advisory" && s.Counts != policy.Object:
		case c.consulted.asked(s.By):
			v.need("the answer of " + s.By + " (" + s.Serves + ")")
		default:
			v.need("the opinion of " + s.By + " (" + s.Serves + "), which was not asked")
		}
	}
}
