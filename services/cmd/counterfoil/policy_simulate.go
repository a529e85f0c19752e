package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newPolicySimulateCommand(env *Env) *cobra.Command {
	var history bool
	var from, until string
	cmd := &cobra.Command{
		Use:   "simulate FILE --history",
		Short: "Decide past cases of this agency under a policy, and say which would have gone otherwise and why",
		Long: "Decides past cases of this agency under a policy that need not be adopted, from what is on record of them. An agency that\n" +
			"was not asked would have been, and its silence counts as the policy says. Nothing is recorded.",
		Example: "counterfoil policy simulate export.yaml --history --from 2025-01-01",
		Args:    takes("FILE"),
	}
	cmd.Flags().BoolVar(&history, "history", false, "try it on the cases that were decided (required)")
	cmd.Flags().StringVar(&from, "from", "", "those decided from then on: yyyy-mm-dd, or a time with its zone (default: from the first)")
	cmd.Flags().StringVar(&until, "until", "", "those decided before (default: all)")
	require(cmd, "history")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		what := "policy simulate " + args[0]
		p, _, err := env.readPolicy(args[0])
		if err != nil {
			return doing(what, "", err)
		}
		req := &licensingv1.SimulatePolicyRequest{Policy: p.Terms}
		if req.From, err = parseTime("from", from); err != nil {
			return err
		}
		if req.Until, err = parseTime("until", until); err != nil {
			return err
		}
		res, err := c.Licensing.SimulatePolicy(ctx, req)
		if err != nil {
			return doing(what, "", err)
		}
		return env.Print(simulationDocument(p.ID(), res))
	})
	return cmd
}

func simulationDocument(id string, res *licensingv1.SimulatePolicyResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{}, ItemType: &licensingv1.SimulatedCase{}}
	cases := output.Grid{Heads: []string{"application", "decision", "was", "would be", "because"}}
	for _, k := range res.Changed {
		doc.Items = append(doc.Items, k)
		row := []string{k.ApplicationId, k.DecisionId, k.Was, k.WouldBe}
		for _, reason := range k.Reasons {
			cases.Add(append(row, reason)...)
			row = []string{"", "", "", ""} // a line for each further reason
		}
	}
	title := fmt.Sprintf("%d of %d cases would have gone otherwise under %s", len(res.Changed), res.Cases, id)
	if len(res.Changed) == 0 {
		cases = output.Grid{}
	}
	doc.Sections = []output.Section{{Title: title, Grid: cases}}
	if res.Cases == 0 {
		return doc
	}
	plain := func(days float64) string { return strconv.FormatFloat(days, 'f', -1, 64) }
	time := output.Grid{Heads: []string{"", "middle", "longest"}}
	time.Add("as it was", plain(res.Before.GetMedian()), plain(res.Before.GetLongest()))
	time.Add("at the earliest", plain(res.After.GetMedian()), plain(res.After.GetLongest()))
	section := output.Section{Title: "working days from application to decision", Grid: time}
	if res.Unending > 0 {
		section.Text = fmt.Sprintf("not counted, since by what is on record they would wait without end: %d", res.Unending)
	}
	doc.Sections = append(doc.Sections, section)
	if len(res.Loads) > 0 {
		loads := output.Grid{Heads: []string{"agency", "was asked", "would have been"}}
		for _, l := range res.Loads {
			loads.Add(l.Agency, number(l.Before), number(l.After))
		}
		doc.Sections = append(doc.Sections, output.Section{Title: "opinions asked for", Grid: loads})
	}
	return doc
}
