package main

import (
	"context"

	"github.com/spf13/cobra"
)

func newReplayCommand(env *Env) *cobra.Command {
	var into intoFlags
	var then horizonFlags
	var from, to string
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "Fold a part of history into a ledger of its own",
		Long: "With --into, the events that were recorded between --from and --to, and within the other flags, are folded into a ledger\n" +
			"in a folder, which every reading command opens with --ledger FOLDER. The chain, the Merkle root and the signatures are\n" +
			"checked here. Interrupted, the same command goes on. Nothing is sent to anybody.",
		Example: "counterfoil replay --into ./march --to 2026-03-31\n" +
			"counterfoil replay --into ./grants --kinds LicenceGranted,LicenceRevoked --agency licensing\n" +
			"counterfoil replay --into ./then --known-to customs --at 2026-03-01T12:00:00Z",
		Args: cobra.NoArgs,
	}
	into.add(cmd)
	then.add(cmd)
	cmd.Flags().StringVar(&from, "from", "", "only what was recorded from then on: yyyy-mm-dd, or a time with its zone")
	cmd.Flags().StringVar(&to, "to", "", "only what was recorded by then: the same as --as-of")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		if into.dir == "" {
			return usage("say what to do: --into FOLDER folds history into a ledger there")
		}
		h, err := then.horizon()
		if err != nil {
			return err
		}
		if h, err = into.horizon(h, from, to); err != nil {
			return err
		}
		return env.replayInto(ctx, c, into.dir, h)
	})
	return cmd
}
