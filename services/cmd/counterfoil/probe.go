package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/backbone"
)

func newProbeCommand(env *Env) *cobra.Command {
	var dir string
	var streams bool
	var limit time.Duration
	cmd := &cobra.Command{
		Use:   "probe --dir DIR",
		Short: "Tell whether the process that runs on a node's or a hub's folder answers",
		Long: "Ends well when the process that runs on DIR answers, and with --streams when its streams can be used as well: a server\n" +
			"of a hub of three is then in touch with another one. It is meant for the probes of whatever keeps the process running.",
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), limit)
			defer cancel()
			if err := probe(ctx, dir, streams); err != nil {
				return &failure{exit: exitUnreachable, what: "probe " + dir, why: err.Error(), next: "counterfoil doctor"}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder of one node, or of one server of a hub (required)")
	cmd.Flags().BoolVar(&streams, "streams", false, "ask whether the streams can be used, too")
	cmd.Flags().DurationVar(&limit, "limit", 5*time.Second, "how long the answer may take")
	require(cmd, "dir")
	return cmd
}

func probe(ctx context.Context, dir string, streams bool) error {
	process, err := backbone.ReachSnapshots(ctx, dir)
	if err != nil || !streams {
		return err
	}
	all, err := process.List(ctx)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("it has no stream")
	}
	return err
}
