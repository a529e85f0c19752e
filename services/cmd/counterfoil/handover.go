package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newHandoverCommand(env *Env) *cobra.Command {
	req := &directoryv1.HandOverRequest{}
	cmd := &cobra.Command{
		Use:     "handover ROLE --to PERSON",
		Short:   "Record that a role passes to another person, with what is open",
		Example: `counterfoil handover "duty officer" --from p-1 --to p-2 --note "the port calls back at noon"`,
		Args:    takes("ROLE"),
	}
	cmd.Flags().StringVar(&req.ToPerson, "to", "", "opaque id of who takes it over (required)")
	cmd.Flags().StringVar(&req.FromPerson, "from", "", "opaque id of who had it")
	cmd.Flags().StringVar(&req.Note, "note", "", "what the other has to know; every agency reads it")
	require(cmd, "to")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.Role = args[0]
		return c.Directory.HandOver(ctx, req)
	})
}

func newDutiesCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "duties",
		Short: "List what is open at this agency",
		Args:  takes(),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		res, err := c.Directory.Duties(ctx, &directoryv1.DutiesRequest{})
		if err != nil {
			return doing("duties of agency "+c.Context.Agency, "", err)
		}
		doc := output.Document{Value: res, Items: []any{}, ItemType: &directoryv1.Duty{}}
		grid := output.Grid{Heads: []string{"what", "subject", "since", "due", "state"}}
		for _, d := range res.Duties {
			doc.Items = append(doc.Items, d)
			state := ""
			if d.Due != nil && env.Now().After(d.Due.AsTime()) {
				state = "OVERDUE"
			}
			if d.Indicator != "" {
				state = strings.TrimSpace(state + " " + d.Indicator)
			}
			grid.Add(d.What, d.Subject, date(d.Since), date(d.Due), state)
		}
		section := output.Section{Grid: grid}
		if len(res.Duties) == 0 {
			section = output.Section{Text: "nothing is open"}
		}
		doc.Sections = []output.Section{section}
		return env.Print(doc)
	})
	return cmd
}
