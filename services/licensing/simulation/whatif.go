package simulation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// What a decision would have been, beside Possible, Waiting and Blocked.
const (
	Prohibited  = "prohibited"             // a grant that Article 6 would have forbidden
	Reassessed  = "reassessed"             // a grant that would have been put up for reassessment later
	OnArticle6  = "denied under article 6" // a denial that nothing would have had to be weighed for
	ToBeWeighed = "to be weighed"          // a denial that Article 6 would not have asked for
	NoGround    = "no ground left"         // a denial of which every criterion that it names would not have counted
)

// otherwise is what a decision would have been; nothing where it stays as it was.
type otherwise struct {
	wouldBe string
	reasons []why
	needed  []string
}

func (o *otherwise) because(rule, fact, event string) {
	o.reasons = append(o.reasons, why{rule, fact, event})
}

// WhatIf is a hypothesis on its way through the decisions of an agency. Each is judged on what the agency had when it decided (Article
// 6(3)): how far it had the journals of others is in the decision, and what came later is not on file. One goroutine uses it.
type WhatIf struct {
	cases
	policy   *policy.Policy // nil: those that decisions were made under
	calendar *policy.Calendar
	law      embargoes
	weights  weights
	all      bool

	totals     queryv1.WhatIfTotals
	changes    map[[2]string]uint64
	unassessed map[string]uint64
	rows       uint64
}

// Try begins at the first decision. It fails with fault.Invalid where the hypothesis makes no sense, and with fault.NotFound or
// fault.Precondition where what it names, or the policy's calendar, is not on record.
func Try(view ledger.View, req *queryv1.WhatIfRequest) (w *WhatIf, err error) {
	w = &WhatIf{all: req.GetUnchanged(), changes: map[[2]string]uint64{}, unassessed: map[string]uint64{}}
	if w.cases, err = decisions(view, req.GetFrom(), req.GetUntil()); err != nil {
		return nil, err
	}
	w.then, w.published = true, req.GetPublished()
	if req.GetPolicy() != nil {
		if w.policy, err = policy.Compile(req.GetPolicy()); err != nil {
			return nil, err
		}
		if w.calendar, err = dossier.Calendar(view, w.policy); err != nil {
			return nil, err
		}
	}
	if w.law, err = embargoesOf(view, req.GetEmbargoes()); err != nil {
		return nil, err
	}
	if w.weights, err = weightsOf(req.GetCriteria()); err != nil {
		return nil, err
	}
	w.rows, err = w.total(view)
	return w, err
}

// Next judges the next page of decisions again and returns those that change, or all where that was asked for, with how far it is.
// Each call may have another view of the same ledger, so that a long history keeps none open. It reports whether there may be
// more.
func (w *WhatIf) Next(view ledger.View) (res *queryv1.WhatIfResponse, more bool, err error) {
	res = &queryv1.WhatIfResponse{}
	more, err = w.next(view, func(c *past) error {
		d, err := w.judge(view, c)
		if d != nil && (w.all || d.WouldBe != d.Was) {
			res.Decisions = append(res.Decisions, d)
		}
		return err
	})
	res.Done, res.Total = w.done, max(w.rows, w.done)
	return res, more, err
}

// Totals is what it came to so far.
func (w *WhatIf) Totals() *queryv1.WhatIfTotals {
	w.totals.Changes, w.totals.Unassessed = nil, nil
	for k, n := range w.changes {
		w.totals.Changes = append(w.totals.Changes, &queryv1.WhatIfCount{Was: k[0], WouldBe: k[1], Count: n})
	}
	for k, n := range w.unassessed {
		w.totals.Unassessed = append(w.totals.Unassessed, &queryv1.WhatIfCount{Criterion: k, Count: n})
	}
	for _, list := range [][]*queryv1.WhatIfCount{w.totals.Changes, w.totals.Unassessed} {
		slices.SortFunc(list, func(a, b *queryv1.WhatIfCount) int {
			return cmp.Or(strings.Compare(a.Was, b.Was), strings.Compare(a.WouldBe, b.WouldBe), strings.Compare(a.Criterion, b.Criterion))
		})
	}
	return &w.totals
}

// judge judges a decision again; nil when the hypothesis says nothing of it.
func (w *WhatIf) judge(view ledger.View, c *past) (*queryv1.WhatIfDecision, error) {
	in := false
	if w.policy != nil && !c.published {
		var err error
		if in, err = w.concerns(w.policy, c); err != nil {
			return nil, err
		}
	}
	weighs := !c.published && len(w.weights) > 0
	if !in && !weighs && len(w.law.asIf) == 0 {
		return nil, nil
	}
	o, err := w.law.article6(view, c)
	if err == nil && (o.wouldBe == "" || o.wouldBe == Reassessed) && (in || weighs) {
		var weighed otherwise
		if weighed, err = w.weigh(view, c, in); weighed.wouldBe != "" {
			o = weighed
		}
	}
	if err != nil {
		return nil, err
	}
	d := &queryv1.WhatIfDecision{
		ApplicationId: c.application.GetId(), DecisionId: c.id, DecidedAt: timestamppb.New(c.at), Was: "granted", Needed: o.needed,
	}
	if !c.granted {
		d.Was = "denied"
	}
	d.WouldBe = cmp.Or(o.wouldBe, d.Was)
	for _, r := range o.reasons {
		d.Reasons = append(d.Reasons, &queryv1.WhatIfReason{Rule: r.rule, Fact: r.fact, Event: r.event})
	}
	w.totals.Decisions++
	if o.wouldBe != "" {
		w.totals.Changed++
		w.changes[[2]string{d.Was, d.WouldBe}]++
	}
	return d, nil
}

