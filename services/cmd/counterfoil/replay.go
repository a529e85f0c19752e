package main

import (
	"context"

	"github.com/spf13/cobra"
)

func newReplayCommand(env *Env) *cobra.Command {
	var into intoFlags
	var otherwise whatIfFlags
	var then horizonFlags
	var from, to string
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "Fold a part of history into a ledger of its own, or judge decisions again as if something had been otherwise",
		Long: "With --into, the events that were recorded between --from and --to, and within the other flags, are folded into a ledger\n" +
			"in a folder, which every reading command opens with --ledger FOLDER. The chain, the Merkle root and the signatures are\n" +
			"checked here. Interrupted, the same command goes on. Nothing is sent to anybody.\n\n" +
			"With --policy, --embargo or --criterion, decisions of this agency between --from and --to are judged again, each on what the\n" +
			"agency had when it decided, and those that would have been others are listed with the reasons. Nothing is recorded.\n" +
			"--embargo COUNTRY:FROM[:UNTIL][:CATEGORIES] is an embargo as if it had been recorded on its first day;\n" +
			"--embargo ID@DATE one that is on record, as if it had been recorded on that day. --criterion CRITERION=LEVEL is\n" +
			"overriding from that level on (low, medium, high, overriding), CRITERION=LEVEL:unmitigated also where a measure\n" +
			"lowers it, and CRITERION=ignored does not count; \"*\" is every criterion.",
		Example: "counterfoil replay --into ./march --to 2026-03-31\n" +
			"counterfoil replay --into ./grants --kinds LicenceGranted,LicenceRevoked --agency licensing\n" +
			"counterfoil replay --into ./then --known-to customs --at 2026-03-01T12:00:00Z\n" +
			"counterfoil replay --policy export.yaml --from 2025-01-01\n" +
			"counterfoil replay --embargo XB:2025-03-01::viii,ammunition --criterion '7(4)=high'",
		Args: cobra.NoArgs,
	}
	into.add(cmd)
	otherwise.add(cmd)
	then.add(cmd)
	cmd.Flags().StringVar(&from, "from", "", "only what was recorded, or decided, from then on: yyyy-mm-dd, or a time with its zone")
	cmd.Flags().StringVar(&to, "to", "", "only what was recorded by then: the same as --as-of; of a what-if, only what was decided before then")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		if (into.dir == "") == !otherwise.any() {
			return usage("say what to do, and one thing: --into FOLDER folds history into a ledger there; --policy, --embargo and --criterion judge decisions again")
		}
		h, err := then.horizon()
		if err != nil {
			return err
		}
		if otherwise.any() {
			if len(into.kinds)+len(into.agencies) > 0 {
				return usage("--kinds and --agency choose what is folded with --into; decisions are judged on all that their agency had")
			}
			return env.replayPolicy(ctx, c, &otherwise, h, from, to)
		}
		if h, err = into.horizon(h, from, to); err != nil {
			return err
		}
		return env.replayInto(ctx, c, into.dir, h)
	})
	return cmd
}
