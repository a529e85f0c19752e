package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"connectrpc.com/connect/v2"
	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/proofs"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newLogCommand(env *Env) *cobra.Command {
	return family("log", "Give journals to tools of others that verify them", newLogExportCommand(env))
}

func newLogExportCommand(env *Env) *cobra.Command {
	x := logExporter{env: env}
	cmd := &cobra.Command{
		Use:   "export --to DIR",
		Short: "Write journals as tiles and checkpoints, as c2sp.org/tlog-tiles has them",
		Long: "Each journal gets a folder of its own, DIR/agency/group, with the hash tiles of its tree and the checkpoint that they lead to:\n" +
			"of this agency's journals a signed note, and of all the signed header of the last block, checkpoint-header.json. The hashes\n" +
			"tell nothing of the events. --entries writes the events themselves too, in the open, for whoever may read them.\n\n" +
			"Run again it adds what came since. What is there is compared and never written over: where it is another, the exit code is 3.\n" +
			"A bundle of entries with an event that was withdrawn, or that is longer than 65,535 bytes, is left out and listed. A journal of\n" +
			"which the copy here begins later is left out, for its first tiles cannot be made; docs/proofs.md says more.",
		Example: "counterfoil log export --to ./logs\ncounterfoil log export --to ./logs --journal licensing/border --entries",
		Args:    takes(),
		RunE:    env.online(x.run),
	}
	flags := cmd.Flags()
	flags.StringVar(&x.dir, "to", "", "folder to write to, made when it is not there (required)")
	flags.StringArrayVar(&x.journals, "journal", nil, "only this journal, as agency/group; may be given more than once (default: all that are here)")
	flags.BoolVar(&x.entries, "entries", false, "write what the events say too")
	require(cmd, "to")
	return cmd
}

// logExporter writes journals into folders.
type logExporter struct {
	env      *Env
	dir      string
	journals []string
	entries  bool
	done     exportedLogs
}

// exportedLogs is what an export came to. Its keys are stable; numbers are plain ones.
type exportedLogs struct {
	To       string        `json:"to"`
	Journals []exportedLog `json:"journals"`
}

type exportedLog struct {
	Journal string `json:"journal"`
	Folder  string `json:"folder"`
	Events  uint64 `json:"events"`
	Root    string `json:"root"`
	// Checkpoint is "signed note" or "signed header"; empty where nothing was written.
	Checkpoint string `json:"checkpoint"`
	// Tiles and Bundles were written, Same was there already.
	Tiles   int `json:"tiles_written"`
	Bundles int `json:"bundles_written"`
	Same    int `json:"there_already"`
	// Left are bundles that cannot be, Findings what is there and should not be.
	Left     []proofs.Left `json:"left_out"`
	Findings []string      `json:"findings"`
	// Why says why a journal was left out.
	Why string `json:"why"`
}

func (x *logExporter) run(ctx context.Context, c *Clients, _ []string) error {
	what := "log export --to " + x.dir
	names, err := x.named(ctx, c)
	if err != nil {
		return doing(what, "", err)
	}
	x.done = exportedLogs{To: x.dir, Journals: []exportedLog{}}
	for _, name := range names {
		one, err := x.export(ctx, c, name)
		if err != nil {
			return doing(what, "counterfoil status", fmt.Errorf("journal %s: %w", name, err))
		}
		x.done.Journals = append(x.done.Journals, one)
	}
	if err := x.env.Print(x.done.document()); err != nil {
		return err
	}
	return x.found(what)
}

// found is what the exit code has to tell: of findings, and of journals that were asked for by name and left out.
func (x *logExporter) found(what string) error {
	for _, one := range x.done.Journals {
		if len(one.Findings) > 0 {
			return problems(what, one.Findings[0], "counterfoil verify")
		}
		if one.Why != "" && len(x.journals) > 0 {
			return problems(what, one.Why, "counterfoil status")
		}
	}
	return nil
}

// named are the journals to export.
func (x *logExporter) named(ctx context.Context, c *Clients) ([]string, error) {
	if len(x.journals) > 0 {
		for _, name := range x.journals {
			if _, err := journal.ParseID(name); err != nil { // it becomes a folder
				return nil, usage("--journal: %v", err)
			}
		}
		slices.Sort(x.journals)
		return slices.Compact(x.journals), nil
	}
	res, err := c.Query.Status(ctx, &queryv1.StatusRequest{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, j := range res.Journals {
		if _, err := journal.ParseID(j.Journal); err != nil {
			return nil, err
		}
		if j.Events > 0 {
			names = append(names, j.Journal)
		}
	}
	return names, nil
}

// export exports one journal. That the node refuses to is told in what is returned.
func (x *logExporter) export(ctx context.Context, c *Clients, name string) (exportedLog, error) {
	one := exportedLog{Journal: name, Left: []proofs.Left{}, Findings: []string{}}
	l := logWriter{dir: filepath.Join(x.dir, filepath.FromSlash(name)), name: name, progress: x.env.startProgress("export "+name, "events")}
	defer l.progress.stop()
	read := l.leaves
	if x.entries {
		read = l.events
	}
	err := read(ctx, c)
	var refusal *connect.Error
	switch {
	case errors.As(err, &refusal) && refusal.Code() == connect.CodeFailedPrecondition:
		one.Why = refusal.Message()
		return one, nil
	case err != nil:
		return one, err
	}
	f := l.folder
	one.Folder, one.Events, one.Root, one.Checkpoint = l.dir, l.head.Events, fmt.Sprintf("%x", l.head.Root), "signed header"
	if l.head.Note != "" {
		one.Checkpoint = "signed note"
	}
	one.Tiles, one.Bundles, one.Same = f.Tiles, f.Bundles, f.Same
	one.Left, one.Findings = append(one.Left, f.Left...), append(one.Findings, f.Findings...)
	if f.Stale {
		x.env.Advise("%s has bundles of entries from before, and they were neither compared nor added to: give --entries", l.dir)
	}
	return one, nil
}

func (s *exportedLogs) document() output.Document {
	doc := output.Document{Value: s, Items: []any{}, Flat: &output.Grid{Heads: []string{"journal", "folder", "events", "root", "checkpoint", "tiles_written", "bundles_written", "there_already", "left_out", "findings", "why"}}}
	grid := output.Grid{Heads: []string{"journal", "events", "checkpoint", "tiles written", "bundles written", "there already"}}
	var more []output.Section
	for _, one := range s.Journals {
		doc.Items = append(doc.Items, one)
		doc.Flat.Add(one.Journal, one.Folder, number(one.Events), one.Root, one.Checkpoint, count(one.Tiles), count(one.Bundles), count(one.Same), count(len(one.Left)), count(len(one.Findings)), one.Why)
		if one.Why != "" {
			more = append(more, output.Section{Text: output.Clean("left out: " + one.Journal + ": " + one.Why)})
			continue
		}
		grid.Add(one.Journal, number(one.Events), one.Checkpoint, count(one.Tiles), count(one.Bundles), count(one.Same))
		for _, left := range one.Left {
			more = append(more, output.Section{Text: output.Clean(fmt.Sprintf("left out: %s %s: %s", one.Journal, left.File, left.Why))})
		}
		for _, finding := range one.Findings {
			more = append(more, output.Section{Text: output.Clean("found: " + finding)})
		}
	}
	doc.Sections = append([]output.Section{{Grid: grid}}, more...)
	return doc
}
