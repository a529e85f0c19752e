package main

import (
	"context"

	"github.com/spf13/cobra"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

func newDenialCommand(env *Env) *cobra.Command {
	return family("denial", "Tell others of denials, consult those who denied, and ask blindly",
		newNotifyCommand(env), newRevokeDenialCommand(env), newDenialCheckCommand(env), newJudgeUndercutCommand(env), newConsultDenialCommand(env),
		newReplyCommand(env), newFiguresCommand(env))
}

func newNotifyCommand(env *Env) *cobra.Command {
	req := &licensingv1.NotifyDenialRequest{}
	cmd := &cobra.Command{
		Use:   "notify DENIAL",
		Short: "Tell others of an own denial: where what was to go, to whom, and by which criteria it was denied",
		Args:  takes("DENIAL"),
	}
	cmd.Flags().BoolVar(&req.WithReason, "with-reason", false, "tell the text of the reason too")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DenialId = args[0]
		return c.Denial.NotifyDenial(ctx, req)
	})
}

func newRevokeDenialCommand(env *Env) *cobra.Command {
	req := &licensingv1.RevokeDenialRequest{}
	cmd := &cobra.Command{
		Use:   "revoke DENIAL|NOTICE",
		Short: "End that an own denial, or one that was received in a file, is held against anybody",
		Args:  takes("DENIAL"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DenialId = args[0]
		return c.Denial.RevokeDenial(ctx, req)
	})
}

// eitherWay gives a command the two flags that say whether a deal is the one that was denied, and returns how they were given.
func eitherWay(cmd *cobra.Command) func() bool {
	identical := cmd.Flags().Bool("identical", false, "it is essentially the deal that was denied")
	cmd.Flags().Bool("another", false, "it is another deal")
	cmd.MarkFlagsOneRequired("identical", "another")
	cmd.MarkFlagsMutuallyExclusive("identical", "another")
	return func() bool { return *identical }
}

func newJudgeUndercutCommand(env *Env) *cobra.Command {
	req := &licensingv1.JudgeUndercutRequest{}
	cmd := &cobra.Command{
		Use:   "judge UNDERCUT --identical|--another",
		Short: "Say whether an application is essentially identical to what another authority denied",
		Args:  takes("UNDERCUT"),
	}
	identical := eitherWay(cmd)
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.UndercutId, req.Identical = args[0], identical()
		return c.Denial.JudgeUndercut(ctx, req)
	})
}

func newConsultDenialCommand(env *Env) *cobra.Command {
	req := &licensingv1.ConsultDenialRequest{}
	cmd := &cobra.Command{
		Use:   "consult UNDERCUT",
		Short: "Ask the authority that denied, before granting",
		Args:  takes("UNDERCUT"),
	}
	cmd.Flags().StringVar(&req.Question, "question", "", "what it is asked")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.UndercutId = args[0]
		return c.Denial.ConsultDenial(ctx, req)
	})
}

// newReplyCommand is for both sides: with a paper who asked puts the reply on record that came on it, without one who denied
// replies itself. The idempotency key and the other particulars are the request's that is sent.
func newReplyCommand(env *Env) *cobra.Command {
	req := &licensingv1.RecordReplyRequest{}
	cmd := &cobra.Command{
		Use:   "reply UNDERCUT --identical|--another",
		Short: "Reply to who asks about an own denial; with --paper, put a reply on record that came on paper",
		Args:  takes("UNDERCUT"),
	}
	identical := eitherWay(cmd)
	cmd.Flags().StringVar(&req.Text, "text", "", "the reply (required)")
	cmd.Flags().StringVar(&req.Paper, "paper", "", "name of the paper that it came on")
	require(cmd, "text")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.UndercutId, req.Identical = args[0], identical()
		if req.Paper != "" {
			return c.Denial.RecordReply(ctx, req)
		}
		return c.Denial.ReplyToConsultation(ctx, &licensingv1.ReplyToConsultationRequest{
			Particulars: req.Particulars, UndercutId: req.UndercutId, Identical: req.Identical, Text: req.Text,
		})
	})
}
