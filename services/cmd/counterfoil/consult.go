package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

func newConsultCommand(env *Env) *cobra.Command {
	return family("consult", "Ask other agencies about an application, and answer them",
		newOpenConsultationCommand(env), newAnswerCommand(env), newStopClockCommand(env), newRestartClockCommand(env), newCloseConsultationCommand(env))
}

func newOpenConsultationCommand(env *Env) *cobra.Command {
	req := &licensingv1.OpenConsultationRequest{}
	var with []string
	cmd := &cobra.Command{
		Use:   "open APPLICATION",
		Short: "Ask those whom the policy names for their opinion, and others",
		Example: "counterfoil consult open licensing/A-2026-000001\n" +
			"counterfoil consult open licensing/A-2026-000001 --with health:guest --with 'customs:chosen:ATT 11' \\\n  --question 'Is the end use plausible?'",
		Args: takes("APPLICATION"),
	}
	cmd.Flags().StringArrayVar(&with, "with", nil, "agency asked beside those that the policy names, AGENCY[:PART[:ARTICLE]]; its part is chosen or guest; may be given more than once")
	cmd.Flags().StringVar(&req.Question, "question", "", "what they are asked")
	cmd.Flags().StringVar(&req.Emergency, "emergency", "", "why it is urgent: it then runs under the policy's emergency variant")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ApplicationId = args[0]
		for _, w := range with {
			req.With = append(req.With, parseAddressee(w))
		}
		return c.Consultation.OpenConsultation(ctx, req)
	})
}

// parseAddressee reads AGENCY[:PART[:ARTICLE]]; the API says what is no agency and no part.
func parseAddressee(text string) *licensingv1.Addressee {
	agency, rest, _ := strings.Cut(text, ":")
	part, serves, _ := strings.Cut(rest, ":")
	return &licensingv1.Addressee{Agency: agency, Part: part, Serves: serves}
}

func newAnswerCommand(env *Env) *cobra.Command {
	req := &licensingv1.GiveOpinionRequest{}
	var concur, object, abstain bool
	cmd := &cobra.Command{
		Use:   "answer CONSULTATION",
		Short: "Give this agency's opinion, in its own journal",
		Example: `counterfoil consult answer licensing/C-2026-000001 --concur --condition "no re-export without consent"` + "\n" +
			"counterfoil consult answer licensing/C-2026-000001 --object --reason 'the end user is not known' \\\n  --in-place-of defence",
		Args: takes("CONSULTATION"),
	}
	flags := cmd.Flags()
	flags.BoolVar(&concur, "concur", false, "it may be granted; with --condition: under these conditions")
	flags.BoolVar(&object, "object", false, "it should not be granted; give --reason")
	flags.BoolVar(&abstain, "abstain", false, "this agency has no opinion")
	flags.BoolVar(&req.Recused, "recuse", false, "this agency has an interest in the case, and its voice does not count; give --reason")
	flags.StringVar(&req.Reason, "reason", "", "why")
	flags.StringArrayVar(&req.Conditions, "condition", nil, "what the licence shall say; may be given more than once")
	flags.StringVar(&req.InPlaceOf, "in-place-of", "", "agency in whose place this one answers, as its alternate or because it was silent")
	cmd.MarkFlagsOneRequired("concur", "object", "abstain", "recuse")
	cmd.MarkFlagsMutuallyExclusive("concur", "object", "abstain", "recuse")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ConsultationId = args[0]
		switch {
		case concur && len(req.Conditions) > 0:
			req.View = licensingv1.OpinionView_OPINION_VIEW_CONCUR_WITH_CONDITIONS
		case concur:
			req.View = licensingv1.OpinionView_OPINION_VIEW_CONCUR
		case object:
			req.View = licensingv1.OpinionView_OPINION_VIEW_OBJECT
		case abstain:
			req.View = licensingv1.OpinionView_OPINION_VIEW_ABSTAIN
		}
		return c.Opinion.GiveOpinion(ctx, req)
	})
}

func newStopClockCommand(env *Env) *cobra.Command {
	req := &licensingv1.StopClockRequest{}
	cmd := &cobra.Command{
		Use:   "stop CONSULTATION",
		Short: "Stop the clock of a consultation, for a reason that its policy knows",
		Args:  takes("CONSULTATION"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "one of the policy's reasons (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ConsultationId = args[0]
		return c.Consultation.StopClock(ctx, req)
	})
}

func newRestartClockCommand(env *Env) *cobra.Command {
	req := &licensingv1.RestartClockRequest{}
	cmd := &cobra.Command{
		Use:   "restart CONSULTATION",
		Short: "Let the clock of a consultation go again, with a later deadline",
		Args:  takes("CONSULTATION"),
	}
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ConsultationId = args[0]
		return c.Consultation.RestartClock(ctx, req)
	})
}

func newCloseConsultationCommand(env *Env) *cobra.Command {
	req := &licensingv1.CloseConsultationRequest{}
	cmd := &cobra.Command{
		Use:   "close CONSULTATION",
		Short: "Count the opinions under the policy, and take no more",
		Args:  takes("CONSULTATION"),
	}
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ConsultationId = args[0]
		return c.Consultation.CloseConsultation(ctx, req)
	})
}
