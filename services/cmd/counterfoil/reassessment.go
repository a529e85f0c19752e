package main

import (
	"context"

	"github.com/spf13/cobra"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

func newReassessmentCommand(env *Env) *cobra.Command {
	return family("reassessment", "Conclude reassessments of licences", newConcludeCommand(env))
}

func newConcludeCommand(env *Env) *cobra.Command {
	req := &licensingv1.ConcludeReassessmentRequest{}
	var outcome string
	cmd := &cobra.Command{
		Use:   "conclude REASSESSMENT",
		Short: "Close a reassessment with what it came to",
		Args:  takes("REASSESSMENT"),
	}
	cmd.Flags().StringVar(&outcome, "outcome", "", "maintained, amended, suspended or revoked (required)")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "outcome", "reason")
	complete(cmd, "outcome", "maintained", "amended", "suspended", "revoked")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ReassessmentId = args[0]
		value, err := parseEnum("outcome", outcome, licensingv1.Outcome_OUTCOME_UNSPECIFIED)
		if err != nil {
			return nil, err
		}
		req.Outcome = licensingv1.Outcome(value)
		return c.Licensing.ConcludeReassessment(ctx, req)
	})
}
