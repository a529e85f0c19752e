package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// whatIfFlags say what would have been otherwise.
type whatIfFlags struct {
	policy                 string
	embargoes, criteria    []string
	changedOnly, published bool
}

func (f *whatIfFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.policy, "policy", "", "file of a policy that need not be adopted; it is asked of the decisions that it is for")
	flags.StringArrayVar(&f.embargoes, "embargo", nil, "an embargo as if, such as XB:2025-03-01, or one on record on another day: ID@DATE; may be given more than once")
	flags.StringArrayVar(&f.criteria, "criterion", nil, "a criterion weighed otherwise, such as 7(4)=high or 11=ignored; may be given more than once")
	flags.BoolVar(&f.changedOnly, "changed-only", true, "of a what-if: only decisions that would have been others")
	flags.BoolVar(&f.published, "published", false, "of a what-if: also decisions that were read from published registers; only embargoes concern them")
}

// any reports whether something would have been otherwise.
func (f *whatIfFlags) any() bool { return f.policy != "" || len(f.embargoes)+len(f.criteria) > 0 }

// request reads the flags, and the policy from its file, for decisions in from <= date < to. name says in words what would have been
// otherwise.
func (f *whatIfFlags) request(env *Env, at *queryv1.Horizon, from, to string) (req *queryv1.WhatIfRequest, name string, err error) {
	req = &queryv1.WhatIfRequest{Unchanged: !f.changedOnly, Published: f.published, Horizon: at}
	var names []string
	if f.policy != "" {
		p, _, err := env.readPolicy(f.policy)
		if err != nil {
			return nil, "", err
		}
		req.Policy, names = p.Terms, append(names, p.ID())
	}
	for _, text := range f.embargoes {
		e, err := parseEmbargo(text)
		if err != nil {
			return nil, "", err
		}
		req.Embargoes, names = append(req.Embargoes, e), append(names, "embargo "+text)
	}
	for _, text := range f.criteria {
		c, err := parseCriterion(text)
		if err != nil {
			return nil, "", err
		}
		req.Criteria, names = append(req.Criteria, c), append(names, "criterion "+text)
	}
	if req.From, err = parseTime("from", from); err != nil {
		return nil, "", err
	}
	req.Until, err = parseTime("to", to)
	return req, strings.Join(names, ", "), err
}

// whatIf is what judging decisions again came to. Its keys are stable; numbers are plain ones.
type whatIf struct {
	If string `json:"if"`
	// What of history the ledger was looked at with; empty: all.
	Horizon   string           `json:"horizon,omitempty"`
	Decisions []whatIfDecision `json:"decisions"`
	Totals    whatIfTotals     `json:"totals"`
}

type whatIfDecision struct {
	Decision    string         `json:"decision"`
	Application string         `json:"application,omitempty"`
	DecidedAt   string         `json:"decided_at"`
	Was         string         `json:"was"`
	WouldBe     string         `json:"would_be"`
	Reasons     []whatIfReason `json:"reasons"`
	Needed      []string       `json:"needed"`
}

type whatIfReason struct {
	Rule  string `json:"rule"`
	Fact  string `json:"fact"`
	Event string `json:"event,omitempty"`
}

type whatIfTotals struct {
	Decisions uint64        `json:"decisions"`
	Changed   uint64        `json:"changed"`
	Changes   []whatIfCount `json:"changes"`
	// Decisions without a finding on a criterion that was to be weighed, and those whose policy is not on record.
	Unassessed    []whatIfCount `json:"unassessed"`
	UnknownPolicy uint64        `json:"unknown_policy"`
}

type whatIfCount struct {
	Was       string `json:"was,omitempty"`
	WouldBe   string `json:"would_be,omitempty"`
	Criterion string `json:"criterion,omitempty"`
	Count     uint64 `json:"count"`
}

// replayPolicy judges the decisions in from <= date < to again, on what is on record at a horizon, and prints what came of it.
func (env *Env) replayPolicy(ctx context.Context, c *Clients, flags *whatIfFlags, at *queryv1.Horizon, from, to string) error {
	const what = "replay"
	req, name, err := flags.request(env, at, from, to)
	if err != nil {
		return doing(what, "", err)
	}
	done := &whatIf{If: name, Horizon: horizonWords(req.Horizon), Decisions: []whatIfDecision{}}
	if err := env.readWhatIf(ctx, c, req, done); err != nil {
		return doing(what, "", err)
	}
	slices.SortFunc(done.Decisions, func(a, b whatIfDecision) int {
		return slices.Compare([]string{a.DecidedAt, a.Decision}, []string{b.DecidedAt, b.Decision})
	})
	return env.Print(done.document(flags.changedOnly))
}

