package main

import (
	"context"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newGetCommand(env *Env) *cobra.Command {
	var then horizonFlags
	cmd := &cobra.Command{
		Use:   "get TABLE ID",
		Short: "Show one row with everything in it",
		Example: "counterfoil get licence licensing/L-000001\n" +
			"counterfoil get licence licensing/L-000001 --known-to customs --at 2026-03-01T12:00:00Z\n" +
			"counterfoil get event licensing/border/12 -o json",
		Args:              oneTable("ID"),
		ValidArgsFunction: completeTable,
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		table, err := parseTable(args[0])
		if err != nil {
			return err
		}
		req := &queryv1.GetRequest{Table: table, Id: args[1]}
		if req.Horizon, err = then.horizon(); err != nil {
			return err
		}
		res, err := c.Query.Get(ctx, req)
		if err != nil {
			return doing("get "+args[0]+" "+args[1], "counterfoil list "+args[0], err)
		}
		row := content(res.Row)
		if row == nil {
			row = rowType(table)
		}
		doc := output.Document{Value: res, Items: []any{item(env.Format, res.Row)}, ItemType: rowType(table)}
		fields, err := output.Pairs(row)
		if err != nil {
			return err
		}
		var conditions []output.Section
		if req.Horizon == nil { // of the past, explain shows them: it folds more than the row
			if conditions, err = env.conditionsOf(ctx, c, res.Row, nil); err != nil {
				return doing("list the conditions of "+args[1], "", err)
			}
		}
		doc.Sections = append([]output.Section{{Grid: fields}}, conditions...)
		env.adviseHorizon(req.Horizon)
		env.adviseBasis(res.Basis)
		return env.Print(doc)
	})
	then.add(cmd)
	return cmd
}
