package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// askAgain is how long is waited between two looks at what was answered.
const askAgain = 200 * time.Millisecond

func newDenialCheckCommand(env *Env) *cobra.Command {
	var wait time.Duration
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "check APPLICATION|CHECK",
		Short: "Ask all who take part whether they hold a denial like an application, without telling which it is",
		Long: "Nobody learns what is asked, nor whether anything was found; a denial is found by an identifier or by the name of an end\n" +
			"user or consignee in one spelling. What was found is a reason to consult. Given a check that was asked before, it\n" +
			"looks for answers that came since. Exit code 3 says that something like it is held.",
		Args: takes("APPLICATION"),
	}
	cmd.Flags().DurationVar(&wait, "wait", 30*time.Second, "how long to wait for answers")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be recorded and who would read it, and ask nobody")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		what := "denial check " + args[0]
		check := args[0]
		if _, id, _ := strings.Cut(check, "/"); !strings.HasPrefix(id, "B-") {
			env.key = rand.Text()
			asked, err := c.Denial.CheckBlindly(ctx, &licensingv1.CheckBlindlyRequest{
				Particulars: &eventv1.Particulars{IdempotencyKey: env.key, DryRun: dryRun}, ApplicationId: args[0],
			})
			if err != nil {
				return doing(what, "", err)
			}
			if dryRun {
				doc, err := receiptDocument(asked)
				if err != nil {
					return err
				}
				return env.Print(doc)
			}
			check = asked.CheckId
		}
		res, err := answersTo(ctx, c, check, wait)
		if err != nil {
			return doing(what, "counterfoil denial check "+quote(check), err)
		}
		if err := env.Print(checkDocument(check, res)); err != nil {
			return err
		}
		if len(res.Holders) > 0 {
			return problems(what, strings.Join(res.Holders, " and ")+" hold denials like it", "counterfoil list undercuts")
		}
		return nil
	})
	return cmd
}

// answersTo waits until all have answered or the time is over.
func answersTo(ctx context.Context, c *Clients, check string, wait time.Duration) (*licensingv1.BlindCheckResponse, error) {
	over := time.After(wait)
	for {
		res, err := c.Denial.BlindCheck(ctx, &licensingv1.BlindCheckRequest{CheckId: check})
		if err != nil || len(res.Open) == 0 {
			return res, err
		}
		select {
		case <-time.After(askAgain):
		case <-over:
			return res, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func checkDocument(check string, res *licensingv1.BlindCheckResponse) output.Document {
	text := "nobody who answered holds a denial like it"
	if len(res.Holders) > 0 {
		text = "a denial like it is held by " + strings.Join(res.Holders, ", ")
	}
	text = check + ": " + text + "\n"
	if len(res.Open) > 0 {
		text += fmt.Sprintf("no answer yet from %s; look again: counterfoil denial check %s\n", strings.Join(res.Open, ", "), check)
	}
	for _, i := range res.Invalid {
		text += fmt.Sprintf("the answer of %s does not hold: %s\n", i.Agency, i.Rule)
	}
	return output.Document{Value: res, ItemType: res, Sections: []output.Section{{Text: text}}}
}
