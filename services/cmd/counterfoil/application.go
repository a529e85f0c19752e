package main

import (
	"context"

	"github.com/spf13/cobra"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

func newApplicationCommand(env *Env) *cobra.Command {
	return family("application", "State applications anew, or end them without a decision",
		newAmendApplicationCommand(env), newWithdrawApplicationCommand(env), newReturnApplicationCommand(env))
}

func newAmendApplicationCommand(env *Env) *cobra.Command {
	req := &licensingv1.AmendApplicationRequest{}
	var reason string
	cmd := &cobra.Command{
		Use:   "amend APPLICATION -f FILE",
		Short: "State the deal of an application anew, before it is decided",
		Args:  takes("APPLICATION"),
	}
	fromFile(cmd, "the deal as it shall stand")
	cmd.Flags().StringVar(&reason, "reason", "", "why it is changed")
	require(cmd, "file")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ApplicationId, req.Reason = args[0], orElse(reason, req.Reason)
		return c.Licensing.AmendApplication(ctx, req)
	})
}

func newWithdrawApplicationCommand(env *Env) *cobra.Command {
	req := &licensingv1.WithdrawApplicationRequest{}
	cmd := &cobra.Command{
		Use:   "withdraw APPLICATION",
		Short: "End an application because the applicant says so",
		Args:  takes("APPLICATION"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "what the applicant says (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ApplicationId = args[0]
		return c.Licensing.WithdrawApplication(ctx, req)
	})
}

func newReturnApplicationCommand(env *Env) *cobra.Command {
	req := &licensingv1.ReturnApplicationRequest{}
	cmd := &cobra.Command{
		Use:   "return APPLICATION",
		Short: "Send an incomplete application back",
		Args:  takes("APPLICATION"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "what is missing (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ApplicationId = args[0]
		return c.Licensing.ReturnApplication(ctx, req)
	})
}
