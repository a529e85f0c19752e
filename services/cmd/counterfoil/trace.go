package main

import (
	"context"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

// newTraceCommand answers who had an item, and holds the commands that record a trace.
func newTraceCommand(env *Env) *cobra.Command {
	cmd := newCustodyCommand(env)
	cmd.AddCommand(newOpenTraceCommand(env), newSendTraceCommand(env), newAcknowledgeTraceCommand(env), newTraceInformationCommand(env),
		newAnswerTraceCommand(env), newRefuseTraceCommand(env), newDelayTraceCommand(env), newWithdrawTraceCommand(env), newReplyTraceCommand(env))
	return cmd
}

func newOpenTraceCommand(env *Env) *cobra.Command {
	req := &enforcementv1.OpenTraceRequest{}
	cmd := &cobra.Command{
		Use: "open -f FILE", Aliases: []string{"request"},
		Short:   "Record an item that was recovered, or another authority's request to trace one",
		Example: "counterfoil trace open -f deploy/example/cases/trace.yaml",
		Args:    takes(),
	}
	fromFile(cmd, "the request")
	require(cmd, "file")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, _ []string) (recorded, error) {
		return c.Tracing.OpenTrace(ctx, req)
	})
}

func newSendTraceCommand(env *Env) *cobra.Command {
	req := &enforcementv1.SendTraceRequest{}
	cmd := &cobra.Command{
		Use:   "send TRACE --to AUTHORITY",
		Short: "Record that an authority elsewhere was asked",
		Args:  takes("TRACE"),
	}
	cmd.Flags().StringVar(&req.To, "to", "", "authority that is asked (required)")
	require(cmd, "to")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.TraceId = args[0]
		return c.Tracing.SendTrace(ctx, req)
	})
}

const byUsage = "authority that was asked, when it is not this agency"

func newAcknowledgeTraceCommand(env *Env) *cobra.Command {
	req := &enforcementv1.AcknowledgeTraceRequest{}
	cmd := &cobra.Command{
		Use:   "ack TRACE",
		Short: "Record that this agency, or the authority that was asked, took a trace up",
		Args:  takes("TRACE"),
	}
	cmd.Flags().StringVar(&req.By, "by", "", byUsage)
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.TraceId = args[0]
		return c.Tracing.AcknowledgeTrace(ctx, req)
	})
}

func newTraceInformationCommand(env *Env) *cobra.Command {
	req := &enforcementv1.RequestTraceInformationRequest{}
	cmd := &cobra.Command{
		Use:   "info TRACE",
		Short: "Record what else has to be known to trace an item",
		Args:  takes("TRACE"),
	}
	cmd.Flags().StringVar(&req.By, "by", "", byUsage)
	cmd.Flags().StringVar(&req.Text, "text", "", "what has to be known (required)")
	require(cmd, "text")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.TraceId = args[0]
		return c.Tracing.RequestTraceInformation(ctx, req)
	})
}

func newAnswerTraceCommand(env *Env) *cobra.Command {
	req, said := &enforcementv1.AnswerTraceRequest{}, &enforcementv1.AnswerTraceRequest{}
	cmd := &cobra.Command{
		Use:   "answer TRACE",
		Short: "Record who had an item, in part or for good; the chain comes from the records or from a file",
		Example: "counterfoil trace answer enforcement/T-2026-000001 --from-records --final\n" +
			"counterfoil trace answer enforcement/T-2026-000001 --end not_found --final",
		Args: takes("TRACE"),
	}
	fromFile(cmd, "the answer with its chain")
	cmd.Flags().StringVar(&said.By, "by", "", byUsage)
	cmd.Flags().BoolVar(&said.Final, "final", false, "it is the last answer, and ends the trace")
	cmd.Flags().BoolVar(&said.FromRecords, "from-records", false, "take the chain and who had it lawfully last from what is on record here")
	cmd.Flags().StringVar(&said.LastLawfulHolder, "last-holder", "", "who had it lawfully last")
	cmd.Flags().StringVar(&said.End, "end", "", "why the chain ends: records_destroyed, not_found, foreign_state or confidential")
	cmd.Flags().StringVar(&said.Text, "text", "", "what else there is to say")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		said.TraceId = args[0]
		proto.Merge(req, said)
		return c.Tracing.AnswerTrace(ctx, req)
	})
}

const refusalUsage = "ongoing_investigation, confidentiality_law, no_assurance or national_security"

func newRefuseTraceCommand(env *Env) *cobra.Command {
	req := &enforcementv1.RefuseTraceRequest{}
	cmd := &cobra.Command{
		Use:   "refuse TRACE",
		Short: "Record that a trace is not answered, and what the requester is told",
		Args:  takes("TRACE"),
	}
	cmd.Flags().StringVar(&req.By, "by", "", byUsage)
	cmd.Flags().StringVar(&req.Reason, "reason", "", refusalUsage+" (required)")
	cmd.Flags().StringVar(&req.Text, "text", "", "what the requester is told (required)")
	require(cmd, "reason", "text")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.TraceId = args[0]
		return c.Tracing.RefuseTrace(ctx, req)
	})
}

func newDelayTraceCommand(env *Env) *cobra.Command {
	req := &enforcementv1.DelayTraceRequest{}
	var until string
	cmd := &cobra.Command{
		Use:   "delay TRACE",
		Short: "Record that the answer comes later, why, and when",
		Args:  takes("TRACE"),
	}
	cmd.Flags().StringVar(&req.By, "by", "", byUsage)
	cmd.Flags().StringVar(&req.Reason, "reason", "", refusalUsage+" (required)")
	cmd.Flags().StringVar(&req.Text, "text", "", "what the requester is told (required)")
	cmd.Flags().StringVar(&until, "until", "", "when it is answered, as 2026-12-31 or with a time (required)")
	require(cmd, "reason", "text", "until")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		req.TraceId = args[0]
		if req.Until, err = parseTime("until", until); err != nil {
			return nil, err
		}
		return c.Tracing.DelayTrace(ctx, req)
	})
}

func newWithdrawTraceCommand(env *Env) *cobra.Command {
	req := &enforcementv1.WithdrawTraceRequest{}
	cmd := &cobra.Command{
		Use:   "withdraw TRACE",
		Short: "Record that nobody needs the answer any more",
		Args:  takes("TRACE"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.TraceId = args[0]
		return c.Tracing.WithdrawTrace(ctx, req)
	})
}

func newReplyTraceCommand(env *Env) *cobra.Command {
	req, said := &enforcementv1.ReplyToTraceRequest{}, &enforcementv1.ReplyToTraceRequest{}
	cmd := &cobra.Command{
		Use:   "reply TRACE",
		Short: "Record, in this agency's own journal, what its records say of an item that another agency traces",
		Args:  takes("TRACE"),
	}
	fromFile(cmd, "the reply with its chain")
	cmd.Flags().BoolVar(&said.FromRecords, "from-records", false, "take the chain from this agency's own records")
	cmd.Flags().StringVar(&said.Text, "text", "", "what else the records say, or why they are not opened")
	cmd.Flags().StringVar(&said.Refused, "refuse", "", "why it is not answered: "+refusalUsage)
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		said.TraceId = args[0]
		proto.Merge(req, said)
		return c.TraceReply.ReplyToTrace(ctx, req)
	})
}
