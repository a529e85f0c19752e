package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newStatusCommand(env *Env) *cobra.Command {
	var root, all bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say how far each journal is read and verified, and how old that is",
		Args:  takes(),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if all {
			return env.statusOfAll(cmd.Context(), root)
		}
		return env.online(func(ctx context.Context, c *Clients, _ []string) error {
			res, err := c.Query.Status(ctx, &queryv1.StatusRequest{Root: root})
			if err != nil {
				return doing("status of agency "+c.Context.Agency, "", err)
			}
			return env.Print(statusDocument(res))
		})(cmd, args)
	}
	cmd.Flags().BoolVar(&root, "root", false, "work out the root hashes too, which reads every row")
	cmd.Flags().BoolVar(&all, "all", false, "every context, side by side")
	return cmd
}

// statusOf is a status as JSON. Its keys are stable and always there; numbers are plain ones.
type statusOf struct {
	Agency       string          `json:"agency"`
	Version      string          `json:"version"`
	Schema       uint32          `json:"schema"`
	Built        float64         `json:"built"`
	HubConnected bool            `json:"hub_connected"`
	ToSend       uint64          `json:"to_send"`
	Journals     []journalStatus `json:"journals"`
	Root         string          `json:"root"`
}

type journalStatus struct {
	Journal    string   `json:"journal"`
	Own        bool     `json:"own"`
	Block      uint64   `json:"block"`
	Events     uint64   `json:"events"`
	VerifiedTo uint64   `json:"verified_to"`
	AgeSeconds float64  `json:"age_seconds"`
	BehindBy   uint64   `json:"behind_by"`
	Parked     uint64   `json:"parked"`
	MerkleRoot string   `json:"merkle_root"`
	RowsRoot   string   `json:"rows_root"`
	Stopped    *stopped `json:"stopped"`
}

type stopped struct {
	Block  uint64     `json:"block"`
	Reason string     `json:"reason"`
	At     *time.Time `json:"at"`
}

func statusValue(res *queryv1.StatusResponse) statusOf {
	s := statusOf{
		Agency: res.Agency, Version: res.Version, Schema: res.Schema, Built: res.Built, HubConnected: res.HubConnected,
		ToSend: res.ToSend, Journals: []journalStatus{}, Root: res.Root,
	}
	for _, j := range res.Journals {
		s.Journals = append(s.Journals, journalStatus{
			Journal: j.Journal, Own: j.Own, Block: j.Block, Events: j.Events, VerifiedTo: j.VerifiedTo,
			AgeSeconds: j.AgeSeconds, BehindBy: j.BehindBy, Parked: j.Parked, MerkleRoot: j.MerkleRoot,
			RowsRoot: j.RowsRoot, Stopped: stoppedValue(j.Stopped),
		})
	}
	return s
}

func stoppedValue(stop *ledgerv1.Stop) *stopped {
	if stop == nil {
		return nil
	}
	return &stopped{stop.Block, stop.Reason, instant(stop.At)}
}

// statusDocument is one node's status; lines and records are its journals.
func statusDocument(res *queryv1.StatusResponse) output.Document {
	value := statusValue(res)
	doc := output.Document{Value: value, Items: []any{}, Flat: &output.Grid{Heads: []string{
		"journal", "own", "block", "events", "verified_to", "age_seconds", "behind_by", "parked", "merkle_root", "rows_root",
		"stopped_block", "stopped_reason",
	}}}
	grid := output.Grid{Heads: []string{"journal", "", "block", "events", "verified to", "age", "behind", "parked", "stopped"}}
	if res.Root != "" {
		grid.Heads = append(grid.Heads, "rows root")
	}
	for _, j := range value.Journals {
		doc.Items = append(doc.Items, j)
		row := []string{j.Journal, own(j.Own), number(j.Block), number(j.Events), number(j.VerifiedTo), age(j.AgeSeconds),
			number(j.BehindBy), number(j.Parked), j.Stopped.String()}
		if res.Root != "" {
			row = append(row, short(j.RowsRoot))
		}
		grid.Add(row...)
		stop := stopped{}
		if j.Stopped != nil {
			stop = *j.Stopped
		}
		doc.Flat.Add(j.Journal, fmt.Sprint(j.Own), number(j.Block), number(j.Events), number(j.VerifiedTo),
			fmt.Sprint(j.AgeSeconds), number(j.BehindBy), number(j.Parked), j.MerkleRoot, j.RowsRoot, number(stop.Block), stop.Reason)
	}
	text := fmt.Sprintf("agency %s, ledger schema %d, program %s; %s, %d blocks to send", res.Agency, res.Schema,
		orElse(res.Version, "of unknown version"), connected(res.HubConnected), res.ToSend)
	if res.Built < 1 {
		text += fmt.Sprintf("\nthe ledger is being built: %.0f %% done", res.Built*100)
	}
	if res.Root != "" {
		text += "\nroot " + res.Root
	}
	doc.Sections = []output.Section{{Text: text}, {Grid: grid}}
	return doc
}

func (s *stopped) String() string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf("at block %d: %s", s.Block, s.Reason)
}

func own(own bool) string {
	if own {
		return "own"
	}
	return "received"
}

func connected(hub bool) string {
	if hub {
		return "hub connected"
	}
	return "NO HUB"
}

// short returns enough of a hash to tell two apart by eye.
func short(hash string) string { return hash[:min(len(hash), 12)] }
