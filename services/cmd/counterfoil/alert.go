package main

import (
	"context"

	"github.com/spf13/cobra"

	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

func newAlertCommand(env *Env) *cobra.Command {
	return family("alert", "Raise diversion alerts, answer them and bring them to an end",
		newRaiseCommand(env), newAcknowledgeCommand(env), newCorroborateCommand(env), newConfirmCommand(env),
		newRefuteCommand(env), newCloseCommand(env), newClassifyAlertCommand(env), newActCommand(env),
		newConsequencesCommand(env), newTakeCommand(env), newDeclineCommand(env), newShowAlertCommand(env),
		newProposeCommand(env), newAnswerProposalCommand(env))
}

func newRaiseCommand(env *Env) *cobra.Command {
	req := &enforcementv1.RaiseAlertRequest{}
	cmd := &cobra.Command{
		Use:     "raise -f FILE",
		Short:   "Record a suspicion of diversion and say who must answer it",
		Example: "counterfoil alert raise -f deploy/example/cases/alert.yaml",
		Args:    takes(),
	}
	fromFile(cmd, "the alert")
	require(cmd, "file")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, _ []string) (recorded, error) {
		return c.Enforcement.RaiseAlert(ctx, req)
	})
}

func newAcknowledgeCommand(env *Env) *cobra.Command {
	req := &enforcementv1.AcknowledgeAlertRequest{}
	cmd := &cobra.Command{
		Use: "acknowledge ALERT", Aliases: []string{"ack"},
		Short: "Record, in this agency's own journal, that it has taken an alert up",
		Args:  takes("ALERT"),
	}
	cmd.Flags().StringVar(&req.Note, "note", "", "what this agency does about it")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.AlertId = args[0]
		return c.AlertAnswer.AcknowledgeAlert(ctx, req)
	})
}

func newCorroborateCommand(env *Env) *cobra.Command {
	req := &enforcementv1.CorroborateAlertRequest{}
	cmd := &cobra.Command{
		Use:   "corroborate ALERT",
		Short: "Record evidence that supports an alert",
		Args:  takes("ALERT"),
	}
	cmd.Flags().StringVar(&req.Evidence, "evidence", "", "what supports it (required)")
	cmd.Flags().StringSliceVar(&req.Indicators, "indicator", nil, "red flag, RF01 to RF28; may be given more than once")
	require(cmd, "evidence")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.AlertId = args[0]
		return c.Enforcement.CorroborateAlert(ctx, req)
	})
}

func newConfirmCommand(env *Env) *cobra.Command {
	req := &enforcementv1.ConfirmAlertRequest{}
	cmd := &cobra.Command{
		Use:   "confirm ALERT",
		Short: "Say that the diversion happened",
		Args:  takes("ALERT"),
	}
	cmd.Flags().StringVar(&req.Evidence, "evidence", "", "what proves it (required)")
	require(cmd, "evidence")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.AlertId = args[0]
		return c.Enforcement.ConfirmAlert(ctx, req)
	})
}

func newRefuteCommand(env *Env) *cobra.Command {
	req := &enforcementv1.RefuteAlertRequest{}
	cmd := &cobra.Command{
		Use:   "refute ALERT",
		Short: "Say that the diversion did not happen",
		Args:  takes("ALERT"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "what speaks against it (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.AlertId = args[0]
		return c.Enforcement.RefuteAlert(ctx, req)
	})
}

func newCloseCommand(env *Env) *cobra.Command {
	req := &enforcementv1.CloseAlertRequest{}
	cmd := &cobra.Command{
		Use:   "close ALERT",
		Short: "End an alert that was confirmed or refuted",
		Args:  takes("ALERT"),
	}
	cmd.Flags().StringVar(&req.Outcome, "outcome", "", "what came of it (required)")
	cmd.Flags().StringVar(&req.Lessons, "lessons", "", "what was learned from it")
	cmd.Flags().BoolVar(&req.ForReport, "for-report", false, "it may be told of in a report on measures against diversion")
	require(cmd, "outcome")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.AlertId = args[0]
		return c.Enforcement.CloseAlert(ctx, req)
	})
}
