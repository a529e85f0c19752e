package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newReceiptsCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "receipts ID",
		Short: "Show who has a row, an event or a journal, who is behind, and who was not entitled",
		Long: "The ID is that of a row, of an event (its UUID, or agency/group/number), or of a journal (agency/group), of which\n" +
			"the last event is looked at. What is shown is what the agencies themselves have said and signed: an agency that has\n" +
			"something and has not said so yet is shown as behind. The exit code is 3 when somebody could not take it in.",
		Example: "counterfoil receipts customs/26XA000001\ncounterfoil receipts customs/border",
		Args:    takes("ID"),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		what := "receipts of " + args[0]
		res, err := c.Query.Receipts(ctx, &queryv1.ReceiptsRequest{Id: args[0]})
		if err != nil {
			return doing(what, "", err)
		}
		env.adviseBasis(res.Basis)
		if err := env.Print(receiptsDocument(res)); err != nil || res.Failed == 0 {
			return err
		}
		return problems(what, fmt.Sprintf("%d of the agencies could not take it in", res.Failed), "counterfoil status, at those agencies")
	})
	return cmd
}

func receiptsDocument(res *queryv1.ReceiptsResponse) output.Document {
	doc := output.Document{
		Value: res, Items: []any{}, ItemType: &queryv1.EventReceipts{},
		Flat: &output.Grid{Heads: []string{"journal", "number", "agency", "state", "reason", "block", "said_at", "behind_since"}},
	}
	for _, e := range res.Events {
		doc.Items = append(doc.Items, e)
		s := output.Section{
			Title: fmt.Sprintf("%s  event %d, block %d, written %s", e.Journal, e.Number, e.Block, date(e.WrittenAt)),
			Grid:  output.Grid{Heads: []string{"agency", "state", "why", "said block", "on", "behind since"}},
		}
		for _, h := range e.Holders {
			block := ""
			if h.SaidAt != nil {
				block = number(h.Block)
			}
			s.Grid.Add(h.Agency, enum(h.State), h.Reason, block, date(h.SaidAt), date(h.BehindSince))
			doc.Flat.Add(e.Journal, number(e.Number), h.Agency, enum(h.State), h.Reason, block, date(h.SaidAt), date(h.BehindSince))
		}
		doc.Sections = append(doc.Sections, s)
	}
	doc.Sections = append(doc.Sections, output.Section{Text: fmt.Sprintf(
		"arrived at %d, withheld from %d by rule, failed at %d; %d behind", res.Arrived, res.Withheld, res.Failed, res.Behind)})
	return doc
}
