package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/node"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// builtBeside is a ledger that waits for its program.
type builtBeside struct {
	Agency          string          `json:"agency"`
	File            string          `json:"file"`
	Schema          uint32          `json:"schema"`
	Journals        []besideJournal `json:"journals"`
	CopiedInSeconds float64         `json:"copied_in_seconds"`
	FoldedInSeconds float64         `json:"folded_in_seconds"`
	Next            string          `json:"next"`
}

type besideJournal struct {
	Journal string `json:"journal"`
	Block   uint64 `json:"block"`
	Events  uint64 `json:"events"`
	// Stopped is why it goes no further, as it will not at the start of the node.
	Stopped string `json:"stopped,omitempty"`
}

func (env *Env) buildBeside(ctx context.Context, dir string, logger *slog.Logger) error {
	copying := env.startProgress("copy", "MiB")
	var folding *progress
	b := node.Beside{Home: node.Home(dir), Logger: logger, Copied: copying.bytes, Folded: func(done, total uint64) {
		if folding == nil {
			copying.stop()
			folding = env.startProgress("build", "blocks")
		}
		folding.total(int64(total))
		folding.set(int64(done))
	}}
	built, err := b.Build(ctx)
	if folding == nil {
		copying.stop()
	} else {
		folding.stop()
	}
	if err != nil {
		return err
	}
	return env.Print(besideDocument(built, dir))
}

func besideDocument(built *node.BuiltBeside, dir string) output.Document {
	b := builtBeside{
		Agency: built.Agency, File: built.Path, Schema: built.Schema, Journals: []besideJournal{},
		CopiedInSeconds: built.CopiedIn.Seconds(), FoldedInSeconds: built.FoldedIn.Seconds(),
		Next: fmt.Sprintf("stop the node and start it with this program: counterfoil serve %s --dir %s", built.Agency, quote(filepath.Dir(filepath.Clean(dir)))),
	}
	stopped := map[string]*ledgerv1.Stop{}
	for _, s := range built.Stopped {
		stopped[s.Journal] = s
	}
	for _, p := range built.Positions {
		b.Journals = append(b.Journals, besideJournal{p.Journal, p.Block, p.Events, stopped[p.Journal].GetReason()})
		delete(stopped, p.Journal)
	}
	for _, s := range stopped { // before its first block
		b.Journals = append(b.Journals, besideJournal{Journal: s.Journal, Stopped: s.Reason})
	}
	slices.SortFunc(b.Journals, func(x, y besideJournal) int { return strings.Compare(x.Journal, y.Journal) })
	grid, items := output.Grid{Heads: []string{"journal", "block", "events", "stopped"}}, []any{}
	for _, j := range b.Journals {
		items = append(items, j)
		grid.Add(j.Journal, number(j.Block), number(j.Events), j.Stopped)
	}
	return output.Document{
		Value: b, Items: items, Flat: &grid,
		Sections: []output.Section{
			{Text: fmt.Sprintf("%s: ledger of %s, schema %d; the streams were copied in %s and folded in %s", b.File, b.Agency, b.Schema,
				took(built.CopiedIn), took(built.FoldedIn))},
			{Grid: grid},
			{Text: "next: " + b.Next},
		},
	}
}
