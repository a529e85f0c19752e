package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newConsequencesCommand(env *Env) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:         "consequences [ALERT]",
		Short:       "List what alerts may lead to at this agency and nobody has answered, or what one alert led to",
		Args:        cobra.MaximumNArgs(1),
		Annotations: readsOnly,
	}
	cmd.Flags().BoolVar(&all, "all", false, "also what was taken or declined")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		attribute, value := "open", "true"
		if len(args) == 1 {
			attribute, value = "alert", args[0]
		}
		values := []string{value}
		if all && len(args) == 0 {
			values = []string{"true", "false"}
		}
		res := &queryv1.ListResponse{}
		for _, value := range values {
			rows, err := everyRow(ctx, c, queryv1.Table_TABLE_CONSEQUENCES, attribute, value)
			if err != nil {
				return doing("alert consequences", "", err)
			}
			for _, row := range rows {
				offer := row.GetConsequenceOffer()
				if len(args) == 1 && !all && offer.GetAnswered() != nil || len(args) == 0 && !strings.HasPrefix(offer.GetId(), c.Context.Agency+"/") {
					continue
				}
				res.Rows = append(res.Rows, row)
			}
		}
		return env.Print(consequencesDocument(env.Format, res))
	})
	return cmd
}

// consequencesDocument is the list of offers, with the reason of each for people.
func consequencesDocument(format output.Format, res *queryv1.ListResponse) output.Document {
	doc := listDocument(format, queryv1.Table_TABLE_CONSEQUENCES, res)
	doc.Sections[0].Grid.Heads = append(doc.Sections[0].Grid.Heads, "reason")
	for i, row := range res.Rows {
		doc.Sections[0].Grid.Rows[i] = append(doc.Sections[0].Grid.Rows[i], row.GetConsequenceOffer().GetOffered().GetReason())
	}
	if len(res.Rows) > 0 {
		doc.Sections[0].Text = "counterfoil alert take OFFER, or counterfoil alert decline OFFER --reason REASON"
	}
	return doc
}

func newTakeCommand(env *Env) *cobra.Command {
	req := &enforcementv1.AnswerConsequenceRequest{Taken: true}
	cmd := &cobra.Command{
		Use:   "take OFFER",
		Short: "Take what an alert may lead to: the reassessment is opened, the goods are held, the licence is screened",
		Args:  takes("OFFER"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.OfferId = args[0]
		return c.Incident.AnswerConsequence(ctx, req)
	})
}

func newDeclineCommand(env *Env) *cobra.Command {
	req := &enforcementv1.AnswerConsequenceRequest{}
	cmd := &cobra.Command{
		Use:   "decline OFFER",
		Short: "Decline what an alert may lead to",
		Args:  takes("OFFER"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why not (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.OfferId = args[0]
		return c.Incident.AnswerConsequence(ctx, req)
	})
}
