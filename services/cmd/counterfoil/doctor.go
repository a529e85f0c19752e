package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/libs/node"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
	"github.com/counterfoil/counterfoil/services/lab"
)

func newDoctorCommand(env *Env) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "doctor [AGENCY --dir DIR]",
		Short: "Run the node's checks and say what to do about what they find",
		Long: "Runs the numbered checks of the node that the context names; or, with --dir, of an agency's node that does not run,\n" +
			"which is started for as long as they take.",
		Args: cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder below which the folder of an agency is whose node does not run")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case dir == "" && len(args) > 0:
			return usage("say with --dir where the folder of %s is, or use its context: counterfoil --context %s doctor", args[0], args[0])
		case dir == "":
			return env.online(env.examine)(cmd, nil)
		case len(args) == 0:
			return usage("say whose node: counterfoil doctor AGENCY --dir %s", dir)
		}
		folder := lab.Folder(dir)
		return withNode(cmd.Context(), folder, args[0], lab.Options{Version: version()}, func(ctx context.Context, _ *node.Node) error {
			contexts := config.Contexts{Home: dir}
			to, err := contexts.Load(args[0])
			if err != nil {
				return err
			}
			clients, err := env.connectTo(contexts, to)
			if err != nil {
				return err
			}
			return env.examine(ctx, clients, nil)
		})
	}
	return cmd
}

// examine runs the checks of a node and prints what they find.
func (env *Env) examine(ctx context.Context, c *Clients, _ []string) error {
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
}
