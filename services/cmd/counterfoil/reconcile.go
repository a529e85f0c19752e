package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newReconcileCommand(env *Env) *cobra.Command {
	r := reconciling{env: env}
	cmd := &cobra.Command{
		Use:   "reconcile authorized-actual|customs-licensing|partner",
		Short: "Compare figures that should agree; what differs can become tasks with an owner",
		Long: "authorized-actual: what licences authorized against what moved, and licences that ended unused. customs-licensing: what customs\n" +
			"wrote off against the licences on record. partner: own figures against those that others published, and these against each\n" +
			"other. Nothing is changed by it. Where differences have no task the exit code is 3.\n\n" +
			"Without --context it is the agency reporting that asks.",
		Example: "counterfoil reconcile partner --year 2008 --source eu-armsexports --tolerance 5%\n" +
			"counterfoil reconcile customs-licensing --year 2026 --open --due 2026-12-01",
		Args: takes("COMPARISON"),
	}
	cmd.Flags().Uint32Var(&r.req.Year, "year", 0, "year of the figures (required)")
	cmd.Flags().StringVar(&r.req.Source, "source", "", "only figures that this source published")
	cmd.Flags().StringVar(&r.tolerance, "tolerance", "0%", "how much two figures may differ, in per cent of the larger one, such as 5% or 0.5%")
	cmd.Flags().BoolVar(&r.open, "open", false, "make tasks of what differs and has none")
	cmd.Flags().StringVar(&r.due, "due", "", "by when tasks are to be answered: yyyy-mm-dd, or a time with its zone")
	r.particulars.add(cmd)
	require(cmd, "year")
	cmd.MarkFlagsRequiredTogether("open", "due")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		env.asReporting()
		return env.online(r.run)(cmd, args)
	}
	return cmd
}

type reconciling struct {
	env            *Env
	req            reportingv1.ReconcileRequest
	particulars    particularsFlags
	tolerance, due string
	open           bool
}

func (r *reconciling) run(ctx context.Context, c *Clients, args []string) error {
	what := "reconcile " + args[0]
	number, err := parseEnum("comparison", args[0], reportingv1.Comparison_COMPARISON_UNSPECIFIED)
	if err != nil {
		return usage("compare one of authorized-actual, customs-licensing, partner, not %q", args[0])
	}
	r.req.Comparison = reportingv1.Comparison(number)
	if r.req.TolerancePermille, err = permille(r.tolerance); err != nil {
		return err
	}
	if r.open {
		if done, err := r.openTasks(ctx, c, what); done || err != nil {
			return err
		}
	}
	res, err := c.Reconciliation.Reconcile(ctx, &r.req)
	if err != nil {
		return doing(what, "", err)
	}
	if err := r.env.Print(differencesFound(res)); err != nil {
		return err
	}
	without := 0
	for _, d := range res.GetDifferences() {
		if d.GetDifferenceId() == "" {
			without++
		}
	}
	if without > 0 {
		return problems(what, fmt.Sprintf("%d figures differ and have no task", without), r.env.again()+" --open --due DATE")
	}
	return nil
}

// openTasks makes tasks until there is none left to make; done on a dry run, of which it shows the first part.
func (r *reconciling) openTasks(ctx context.Context, c *Clients, what string) (done bool, err error) {
	for {
		req := &reportingv1.OpenDifferencesRequest{Comparison: r.req.Comparison, Year: r.req.Year, Source: r.req.Source, TolerancePermille: r.req.TolerancePermille}
		if req.Due, err = parseTime("due", r.due); err != nil {
			return false, err
		}
		if err := r.particulars.putInto(r.env, req); err != nil {
			return false, err
		}
		res, err := c.Reconciliation.OpenDifferences(ctx, req)
		if err != nil {
			return false, doing(what, "", err)
		}
		if res.GetReceipt().GetDryRun() != nil {
			doc, err := receiptDocument(res)
			if err != nil {
				return false, err
			}
			return true, r.env.Print(doc)
		}
		if len(res.GetDifferenceIds()) == 0 || res.GetReceipt().GetRepeated() {
			return false, nil
		}
		r.env.Advise("%d tasks are open: %s to %s", len(res.GetDifferenceIds()), res.GetDifferenceIds()[0], res.GetDifferenceIds()[len(res.GetDifferenceIds())-1])
	}
}

// permille reads "5%", "0.5%" or "5" as thousandths.
func permille(text string) (uint32, error) {
	percent, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(text), "%"), 64)
	thousandths := math.Round(percent * 10)
	if err != nil || math.IsNaN(percent) || percent < 0 || percent > 100 || math.Abs(thousandths-percent*10) > 1e-6 {
		return 0, usage("--tolerance %q is no part of a hundred in tenths, such as 5%% or 0.5%%", text)
	}
	return uint32(thousandths), nil
}

func differencesFound(res *reportingv1.ReconcileResponse) output.Document {
	heads := []string{"of", "measure", "ours", "theirs", "difference", "owner", "source", "task"}
	grid := output.Grid{Heads: heads}
	doc := output.Document{Value: res, Items: []any{}, Flat: &output.Grid{Heads: append(heads[:len(heads):len(heads)], "text")}}
	for _, d := range res.GetDifferences() {
		doc.Items = append(doc.Items, d)
		cells := []string{
			strings.Join(d.GetKeys(), " "), d.GetMeasure(), measured(d.GetMeasure(), d.GetOurs()), measured(d.GetMeasure(), d.GetTheirs()),
			measured(d.GetMeasure(), d.GetTheirs()-d.GetOurs()), d.GetOwner(), d.GetSource(), d.GetDifferenceId(),
		}
		grid.Add(cells...)
		doc.Flat.Add(append(cells, d.GetText())...)
	}
	text := fmt.Sprintf("%d figures were compared, %d differ", res.GetCompared(), len(res.GetDifferences()))
	if len(res.GetEditions()) > 0 {
		text += "; of " + strings.Join(res.GetEditions(), ", ")
	}
	doc.Sections = []output.Section{{Grid: grid, Text: text}}
	if len(res.GetNotCompared()) > 0 {
		not := output.Grid{Heads: []string{"figures", "why"}}
		for _, n := range res.GetNotCompared() {
			not.Add(number(n.GetFigures()), n.GetReason())
		}
		doc.Sections = append(doc.Sections, output.Section{Title: "not compared", Grid: not})
	}
	return doc
}

// measured is an amount of a measure as people read it: "licensed EUR" is in minor units, "quantity H87" in thousandths.
func measured(measure string, n int64) string {
	words := strings.Fields(measure)
	switch {
	case len(words) > 1 && words[0] == "quantity":
		text := decimal(n, 3)
		return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + " " + words[1]
	case len(words) == 2 && len(words[1]) == 3 && strings.ToUpper(words[1]) == words[1]:
		return amount(n, words[1])
	}
	return strconv.FormatInt(n, 10)
}
