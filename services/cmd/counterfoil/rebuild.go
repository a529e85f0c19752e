package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newRebuildCommand(env *Env) *cobra.Command {
	var dryRun bool
	var beside, logLevel string
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Build a node's ledger anew beside the one that serves, compare the two, and put the new one in its place",
		Long: "Has the node fold its journal and its inbox into a second ledger, every signature checked, while it works; compares the two\n" +
			"row for row; and puts the new one in place of the old, which takes milliseconds. The old one is kept as ledger.db.aside.\n" +
			"What differed is said. A rebuild that is interrupted changes nothing.\n\n" +
			"With --beside DIR, typed with a new program while the old one serves the node in DIR, the new program's ledger is built from a copy\n" +
			"of the node's streams and put there as ledger.db.next: the new program then starts on DIR in seconds. The command runs as the user\n" +
			"that the node runs as, on the same machine.",
		Example: "counterfoil rebuild --dry-run\ncounterfoil rebuild --beside /var/lib/counterfoil/customs",
		Args:    takes(),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if beside == "" {
			return env.online(func(ctx context.Context, c *Clients, _ []string) error { return env.rebuild(ctx, c, dryRun) })(cmd, args)
		}
		if dryRun {
			return usage("--dry-run compares with a ledger that serves, and --beside builds one that is to serve: give one of the two")
		}
		logger, err := newLogger(env.Err, logLevel)
		if err != nil {
			return err
		}
		return doing("build a ledger beside "+beside, "counterfoil rebuild --help", env.buildBeside(cmd.Context(), beside, logger))
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "compare only; the ledger stays as it is")
	cmd.Flags().StringVar(&beside, "beside", "", "folder of one node, for which this program's ledger is built")
	addLogFlag(cmd, &logLevel)
	return cmd
}

func (env *Env) rebuild(ctx context.Context, c *Clients, dryRun bool) error {
	what := "build the ledger of " + c.Context.Agency + " anew"
	result, err := env.readRebuild(ctx, c, dryRun)
	if err != nil {
		return doing(what, "", err)
	}
	if err := env.Print(rebuiltDocument(result, dryRun)); err != nil {
		return err
	}
	switch wrong := otherwise(result); {
	case dryRun && len(wrong) > 0:
		return problems(what, strings.Join(wrong, "; "), "counterfoil rebuild")
	case !dryRun && !result.Swapped:
		return problems(what, "the old ledger stays: "+result.Stays, "counterfoil doctor")
	}
	return nil
}

// rebuildPhases are what is done in each, and what of.
var rebuildPhases = map[queryv1.RebuildPhase][2]string{
	queryv1.RebuildPhase_REBUILD_PHASE_BUILD:   {"build", "blocks"},
	queryv1.RebuildPhase_REBUILD_PHASE_COMPARE: {"compare", "rows"},
}

// readRebuild follows the node's work to its end.
func (env *Env) readRebuild(ctx context.Context, c *Clients, dryRun bool) (*queryv1.RebuildResult, error) {
	stream, err := c.Rebuild.Rebuild(ctx, &queryv1.RebuildRequest{DryRun: dryRun})
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	var phase queryv1.RebuildPhase
	var shown *progress
	ended := func() {
		if shown != nil {
			shown.stop()
		}
	}
	defer func() { ended() }()
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the node stopped before it was done; the ledger is the old one or the new one, and whole")
		}
		if err != nil {
			return nil, err
		}
		if words, known := rebuildPhases[res.Phase]; known && res.Phase != phase {
			ended()
			shown = env.startProgress(words[0], words[1])
		}
		if phase = res.Phase; shown != nil && res.Total > 0 {
			shown.total(int64(res.Total))
			shown.set(int64(res.Done))
		}
		if res.Result != nil {
			return res.Result, nil
		}
	}
}

// otherwise says what of the old ledger was not what its journals make.
func otherwise(r *queryv1.RebuildResult) (all []string) {
	if r.Damage != "" {
		all = append(all, "the ledger could not be read to its end: "+r.Damage)
	}
	if r.Differences > 0 {
		all = append(all, fmt.Sprintf("%d rows of the ledger are not what the events make", r.Differences))
	}
	for _, j := range r.Journals {
		for _, f := range j.Findings {
			all = append(all, j.Journal+": "+f)
		}
		if j.Parked != j.ParkedBefore {
			all = append(all, fmt.Sprintf("%s: %d events were parked, built anew %d are", j.Journal, j.ParkedBefore, j.Parked))
		}
	}
	return all
}

func rebuiltDocument(r *queryv1.RebuildResult, dryRun bool) output.Document {
	journals := output.Grid{Heads: []string{"journal", "block", "events", "changed", "missing", "surplus", "parked before", "parked"}}
	for _, j := range r.Journals {
		journals.Add(j.Journal, number(j.Block), number(j.Events), number(j.Changed), number(j.Missing), number(j.Surplus), number(j.ParkedBefore), number(j.Parked))
	}
	doc := output.Document{Value: r, Items: []any{}, ItemType: &queryv1.RowDifference{}}
	rows := output.Grid{Heads: []string{"table", "id", "journal", "row"}}
	for _, d := range r.Rows {
		doc.Items = append(doc.Items, d)
		rows.Add(d.Table, d.Id, d.Journal, d.What)
	}
	doc.Sections = []output.Section{{Text: fmt.Sprintf("%d blocks were folded anew in %s, and %d rows compared in %s",
		r.Blocks, took(r.BuiltIn.AsDuration()), r.RowsCompared, took(r.ComparedIn.AsDuration()))}, {Grid: journals}}
	if wrong := otherwise(r); len(wrong) > 0 {
		doc.Sections = append(doc.Sections, output.Section{Title: "what was otherwise", Text: strings.Join(wrong, "\n")})
	} else {
		doc.Sections = append(doc.Sections, output.Section{Text: "the two ledgers have the same rows"})
	}
	if len(r.Rows) > 0 {
		doc.Sections = append(doc.Sections, output.Section{Title: "rows, the first hundred by table and id", Grid: rows})
	}
	if r.Swapped {
		doc.Sections = append(doc.Sections, output.Section{Text: fmt.Sprintf("the new ledger serves; nothing could be recorded for %s; the old one is kept in %s",
			took(r.Paused.AsDuration()), r.Aside)})
	} else if dryRun {
		doc.Sections = append(doc.Sections, output.Section{Text: "the ledger stays as it was"})
	}
	return doc
}

// took is how long something took, to three figures.
func took(d time.Duration) string {
	unit := time.Microsecond
	for d >= 1000*unit {
		unit *= 10
	}
	return d.Round(unit).String()
}
