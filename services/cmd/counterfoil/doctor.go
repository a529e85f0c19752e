package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newDoctorCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Run the node's checks and say what to do about what they find",
		Args:  takes(),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		res, err := c.Query.Doctor(ctx, &queryv1.DoctorRequest{})
		if err != nil {
			return doing("doctor of agency "+c.Context.Agency, "", err)
		}
		doc := output.Document{Value: res, Items: []any{}, ItemType: &queryv1.Check{}}
		grid := output.Grid{Heads: []string{"check", "name", "found", "detail", "next"}}
		var failed []*queryv1.Check
		for _, check := range res.Checks {
			doc.Items = append(doc.Items, check)
			found := "well"
			if !check.Ok {
				found = "PROBLEM"
				failed = append(failed, check)
			}
			grid.Add(number(uint64(check.Number)), check.Name, found, check.Detail, check.Next)
		}
		doc.Sections = []output.Section{{Grid: grid}}
		if err := env.Print(doc); err != nil || len(failed) == 0 {
			return err
		}
		return problems("doctor of agency "+c.Context.Agency,
			fmt.Sprintf("%d of %d checks found a problem; the first: %s: %s", len(failed), len(res.Checks), failed[0].Name, failed[0].Detail),
			orElse(failed[0].Next, "counterfoil status"))
	})
	return cmd
}
