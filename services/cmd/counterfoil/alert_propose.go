package main

import (
	"context"

	"github.com/spf13/cobra"

	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newProposeCommand(env *Env) *cobra.Command {
	req := &enforcementv1.ProposeCorrectionRequest{}
	cmd := &cobra.Command{
		Use:     "propose RECORD",
		Short:   "Say what should stand in another agency's record, for its owner to accept or decline",
		Example: "counterfoil alert propose customs/26XA0001 --field 'accepted.parties[0].name' \\\n  --value 'Harbour Trading XB' --reason 'so the register has it'",
		Args:    takes("RECORD"),
	}
	cmd.Flags().StringVar(&req.Field, "field", "", `path in the row as "get -o json" shows it, such as "deal.parties[2].name"; the first of a list is 0 (required)`)
	cmd.Flags().StringVar(&req.Value, "value", "", "what should stand there; nothing: it should be empty")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "field", "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.RecordId = args[0]
		return c.Incident.ProposeCorrection(ctx, req)
	})
}

func newAnswerProposalCommand(env *Env) *cobra.Command {
	req := &enforcementv1.AnswerCorrectionRequest{}
	var declined bool
	cmd := &cobra.Command{
		Use:   "answer-proposal CORRECTION",
		Short: "Accept or decline a correction that another agency proposes of a record of this one",
		Args:  takes("CORRECTION"),
	}
	cmd.Flags().BoolVar(&req.Accepted, "accept", false, "it is right; the record is then corrected by its own command")
	cmd.Flags().BoolVar(&declined, "decline", false, "it is not")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required with --decline)")
	cmd.MarkFlagsOneRequired("accept", "decline")
	cmd.MarkFlagsMutuallyExclusive("accept", "decline")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.CorrectionId = args[0]
		return c.Incident.AnswerCorrection(ctx, req)
	}, nextStep)
}

// nextStep shows what is still to be done after a correction was accepted.
func nextStep(res recorded) []output.Section {
	answered, _ := res.(*enforcementv1.AnswerCorrectionResponse)
	if answered.GetNext() == "" {
		return nil
	}
	return []output.Section{{Title: "next", Text: answered.GetNext()}}
}
