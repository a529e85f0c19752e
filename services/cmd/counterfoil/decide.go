package main

import (
	"context"

	"github.com/spf13/cobra"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
)

// decision is what `licence decide` was asked for.
type decision struct {
	grant, deny, sign, drop bool
	from, until             string
	req                     licensingv1.GrantLicenceRequest
	criteria                []string
}

func newDecideCommand(env *Env) *cobra.Command {
	d := &decision{}
	cmd := &cobra.Command{
		Use:   "decide APPLICATION --grant | --deny,  decide PROPOSAL --sign | --drop",
		Short: "Grant or deny an application, or sign what another person proposed",
		Long: "Grants or denies an application. Where the policy asks for several signatures this proposes, and other persons sign the " +
			"proposal; the last signature decides. A grant says everything that is still in its way.",
		Args: takes("APPLICATION or PROPOSAL"),
	}
	flags := cmd.Flags()
	flags.BoolVar(&d.grant, "grant", false, "decide in its favour")
	flags.BoolVar(&d.deny, "deny", false, "refuse it")
	flags.BoolVar(&d.sign, "sign", false, "sign a proposal; the same person never signs twice")
	flags.BoolVar(&d.drop, "drop", false, "take a proposal back")
	flags.StringVar(&d.from, "valid-from", "", "with --grant, first moment of its use (default: the moment of the decision)")
	flags.StringVar(&d.until, "valid-until", "", "with --grant, end of its use (default: none)")
	flags.StringArrayVar(&d.req.Conditions, "condition", nil, "with --grant, what the holder must do, beside what consulted agencies ask for; may be given more than once")
	flags.StringVar(&d.req.AgainstAdvice, "against-advice", "", "with --grant, why it goes against the advice of a consulted agency")
	flags.StringVar(&d.req.Emergency, "emergency", "", "with --grant, why the policy's emergency variant is used")
	flags.StringSliceVar(&d.criteria, "criterion", nil, "with --deny, code of a criterion, such as 7; may be given more than once")
	flags.StringVar(&d.req.Reason, "reason", "", "why; required with --deny and --drop")
	cmd.MarkFlagsOneRequired("grant", "deny", "sign", "drop")
	cmd.MarkFlagsMutuallyExclusive("grant", "deny", "sign", "drop")
	return recording(env, cmd, &d.req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		return d.send(ctx, c.Licensing, args[0])
	})
}

func (d *decision) send(ctx context.Context, to licensingv1connect.LicensingServiceClient, id string) (_ recorded, err error) {
	p := d.req.Particulars
	switch {
	case d.deny && len(d.criteria) == 0:
		return nil, usage("--deny needs the criteria that stand against it: --criterion")
	case (d.deny || d.drop) && d.req.Reason == "":
		return nil, usage("say why: --reason")
	case d.deny:
		return to.DenyLicence(ctx, &licensingv1.DenyLicenceRequest{Particulars: p, ApplicationId: id, Criteria: d.criteria, Reason: d.req.Reason})
	case d.sign:
		return to.SignDecision(ctx, &licensingv1.SignDecisionRequest{Particulars: p, ProposalId: id})
	case d.drop:
		return to.DropProposal(ctx, &licensingv1.DropProposalRequest{Particulars: p, ProposalId: id, Reason: d.req.Reason})
	}
	d.req.ApplicationId = id
	if d.req.ValidFrom, err = parseTime("valid-from", d.from); err != nil {
		return nil, err
	}
	if d.req.ValidUntil, err = parseTime("valid-until", d.until); err != nil {
		return nil, err
	}
	return to.GrantLicence(ctx, &d.req)
}

func newConflictCommand(env *Env) *cobra.Command {
	req := &licensingv1.DeclareConflictRequest{}
	cmd := &cobra.Command{
		Use:   "conflict APPLICATION",
		Short: "Declare a conflict of interest: you sign nothing in this case",
		Args:  takes("APPLICATION"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "what it is (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ApplicationId = args[0]
		return c.Licensing.DeclareConflict(ctx, req)
	})
}

func newAppealCommand(env *Env) *cobra.Command {
	return family("appeal", "Contest decisions, and decide appeals", newLodgeCommand(env), newHearCommand(env))
}

func newLodgeCommand(env *Env) *cobra.Command {
	req := &licensingv1.LodgeAppealRequest{}
	cmd := &cobra.Command{
		Use:   "lodge DECISION",
		Short: "Put an appeal on record, against a denial, or a licence that was suspended or revoked",
		Args:  takes("DECISION"),
	}
	cmd.Flags().StringVar(&req.Grounds, "grounds", "", "on what grounds (required)")
	require(cmd, "grounds")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DecisionId = args[0]
		return c.Licensing.LodgeAppeal(ctx, req)
	})
}

func newHearCommand(env *Env) *cobra.Command {
	req := &licensingv1.DecideAppealRequest{}
	var outcome string
	cmd := &cobra.Command{
		Use:   "decide APPEAL",
		Short: "Decide an appeal; who signed the decision does not",
		Args:  takes("APPEAL"),
	}
	cmd.Flags().StringVar(&outcome, "outcome", "", "upheld, overturned or withdrawn (required)")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "outcome", "reason")
	complete(cmd, "outcome", "upheld", "overturned", "withdrawn")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		value, err := parseEnum("outcome", outcome, licensingv1.AppealOutcome_APPEAL_OUTCOME_UNSPECIFIED)
		if err != nil {
			return nil, err
		}
		req.AppealId, req.Outcome = args[0], licensingv1.AppealOutcome(value)
		return c.Licensing.DecideAppeal(ctx, req)
	})
}

func newMeetCommand(env *Env) *cobra.Command {
	req := &licensingv1.MeetObligationRequest{}
	cmd := &cobra.Command{
		Use:   "meet OBLIGATION",
		Short: "Say that what a decision obliges to was done",
		Args:  takes("OBLIGATION"),
	}
	cmd.Flags().StringVar(&req.How, "how", "", "how it was met (required)")
	require(cmd, "how")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ObligationId = args[0]
		return c.Licensing.MeetObligation(ctx, req)
	})
}
