package main

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
)

func newDeliverCheckCommand(env *Env) *cobra.Command {
	return family("check", "Look at delivered goods where they are", newPlanCheckCommand(env), newCheckDoneCommand(env), newObstructedCommand(env))
}

func newPlanCheckCommand(env *Env) *cobra.Command {
	req := &customsv1.PlanCheckRequest{}
	var on string
	cmd := &cobra.Command{
		Use:     "plan LICENCE|DELIVERY",
		Short:   "Plan a look at the goods of a licence or of one delivery",
		Example: "counterfoil deliver check plan licensing/DV-2026-000001 --basis U6 --on 2026-09-01 \\\n  --site 'depot of the end user'",
		Args:    takes("LICENCE|DELIVERY"),
	}
	flags := cmd.Flags()
	flags.StringVar(&req.LegalBasis, "basis", "", `undertaking that allows it, such as "U6", or another basis (required)`)
	flags.StringVar(&on, "on", "", "when: yyyy-mm-dd, or a time with its zone (required)")
	flags.StringVar(&req.Site, "site", "", "where (required)")
	flags.StringVar(&req.AlertId, "alert", "", "the alert because of which it is done")
	require(cmd, "basis", "on", "site")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		if req.PlannedFor, err = parseTime("on", on); err != nil {
			return nil, err
		}
		req.LicenceId, req.DeliveryId = "", args[0]
		licence, err := isLicence(ctx, c, args[0])
		if err != nil {
			return nil, err
		}
		if licence {
			req.LicenceId, req.DeliveryId = args[0], ""
		}
		return c.Delivery.PlanCheck(ctx, req)
	})
}

func newCheckDoneCommand(env *Env) *cobra.Command {
	req := &customsv1.RecordCheckRequest{}
	var outcome, at string
	var seen, serials, documents []string
	cmd := &cobra.Command{
		Use:     "done CHECK --outcome all|partly|not",
		Short:   "Say what a check found: all of the goods are accounted for, a part, or none",
		Example: "counterfoil deliver check done licensing/PD-2026-000001 --outcome partly --seen 1=98 --serials 98/100 \\\n  --findings 'two are missing'",
		Args:    takes("CHECK"),
	}
	flags := cmd.Flags()
	flags.StringVar(&outcome, "outcome", "", "all, partly or not accounted for (required)")
	flags.StringVar(&at, "at", "", "when it was done (default: now)")
	flags.StringArrayVar(&seen, "seen", nil, "licence line and quantity, LINE=QTY[UNIT], in pieces without a unit; may be given more than once")
	flags.StringArrayVar(&serials, "serial", nil, "serial number that was seen, [LINE=]SERIAL; may be given more than once")
	checked := flags.String("serials", "", "how many serials were checked of how many, such as 98/100")
	flags.StringVar(&req.Storage, "storage", "", "how they are stored")
	flags.StringVar(&req.Findings, "findings", "", "what was found; required where not all is accounted for")
	flags.StringArrayVar(&documents, "document", nil, "file of a paper or photograph, whose SHA-256 is recorded; may be given more than once")
	flags.StringVar(&req.FollowUp, "follow-up", "", "what comes next")
	require(cmd, "outcome")
	complete(cmd, "outcome", "all", "partly", "not")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		req.CheckId = args[0]
		if req.Outcome, err = parseOutcome(outcome, accounted); err != nil {
			return nil, err
		}
		if req.At, err = parseTime("at", at); err != nil {
			return nil, err
		}
		if req.Seen, err = parseReceived(seen); err != nil {
			return nil, err
		}
		if err := withSerials(req.Seen, serials); err != nil {
			return nil, err
		}
		expectUnits(req.Seen, nil)
		if req.SerialsChecked, req.SerialsTotal, err = parseShare("serials", *checked); err != nil {
			return nil, err
		}
		for _, file := range documents {
			sum, err := env.hashOf(file)
			if err != nil {
				return nil, err
			}
			req.DocumentsSha256 = append(req.DocumentsSha256, hex.EncodeToString(sum))
		}
		return c.Delivery.RecordCheck(ctx, req)
	})
}

func newObstructedCommand(env *Env) *cobra.Command {
	req := &customsv1.ObstructCheckRequest{}
	var outcome, again string
	cmd := &cobra.Command{
		Use:   "obstructed CHECK --outcome refused|unsafe|postponed",
		Short: "Say why a check could not be done; refused access has the licence looked at again",
		Args:  takes("CHECK"),
	}
	flags := cmd.Flags()
	flags.StringVar(&outcome, "outcome", "", "refused, unsafe or postponed (required)")
	flags.StringVar(&req.Reason, "reason", "", "what happened (required)")
	flags.StringVar(&again, "again", "", "when it is tried again; required where it was postponed")
	require(cmd, "outcome", "reason")
	complete(cmd, "outcome", "refused", "unsafe", "postponed")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		req.CheckId = args[0]
		if req.Outcome, err = parseOutcome(outcome, obstructed); err != nil {
			return nil, err
		}
		if req.Again, err = parseTime("again", again); err != nil {
			return nil, err
		}
		return c.Delivery.ObstructCheck(ctx, req)
	})
}

// outcome is a word for what a check came to.
type outcome struct {
	word  string
	value customsv1.CheckOutcome
}

var (
	accounted = []outcome{
		{"all", customsv1.CheckOutcome_CHECK_OUTCOME_ALL_ACCOUNTED}, {"partly", customsv1.CheckOutcome_CHECK_OUTCOME_PARTLY_ACCOUNTED},
		{"not", customsv1.CheckOutcome_CHECK_OUTCOME_NOT_ACCOUNTED},
	}
	obstructed = []outcome{
		{"refused", customsv1.CheckOutcome_CHECK_OUTCOME_ACCESS_REFUSED}, {"unsafe", customsv1.CheckOutcome_CHECK_OUTCOME_SITE_UNSAFE},
		{"postponed", customsv1.CheckOutcome_CHECK_OUTCOME_POSTPONED},
	}
)

func parseOutcome(text string, among []outcome) (customsv1.CheckOutcome, error) {
	var words []string
	for _, o := range among {
		if o.word == text {
			return o.value, nil
		}
		words = append(words, o.word)
	}
	return 0, usage("--outcome is one of %s, not %q", strings.Join(words, ", "), text)
}

// parseShare reads how many of how many; empty is none of none.
func parseShare(flag, text string) (some, all uint32, err error) {
	if text == "" {
		return 0, 0, nil
	}
	before, after, _ := strings.Cut(text, "/")
	first, err := strconv.ParseUint(before, 10, 32)
	second, err2 := strconv.ParseUint(after, 10, 32)
	if err != nil || err2 != nil {
		return 0, 0, usage("--%s %q is not how many of how many, such as 98/100", flag, text)
	}
	return uint32(first), uint32(second), nil
}
