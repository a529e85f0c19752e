package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newCheckCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check LICENCE|DECLARATION",
		Short: "Say whether goods may go on: go, hold or stop, and why",
		Long: "Says whether the goods of a declaration, or goods under a licence, may go on now. A licence may be named by its number as a\n" +
			"paper has it. Ends with exit code 3 when they are to be held or stopped.",
		Args:        takes("LICENCE|DECLARATION"),
		Annotations: readsOnly,
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		res, err := c.Customs.CheckDeclaration(ctx, &customsv1.CheckDeclarationRequest{Id: args[0]})
		if err != nil {
			return doing("declare check "+args[0], "counterfoil list declarations", err)
		}
		doc := output.Document{Value: res, ItemType: res, Sections: checked(res)}
		if err := env.Print(doc); err != nil || res.Advice == customsv1.Advice_ADVICE_GO {
			return err
		}
		next := "counterfoil explain " + quote(orElse(orElse(res.DeclarationId, res.LicenceId), args[0]))
		return problems("declare check "+args[0], enum(res.Advice)+": "+res.Reasons[0], next)
	})
	return cmd
}

// checked shows what was found in the way of goods.
func checked(res *customsv1.CheckDeclarationResponse) []output.Section {
	text := strings.ToUpper(enum(res.Advice))
	if res.DeclarationId != "" {
		text += ", declaration " + res.DeclarationId
	}
	if res.LicenceId != "" {
		text += ", licence " + res.LicenceId
	}
	for _, reason := range res.Reasons {
		text += "\n- " + reason
	}
	if f := res.Freshness; f != nil {
		text += fmt.Sprintf("\nthe licence's copy is of %s, %s old", date(f.AsOf), age(float64(f.AgeSeconds)))
	}
	sections := []output.Section{{Text: text}}
	if len(res.Lines) > 0 {
		grid := output.Grid{Heads: []string{"line", "authorized", "left", "left here", "value authorized", "value left", "value left here"}}
		for _, l := range res.Lines {
			grid.Add(number(uint64(l.LicenceLine)), orElse(quantity(l.Authorized), "no limit"), quantity(l.Left), quantity(l.LeftHere),
				orElse(money(l.AuthorizedValue), "no limit"), money(l.LeftValue), money(l.LeftHereValue))
		}
		sections = append(sections, output.Section{Title: "what the licence leaves", Grid: grid})
	}
	sections = append(sections, openDiscrepancies(res.Open)...)
	if len(res.Suggestions) > 0 {
		grid := output.Grid{Heads: []string{"item", "licence", "line", "because"}}
		for _, s := range res.Suggestions {
			grid.Add(number(uint64(s.Item)), s.LicenceId, number(uint64(s.LicenceLine)), strings.Join(s.Reasons, ", "))
		}
		sections = append(sections, output.Section{Title: "what may be meant", Grid: grid})
	}
	return sections
}

func newNoteCommand(env *Env) *cobra.Command {
	req := &customsv1.NoteDiscrepancyRequest{}
	cmd := &cobra.Command{
		Use:   "note DECLARATION",
		Short: "Put a discrepancy on record that an officer found; goods that are here are held for a grave one",
		Args:  takes("DECLARATION"),
	}
	cmd.Flags().StringVar(&req.Code, "code", "", "what it is, DX06 to DX24 (required)")
	cmd.Flags().StringVar(&req.Text, "text", "", "what was found, in a sentence (required)")
	cmd.Flags().Uint32Var(&req.Item, "item", 0, "number of the item (default: the declaration as a whole)")
	cmd.Flags().StringVar(&req.Expected, "expected", "", "what was expected")
	cmd.Flags().StringVar(&req.Found, "found", "", "what there is instead")
	require(cmd, "code", "text")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DeclarationId = args[0]
		return c.Customs.NoteDiscrepancy(ctx, req)
	})
}

func newOverrideCommand(env *Env) *cobra.Command {
	req := &customsv1.OverrideDiscrepancyRequest{}
	cmd := &cobra.Command{
		Use:   "override DISCREPANCY",
		Short: "Let the goods go on in spite of a discrepancy",
		Args:  takes("DISCREPANCY"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DiscrepancyId = args[0]
		return c.Customs.OverrideDiscrepancy(ctx, req)
	})
}

func newSettleCommand(env *Env) *cobra.Command {
	req := &customsv1.SettleDiscrepancyRequest{}
	cmd := &cobra.Command{
		Use:   "settle DISCREPANCY",
		Short: "Say what a discrepancy turned out to be",
		Args:  takes("DISCREPANCY"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "what was found (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DiscrepancyId = args[0]
		return c.Customs.SettleDiscrepancy(ctx, req)
	})
}
