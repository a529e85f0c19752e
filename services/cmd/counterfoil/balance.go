package main

import (
	"context"

	"github.com/spf13/cobra"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newBalanceCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "balance LICENCE",
		Short: "Say what a licence still allows, line by line",
		Args:  takes("LICENCE"),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		res, err := c.Customs.Balance(ctx, &customsv1.BalanceRequest{LicenceId: args[0]})
		if err != nil {
			return doing("balance of licence "+args[0], "counterfoil list licences", err)
		}
		doc := output.Document{Value: res, Items: []any{}, ItemType: &customsv1.LineBalance{}}
		grid := output.Grid{Heads: []string{"line", "authorized", "reserved", "used", "value authorized", "value reserved", "value used"}}
		for _, line := range res.Lines {
			doc.Items = append(doc.Items, line)
			grid.Add(count(int(line.LicenceLine)), orElse(quantity(line.Authorized), "no limit"), quantity(line.Reserved), quantity(line.Used),
				orElse(money(line.AuthorizedValue), "no limit"), money(line.ReservedValue), money(line.UsedValue))
		}
		doc.Sections = []output.Section{{Grid: grid}}
		return env.Print(doc)
	})
	return cmd
}
