package dossier

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// Consulted is a consultation with all that was said in it.
type Consulted struct {
	Row      *ledgerv1.Consultation
	Opinions []*ledgerv1.Opinion
}

// Consultation returns this agency's latest consultation on an application; nil when it asked nobody.
func Consultation(view ledger.View, application string) (*Consulted, error) {
	row, err := latestConsultation(view, application)
	if row == nil || err != nil {
		return nil, err
	}
	return With(view, row)
}

func latestConsultation(view ledger.View, application string) (*ledgerv1.Consultation, error) {
	rows, err := view.ConsultationsWith("application", application)
	if err != nil {
		return nil, fmt.Errorf("read consultations on %s: %w", application, err)
	}
	rows = slices.DeleteFunc(rows, func(r *ledgerv1.Consultation) bool { return !view.Owns(r.GetId()) })
	return latest(rows, func(r *ledgerv1.Consultation) time.Time { return r.GetOpened().GetOpenedAt().AsTime() }), nil
}

// With returns a consultation with the opinions that this agency has received.
func With(view ledger.View, row *ledgerv1.Consultation) (*Consulted, error) {
	opinions, err := view.OpinionsWith("consultation", row.GetId())
	if err != nil {
		return nil, fmt.Errorf("read opinions in %s: %w", row.GetId(), err)
	}
	return &Consulted{Row: row, Opinions: opinions}, nil
}

// Round is what is on file of the consultation at a moment, as policies count it; nobody was asked where c is nil. Once it is
// closed its clock stands where it stood then: who could not answer any more is not silent.
func (c *Consulted) Round(cal *policy.Calendar, now time.Time) policy.Round {
	if c == nil {
		return policy.Round{Now: now}
	}
	opened := c.Row.GetOpened()
	if at := c.Row.GetClosedAt(); at != nil && at.AsTime().Before(now) {
		now = at.AsTime()
	}
	r := policy.Round{Now: now, Calendar: cal, Emergency: opened.GetEmergency() != "", Stopped: c.Stopped()}
	if c.Row.GetDue() != nil {
		r.Due = c.Row.GetDue().AsTime()
	}
	for _, a := range opened.GetAddressees() {
		r.Asked = append(r.Asked, policy.Consultee{Agency: a.GetAgency(), Part: a.GetPart(), Serves: a.GetServes()})
	}
	for _, o := range c.Opinions {
		r.Voices = append(r.Voices, policy.Voice{
			Agency: o.GetAgency(), For: o.GetGiven().GetInPlaceOf(), View: ViewWord(o.GetGiven().GetView()), Recused: o.GetGiven().GetRecused(), At: o.GetAt().AsTime(),
		})
	}
	return r
}

// Stopped reports whether the clock stands still.
func (c *Consulted) Stopped() bool {
	n := len(c.Row.GetStops())
	return n > 0 && c.Row.GetStops()[n-1].GetUntil() == nil
}

// Stops are the times that do not count; one that lasts ends now.
func (c *Consulted) Stops(now time.Time) []policy.Interval {
	var list []policy.Interval
	for _, s := range c.Row.GetStops() {
		to := now
		if s.GetUntil() != nil {
			to = s.GetUntil().AsTime()
		}
		list = append(list, policy.Interval{From: s.GetFrom().AsTime(), To: to})
	}
	return list
}

// ViewWord is an opinion's view as policies have it.
func ViewWord(v licensingv1.OpinionView) string {
	if v == licensingv1.OpinionView_OPINION_VIEW_UNSPECIFIED {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(v.String(), "OPINION_VIEW_"))
}

// Tally is what the consultation on a case comes to under all of its policies at a moment. Whom a policy has to have asked
// and nobody asked is an obstacle. Opinions are on the deal that those asked were told of: once it was amended they carry no
// grant any more, and an objection still needs a reason to be passed over.
func (f *File) Tally(view ledger.View, c *Consulted, now time.Time) (policy.Result, error) {
	total := policy.Result{MayGrant: true}
	another, err := f.amendedSince(c)
	if err != nil {
		return total, err
	}
	if another {
		total.Against, total.Reasons = objections(c)
		c = nil
	}
	for _, p := range f.Policies {
		cal, err := Calendar(view, p)
		if err != nil {
			return total, err
		}
		round := c.Round(cal, now)
		missing, err := f.unasked(p, round.Asked)
		if err != nil {
			return total, err
		}
		res := policy.Tally(p, round)
		res.Reasons = append(missing, res.Reasons...)
		total = merge(total, res, len(missing) == 0)
	}
	return total, nil
}

// amendedSince reports whether a consultation was on another deal than the application states now.
func (f *File) amendedSince(c *Consulted) (bool, error) {
	if c == nil {
		return false, nil
	}
	was, err := DealDigest(c.Row.GetOpened().GetDeal())
	if err != nil {
		return false, err
	}
	is, err := DealDigest(f.Application.GetDeal())
	return !bytes.Equal(was, is), err
}

// objections are what was said against a deal that was amended since, in sentences.
func objections(c *Consulted) (any bool, reasons []string) {
	reasons = []string{fmt.Sprintf("the application was amended since %s was opened, and its opinions are on the deal as it was: close it and ask again", c.Row.GetId())}
	for _, o := range c.Opinions {
		if o.GetGiven().GetView() == licensingv1.OpinionView_OPINION_VIEW_OBJECT && !o.GetGiven().GetRecused() {
			any, reasons = true, append(reasons, fmt.Sprintf("%s objected to the deal as it was: a grant needs a reason", o.GetAgency()))
		}
	}
	return any, reasons
}

func merge(total, res policy.Result, asked bool) policy.Result {
	total.MayGrant = total.MayGrant && res.MayGrant && asked
	total.Against = total.Against || res.Against
	for _, r := range res.Reasons {
		if !slices.Contains(total.Reasons, r) {
			total.Reasons = append(total.Reasons, r)
		}
	}
	total.Waiting = append(total.Waiting, res.Waiting...)
	total.Escalate = append(total.Escalate, res.Escalate...)
	total.Standings = append(total.Standings, res.Standings...)
	return total
}

// unasked says which agencies a policy has asked in every case and that were not asked in this one.
func (f *File) unasked(p *policy.Policy, asked []policy.Consultee) ([]string, error) {
	consultees, err := policy.Consultees(p, f.Facts)
	if err != nil {
		return nil, err
	}
	var reasons []string
	for _, c := range consultees {
		votes := p.Terms.GetRule() != "advisory" && c.Part == policy.Optional
		if c.Part != policy.Mandatory && !votes {
			continue
		}
		if !slices.ContainsFunc(asked, func(a policy.Consultee) bool { return a.Agency == c.Agency }) {
			reasons = append(reasons, fmt.Sprintf("%s has to be asked (%s) and was not: counterfoil consult open %s", c.Agency, c.Serves, f.Application.GetId()))
		}
	}
	return reasons, nil
}