// weigh judges a case under the policy, where that is for it, or else under its own with the criteria weighed otherwise.
func (w *WhatIf) weigh(view ledger.View, c *past, in bool) (o otherwise, err error) {
	var assessment *ledgerv1.Assessment
	if len(w.weights) > 0 {
		if assessment, err = c.assessment(view); err != nil {
			return o, err
		}
	}
	for criterion, weight := range w.weights {
		if criterion != everyOther && weight.GetOverridingFrom() != 0 && !assessed(assessment, criterion) {
			w.unassessed[criterion]++
		}
	}
	switch {
	case in:
		o, err = w.underPolicy(view, c)
	case len(c.own) == 0:
		w.totals.UnknownPolicy++
	case c.granted:
		o = c.overridden(assessment, w.weights)
	default:
		o, err = c.outweighed(view, assessment, w.weights)
	}
	if err != nil || o.wouldBe != "" || c.granted || len(c.criteria) == 0 || slices.ContainsFunc(c.criteria, w.weights.counts) {
		return o, err
	}
	o.wouldBe = NoGround
	o.because("criteria of the denial", "it names only criteria that would not have counted: "+strings.Join(c.criteria, ", "), c.id)
	return o, nil
}

func assessed(row *ledgerv1.Assessment, criterion string) bool {
	for _, f := range row.GetAssessed().GetFindings() {
		if f.GetCriterion() == criterion {
			return true
		}
	}
	return false
}

// underPolicy judges a case under the policy of the hypothesis.
func (w *WhatIf) underPolicy(view ledger.View, c *past) (o otherwise, err error) {
	c.weights = w.weights
	v, err := c.under(view, w.policy, w.calendar)
	c.weights = nil
	if err != nil {
		return o, err
	}
	if c.unclear != "" {
		v.against(Blocked, why{w.policy.ID() + ", scope", c.unclear, ""})
	}
	if c.granted {
		if v.outcome != Possible {
			o = otherwise{v.outcome, v.reasons, v.needed}
		}
		return o, nil
	}
	possible, err := freed(view, c, v)
	if err != nil || !possible {
		return o, err
	}
	return otherwise{Possible, c.freeing(w.policy, v), c.grantNeeds(w.policy, v)}, nil
}

// grantNeeds is what a grant of a case that was denied would still have needed.
func (c *past) grantNeeds(p *policy.Policy, v verdict) []string {
	needed := []string{fmt.Sprintf("signatures: %d", p.Terms.GetSignatures())}
	if v.tally.Against {
		needed = append(needed, "a reason for a grant against advice")
	}
	return needed
}

// overridden says of a grant which criteria would have forbidden it and did not.
func (c *past) overridden(row *ledgerv1.Assessment, w weights) (o otherwise) {
	for _, p := range c.own {
		threshold := p.Terms.GetRisk().GetThreshold()
		before := weights(nil).overriding(row, threshold)
		for _, now := range w.overriding(row, threshold) {
			same := func(b overridden) bool { return b.criterion == now.criterion }
			if slices.ContainsFunc(before, same) || slices.Contains(o.needed, now.needed) {
				continue
			}
			o.wouldBe = Blocked
			o.because("ATT 7(3)", now.fact, row.GetId())
			o.needed = append(o.needed, now.needed)
		}
	}
	return o
}

// outweighed says of a denial that its own policies let nobody grant it for risks that would not have been overriding.
func (c *past) outweighed(view ledger.View, row *ledgerv1.Assessment, w weights) (o otherwise, err error) {
	held := false
	for _, p := range c.own {
		cal, err := dossier.Calendar(view, p)
		if err != nil {
			return o, err
		}
		before, err := c.under(view, p, cal)
		if err != nil {
			return o, err
		}
		c.weights = w
		now, err := c.under(view, p, cal)
		c.weights = nil
		if err != nil || now.outcome != Possible {
			return otherwise{}, err
		}
		held = held || before.outcome != Possible
		for _, b := range weights(nil).overriding(row, p.Terms.GetRisk().GetThreshold()) {
			o.because("ATT 7(3)", b.fact+"; as it is weighed here it would not have been overriding", row.GetId())
		}
		for _, need := range c.grantNeeds(p, now) {
			if !slices.Contains(o.needed, need) {
				o.needed = append(o.needed, need)
			}
		}
	}
	fixed, err := c.fixed(view)
	if err != nil || !held || len(fixed) > 0 {
		return otherwise{}, err
	}
	o.wouldBe = Possible
	return o, nil
}
