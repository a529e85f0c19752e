package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// usageColumns are what uses can be added up by, as flags and columns name it, in the order of the contract's values.
var usageColumns = []string{"", "kind", "decision", "agency"}

func newUsageCommand(env *Env) *cobra.Command {
	req := &queryv1.UsageRequest{}
	var since, by string
	cmd := &cobra.Command{
		Use:   "usage",
		Short: "Show how often others used the facts that this agency shared, and for what kind of decision",
		Long: "Adds up what other agencies told, after the end of each month, of the decisions that cited facts of this agency. They\n" +
			"tell numbers and never cases, and nothing below 3 of a class: it waits until it has grown.",
		Example: "counterfoil usage --by decision\ncounterfoil usage --agency licensing --since 2026-01-01 -o csv",
		Args:    takes(),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) (err error) {
		if req.Since, err = parseTime("since", since); err != nil {
			return err
		}
		at := slices.Index(usageColumns, by)
		if at < 0 {
			return usage("--by %s is not known; use kind, decision or agency", by)
		}
		req.By = queryv1.UsageBy(at)
		res, err := c.Query.Usage(ctx, req)
		if err != nil {
			return doing("usage", "", err)
		}
		env.adviseBasis(res.Basis)
		return env.Print(usageDocument(res, by))
	})
	cmd.Flags().StringVar(&req.Agency, "agency", "", "only uses by this agency")
	cmd.Flags().StringVar(&since, "since", "", "only of months that ended after then: yyyy-mm-dd, or a time with its zone")
	cmd.Flags().StringVar(&by, "by", "", "add up by kind (of the facts), decision (its kind) or agency (that decided)")
	complete(cmd, "by", usageColumns[1:]...)
	return cmd
}

func usageDocument(res *queryv1.UsageResponse, by string) output.Document {
	doc := output.Document{Value: res, Items: []any{}, ItemType: &queryv1.Usage{}}
	heads, cells := []string{"agency", "kind", "decision"}, func(u *queryv1.Usage, kind func(string) string) []string {
		return []string{u.Agency, kind(u.Kind), kind(u.Decision)}
	}
	if by != "" {
		heads, cells = []string{by}, func(u *queryv1.Usage, kind func(string) string) []string {
			return []string{kind(u.Agency + u.Kind + u.Decision)} // one of them is there
		}
	}
	heads = append(heads, "used", "until")
	grid := output.Grid{Heads: heads}
	doc.Flat = &output.Grid{Heads: heads}
	for _, u := range res.Uses {
		doc.Items = append(doc.Items, u)
		grid.Add(append(cells(u, shortKind), number(u.Count), date(u.Until))...)
		doc.Flat.Add(append(cells(u, func(kind string) string { return kind }), number(u.Count), date(u.Until))...)
	}
	if len(res.Uses) > 0 {
		doc.Sections = append(doc.Sections, output.Section{Grid: grid})
	}
	doc.Sections = append(doc.Sections, output.Section{Text: fmt.Sprintf(
		"a class is told once %d decisions used it; what is below waits, and nobody was told of it yet", res.Least)})
	return doc
}
