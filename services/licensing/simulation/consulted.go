package simulation

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// consulted is a consultation with everything that was said in it, also what was said otherwise later. Nil: nobody was asked.
type consulted struct {
	row *ledgerv1.Consultation
	// In order of their times, and the event of each.
	voices []policy.Voice
	events []string
}

// spoken is an answer and the event that states it.
type spoken struct {
	policy.Voice
	event string
}

// consultation returns the one that a decision rests on: that which it names, or the last that was opened before it.
func consultation(view ledger.View, c *past) (*consulted, error) {
	row, err := view.Consultation(c.basis.GetConsultationId())
	if err != nil {
		return nil, fmt.Errorf("read consultation %s: %w", c.basis.GetConsultationId(), err)
	}
	if row == nil {
		rows, err := view.ConsultationsWith("application", c.application.GetId())
		if err != nil {
			return nil, fmt.Errorf("read consultations: %w", err)
		}
		rows = slices.DeleteFunc(rows, func(r *ledgerv1.Consultation) bool { return opened(r).After(c.at) })
		if len(rows) == 0 {
			return nil, nil
		}
		row = slices.MaxFunc(rows, func(a, b *ledgerv1.Consultation) int { return opened(a).Compare(opened(b)) })
	}
	opinions, err := view.OpinionsWith("consultation", row.GetId())
	if err != nil {
		return nil, fmt.Errorf("read opinions in %s: %w", row.GetId(), err)
	}
	all, voices := &consulted{row: row}, []spoken(nil)
	for _, o := range opinions {
		if voices, err = c.said(view, o, voices); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(voices, func(a, b spoken) int { return a.At.Compare(b.At) })
	for _, v := range voices {
		all.voices, all.events = append(all.voices, v.Voice), append(all.events, v.event)
	}
	return all, nil
}

func opened(r *ledgerv1.Consultation) time.Time { return r.GetOpened().GetOpenedAt().AsTime() }

// said adds an opinion and those that it took the place of, without what was withdrawn since. Of a case that is judged on what its
// agency had, what it had not is left out.
func (c *past) said(view ledger.View, o *ledgerv1.Opinion, voices []spoken) ([]spoken, error) {
	add := func(number uint64, given *licensingv1.OpinionGiven, at time.Time) {
		if !c.then || c.had(o.GetJournal(), number, at) {
			voices = append(voices, spoken{voice(o.GetAgency(), given, at), fmt.Sprintf("%s/%d", o.GetJournal(), number)})
		}
	}
	last := len(o.GetEvents()) - 1
	add(o.GetEvents()[last], o.GetGiven(), o.GetAt().AsTime())
	for _, number := range o.GetEvents()[:last] {
		e, err := event(view, o.GetJournal(), number)
		if errors.Is(err, fault.NotFound) {
			continue
		}
		given := &licensingv1.OpinionGiven{}
		if err == nil {
			err = e.GetFact().UnmarshalTo(given)
		}
		if err != nil {
			return nil, fmt.Errorf("read event %d of %s: %w", number, o.GetJournal(), err)
		}
		add(number, given, e.GetOccurredAt().AsTime())
	}
	return voices, nil
}

// event is the last that states the answer which a standing rests on; empty when there is none.
func (c *consulted) event(s policy.Standing, at time.Time) string {
	if c == nil {
		return ""
	}
	for i := len(c.until(at)) - 1; i >= 0; i-- {
		if v := c.voices[i]; v.Agency == s.By && (v.For == "" && s.By == s.Agency || v.For == s.Agency) {
			return c.events[i]
		}
	}
	return ""
}

func voice(agency string, given *licensingv1.OpinionGiven, at time.Time) policy.Voice {
	return policy.Voice{Agency: agency, For: given.GetInPlaceOf(), View: dossier.ViewWord(given.GetView()), Recused: given.GetRecused(), At: at}
}

func (c *consulted) addressees() []*licensingv1.Addressee {
	if c == nil {
		return nil
	}
	return c.row.GetOpened().GetAddressees()
}

// asked reports whether an agency was asked, at first or when a silence was escalated to it.
func (c *consulted) asked(agency string) bool {
	return slices.ContainsFunc(c.addressees(), func(a *licensingv1.Addressee) bool { return a.GetAgency() == agency }) ||
		c != nil && slices.ContainsFunc(c.row.GetSilences(), func(s *licensingv1.SilenceTaken) bool { return s.GetEscalatedTo() == agency })
}

// stops are the times during which the clock stood still for a reason that a policy knows. One that lasted ended with the
// decision.
func (c *consulted) stops(p *policy.Policy, decided time.Time) []policy.Interval {
	if c == nil {
		return nil
	}
	var list []policy.Interval
	for _, s := range c.row.GetStops() {
		if !slices.Contains(p.Terms.GetClockStops(), s.GetReason()) {
			continue
		}
		to := decided
		if s.GetUntil() != nil {
			to = s.GetUntil().AsTime()
		}
		list = append(list, policy.Interval{From: s.GetFrom().AsTime(), To: to})
	}
	return list
}

// until are the voices up to a moment.
func (c *consulted) until(at time.Time) []policy.Voice {
	if c == nil {
		return nil
	}
	n, _ := slices.BinarySearchFunc(c.voices, at, func(v policy.Voice, at time.Time) int {
		if v.At.After(at) {
			return 1
		}
		return -1
	})
	return c.voices[:n]
}

// first is when an agency, or somebody in its place, answered first.
func (c *consulted) first(agency string) (time.Time, bool) {
	if c == nil {
		return time.Time{}, false
	}
	for _, v := range c.voices {
		if v.For == agency || v.For == "" && v.Agency == agency {
			return v.At, true
		}
	}
	return time.Time{}, false
}
