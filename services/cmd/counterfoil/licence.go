package main

import (
	"context"

	"github.com/spf13/cobra"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

func newLicenceCommand(env *Env) *cobra.Command {
	return family("licence", "Apply for licences, decide on them and change them",
		newApplyCommand(env), newApplicationCommand(env), newClassifyCommand(env), newFileCommand(env), newVerifyDocumentCommand(env),
		newAssessCommand(env), newDecideCommand(env), newConflictCommand(env), newAppealCommand(env), newAmendCommand(env),
		newSuspendCommand(env), newReinstateCommand(env), newRevokeCommand(env))
}

func newApplyCommand(env *Env) *cobra.Command {
	req := &licensingv1.SubmitApplicationRequest{}
	cmd := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Put an application on record",
		Args:  takes(),
	}
	fromFile(cmd, "the application")
	require(cmd, "file")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, _ []string) (recorded, error) {
		return c.Licensing.SubmitApplication(ctx, req)
	})
}

func newAmendCommand(env *Env) *cobra.Command {
	req := &licensingv1.AmendLicenceRequest{}
	var until, reason string
	cmd := &cobra.Command{
		Use:   "amend LICENCE",
		Short: "Change the lines, the parties, the conditions or the validity of a licence",
		Args:  takes("LICENCE"),
	}
	fromFile(cmd, "the lines or parties as they shall stand")
	cmd.Flags().StringVar(&until, "valid-until", "", "new end of its use")
	cmd.Flags().BoolVar(&req.Conditions, "conditions", false, "take over the conditions of consulted agencies as they stand now: new, changed and let go")
	cmd.Flags().StringVar(&reason, "reason", "", "why it is changed")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.LicenceId, req.Reason = args[0], orElse(reason, req.Reason)
		end, err := parseTime("valid-until", until)
		if err != nil {
			return nil, err
		}
		if end != nil {
			req.ValidUntil = end
		}
		return c.Licensing.AmendLicence(ctx, req)
	})
}

func newSuspendCommand(env *Env) *cobra.Command {
	req := &licensingv1.SuspendLicenceRequest{}
	cmd := &cobra.Command{
		Use:   "suspend LICENCE",
		Short: "Stop the use of a licence until it is reinstated",
		Args:  takes("LICENCE"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "what the officer at the border will read (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.LicenceId = args[0]
		return c.Licensing.SuspendLicence(ctx, req)
	})
}

func newReinstateCommand(env *Env) *cobra.Command {
	req := &licensingv1.ReinstateLicenceRequest{}
	cmd := &cobra.Command{
		Use:   "reinstate LICENCE",
		Short: "Let a suspended licence be used again",
		Args:  takes("LICENCE"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why it may be used again (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.LicenceId = args[0]
		return c.Licensing.ReinstateLicence(ctx, req)
	})
}

func newRevokeCommand(env *Env) *cobra.Command {
	req := &licensingv1.RevokeLicenceRequest{}
	cmd := &cobra.Command{
		Use:   "revoke LICENCE",
		Short: "End a licence for good",
		Args:  takes("LICENCE"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "what the officer at the border will read (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		if !req.Particulars.DryRun {
			if err := env.Confirm("Licence " + args[0] + " cannot be used again once it is revoked. Revoke it?"); err != nil {
				return nil, err
			}
		}
		req.LicenceId = args[0]
		return c.Licensing.RevokeLicence(ctx, req)
	})
}

// require makes flags required; it panics when the command has no such flag.
func require(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		if err := cmd.MarkFlagRequired(flag); err != nil {
			panic(err)
		}
	}
}
