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
		Short: "Say what a licence still allows, line by line, at the customs that counts it",
		Args:  takes("LICENCE"),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		res, err := c.Customs.Balance(ctx, &customsv1.BalanceRequest{LicenceId: args[0]})
		if err != nil {
			return doing("balance of licence "+args[0], "counterfoil list licences", err)
		}
		doc := output.Document{Value: res, Items: []any{}, ItemType: &customsv1.LineBalance{}}
		lines := output.Grid{Heads: []string{"line", "authorized", "tolerance", "reserved", "used", "lent", "left", "left here",
			"value authorized", "value tolerance", "value reserved", "value used", "value lent", "value left", "value left here", "overdrawn"}}
		agencies := output.Grid{Heads: []string{"line", "agency", "reserved", "used", "lent", "value reserved", "value used", "value lent"}}
		for _, l := range res.Lines {
			doc.Items = append(doc.Items, l)
			lines.Add(count(int(l.LicenceLine)), orElse(quantity(l.Authorized), "no limit"), quantity(l.Tolerance), quantity(l.Reserved), quantity(l.Used), quantity(l.Lent),
				quantity(l.Left), quantity(l.LeftHere), orElse(money(l.AuthorizedValue), "no limit"), money(l.ToleranceValue), money(l.ReservedValue), money(l.UsedValue),
				money(l.LentValue), money(l.LeftValue), money(l.LeftHereValue), overdrawn(l))
			for _, a := range l.Agencies {
				agencies.Add(count(int(l.LicenceLine)), a.Agency, quantity(a.Reserved), quantity(a.Used), quantity(a.Lent), money(a.ReservedValue), money(a.UsedValue), money(a.LentValue))
			}
		}
		doc.Sections = []output.Section{{Grid: lines}}
		if len(agencies.Rows) > 0 {
			doc.Sections = append(doc.Sections, output.Section{Title: "by agency", Grid: agencies})
		}
		if res.Counter != "" {
			doc.Sections = append(doc.Sections, output.Section{Text: "counted by " + res.Counter})
		}
		return env.Print(doc)
	})
	return cmd
}

func overdrawn(l *customsv1.LineBalance) string {
	if l.Overdrawn {
		return "yes: nothing more is accepted"
	}
	return ""
}