// readWhatIf follows the node to its end, which is where the totals are.
func (env *Env) readWhatIf(ctx context.Context, c *Clients, req *queryv1.WhatIfRequest, into *whatIf) error {
	stream, err := c.WhatIf.WhatIf(ctx, req)
	if err != nil {
		return err
	}
	defer stream.Close()
	progress := env.startProgress("judge", "decisions")
	defer progress.stop()
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return errors.New("the node did not say what it came to in all")
		}
		if err != nil {
			return err
		}
		progress.total(int64(res.GetTotal()))
		progress.set(int64(res.GetDone()))
		for _, d := range res.GetDecisions() {
			into.Decisions = append(into.Decisions, whatIfOf(d))
		}
		if res.GetTotals() != nil {
			into.Totals = totalsOf(res.GetTotals())
			return nil
		}
	}
}

func whatIfOf(d *queryv1.WhatIfDecision) whatIfDecision {
	one := whatIfDecision{
		Decision: d.GetDecisionId(), Application: d.GetApplicationId(), DecidedAt: date(d.GetDecidedAt()), Was: d.GetWas(), WouldBe: d.GetWouldBe(),
		Reasons: []whatIfReason{}, Needed: append([]string{}, d.GetNeeded()...),
	}
	for _, r := range d.GetReasons() {
		one.Reasons = append(one.Reasons, whatIfReason{r.GetRule(), r.GetFact(), r.GetEvent()})
	}
	return one
}

func totalsOf(t *queryv1.WhatIfTotals) whatIfTotals {
	counts := func(list []*queryv1.WhatIfCount) []whatIfCount {
		all := []whatIfCount{}
		for _, n := range list {
			all = append(all, whatIfCount{n.GetWas(), n.GetWouldBe(), n.GetCriterion(), n.GetCount()})
		}
		return all
	}
	return whatIfTotals{t.GetDecisions(), t.GetChanged(), counts(t.GetChanges()), counts(t.GetUnassessed()), t.GetUnknownPolicy()}
}

// document shows a line for each reason, and the totals. As csv every reason is a row with its decision.
func (w *whatIf) document(changedOnly bool) output.Document {
	flat := output.Grid{Heads: []string{"decision", "application", "decided_at", "was", "would_be", "rule", "fact", "event", "needed"}}
	doc := output.Document{Value: w, Items: []any{}, Flat: &flat}
	grid := output.Grid{Heads: []string{"decision", "decided", "was", "would be", "because", "by"}}
	for _, d := range w.Decisions {
		doc.Items = append(doc.Items, d)
		row := []string{d.Decision, d.DecidedAt, d.Was, d.WouldBe}
		add := func(because, by string) {
			grid.Add(append(row, because, by)...)
			row = []string{"", "", "", ""}
		}
		reasons := d.Reasons
		if len(reasons) == 0 {
			reasons = []whatIfReason{{}}
		}
		for _, r := range reasons {
			flat.Add(d.Decision, d.Application, d.DecidedAt, d.Was, d.WouldBe, r.Rule, r.Fact, r.Event, strings.Join(d.Needed, "; "))
			add(r.Fact, r.Rule)
		}
		for _, n := range d.Needed {
			add("a grant would have needed: "+n, "")
		}
	}
	if len(w.Decisions) == 0 {
		grid = output.Grid{}
	}
	title := fmt.Sprintf("%d of %d decisions would have been others: %s", w.Totals.Changed, w.Totals.Decisions, w.If)
	if w.Horizon != "" {
		title += " (" + w.Horizon + ")"
	}
	doc.Sections = []output.Section{{Title: title, Grid: grid, Text: w.remarks()}}
	if len(w.Totals.Changes) > 0 {
		totals := output.Grid{Heads: []string{"was", "would be", "decisions"}}
		for _, n := range w.Totals.Changes {
			totals.Add(n.Was, n.WouldBe, number(n.Count))
		}
		doc.Sections = append(doc.Sections, output.Section{Title: "in all", Grid: totals})
	}
	return doc
}

// remarks says of which decisions it cannot be said.
func (w *whatIf) remarks() string {
	var lines []string
	for _, n := range w.Totals.Unassessed {
		lines = append(lines, fmt.Sprintf("without a finding on %s, so that it cannot be said: %d", n.Criterion, n.Count))
	}
	if w.Totals.UnknownPolicy > 0 {
		lines = append(lines, fmt.Sprintf("decided under a policy that is not on record, so that criteria cannot be weighed: %d", w.Totals.UnknownPolicy))
	}
	return strings.Join(lines, "\n")
}
