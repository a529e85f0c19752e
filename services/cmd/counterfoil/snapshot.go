package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newSnapshotCommand(env *Env) *cobra.Command {
	return family("snapshot", "Keep copies of the ledger, which shorten replays", newSnapshotListCommand(env), newSnapshotTakeCommand(env))
}

func newSnapshotListCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the copies that are kept, and the latest moment that each has anything of",
		Args:  takes(),
		RunE: env.online(func(ctx context.Context, c *Clients, _ []string) error {
			res, err := c.Replay.ListSnapshots(ctx, &queryv1.ListSnapshotsRequest{})
			if err != nil {
				return doing("list the snapshots", "", err)
			}
			return env.Print(snapshotsDocument(res, res.Snapshots))
		}),
	}
}

func newSnapshotTakeCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "take",
		Short: "Keep a copy of the ledger as it is now; a node does so by itself after every 250,000 events",
		Args:  takes(),
		RunE: env.online(func(ctx context.Context, c *Clients, _ []string) error {
			res, err := c.Replay.TakeSnapshot(ctx, &queryv1.TakeSnapshotRequest{})
			if err != nil {
				return doing("take a snapshot", "", err)
			}
			return env.Print(snapshotsDocument(res, []*queryv1.Snapshot{res.Snapshot}))
		}),
	}
}

func snapshotsDocument(value any, list []*queryv1.Snapshot) output.Document {
	doc := output.Document{Value: value, Items: []any{}, ItemType: &queryv1.Snapshot{}}
	grid := output.Grid{Heads: []string{"file", "taken", "events", "MiB", "recorded until", "received until", "schema"}}
	for _, s := range list {
		doc.Items = append(doc.Items, s)
		grid.Add(s.File, date(s.TakenAt), number(s.Events), fmt.Sprintf("%.1f", float64(s.Bytes)/(1<<20)), date(s.LatestRecorded), date(s.LatestReceived), number(uint64(s.Schema)))
	}
	doc.Sections = []output.Section{{Grid: grid}}
	if len(list) == 0 {
		doc.Sections = []output.Section{{Text: "no snapshots are kept yet"}}
	}
	return doc
}
