package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"connectrpc.com/connect/v2"
	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/published/uklicences"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// maxBatch is the most entries of one kind that RecordEdition takes.
const maxBatch = 1000

func newImportCommand(env *Env) *cobra.Command {
	return family("import", "Record what others publish or send: registers, watch lists, denials, licence messages and annual figures",
		newImportUKCommand(env), newImportWatchlistCommand(env), newImportDenialsCommand(env), newImportChiefCommand(env),
		newImportPartnerCommand(env))
}

func newImportUKCommand(env *Env) *cobra.Command {
	im := importer{env: env, source: uklicences.Source}
	var edition string
	cmd := &cobra.Command{
		Use:   "uk-licences DIR",
		Short: "Record an edition of the register of licences that the United Kingdom granted and refused",
		Long: "The folder is compared with what is on record, and what differs is recorded: entries that are new, that the edition\n" +
			"states otherwise, and that it left out. An import that was cut off is finished by running it again; run once more\n" +
			"it records nothing. Rows that cannot be read are reported, the others are recorded, and the exit code is 3.\n\n" +
			"Without --context it is the agency licensing that records.",
		Example: "counterfoil import uk-licences ./2012-10-11 --edition 2012-10-11",
		Args:    takes("DIR"),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := time.Parse(time.DateOnly, edition); err != nil {
			return usage("--edition %s is not a day such as 2012-10-11", edition)
		}
		if im.batch < 1 || im.batch > maxBatch {
			return usage("--batch is from 1 to %d", maxBatch)
		}
		if env.Context == "" {
			if licensing, err := env.ofAgency("licensing"); err == nil {
				env.Context = licensing.Name
			}
		}
		im.edition = edition
		return env.online(func(ctx context.Context, c *Clients, args []string) error {
			im.client = c.Licensing
			return env.importUK(ctx, &im, args[0])
		})(cmd, args)
	}
	cmd.Flags().StringVar(&edition, "edition", "", "the edition's date, yyyy-mm-dd (required)")
	cmd.Flags().IntVar(&im.batch, "batch", 500, "entries of one request, at most 1000")
	cmd.Flags().BoolVar(&im.dryRun, "dry-run", false, "say what would be recorded, and record nothing")
	require(cmd, "edition")
	return cmd
}

func (env *Env) importUK(ctx context.Context, im *importer, dir string) error {
	what := fmt.Sprintf("import edition %s of %s", im.edition, im.source)
	started := env.Now()
	ed, err := env.readUK(ctx, dir)
	if err != nil {
		return doing(what, "counterfoil import uk-licences --help", err)
	}
	recorded, err := im.contents(ctx)
	if err != nil {
		return doing(what, "", err)
	}
	if recorded.latest > im.edition {
		return usage("edition %s cannot be recorded: the later edition %s is on record already", im.edition, recorded.latest)
	}
	changes := uklicences.Diff(recorded.entries, ed)
	summary := summaryOf(im, ed, changes)
	if !im.dryRun {
		if err := im.confirm(len(recorded.entries), len(changes.Withdrawn)); err != nil {
			return err
		}
		done, err := im.record(ctx, recorded, changes, &licensingv1.CloseEditionRequest{
			Source: im.source, Edition: im.edition, Digest: ed.Digest, Entries: uint64(len(ed.Entries)), Lines: uint64(ed.Lines),
		})
		if err != nil {
			env.Advise("%d of %d entries are on record; run it again to record the rest", done.entries, done.all)
			return notTaken(what, err)
		}
		summary.Events = done.events
	}
	summary.Seconds = env.Now().Sub(started).Seconds()
	if err := env.Print(summary.document()); err != nil || ed.ProblemRows == 0 {
		return err
	}
	first := ed.Problems[0]
	return problems(what, fmt.Sprintf("%d rows could not be read; the first is %s:%d: %s", ed.ProblemRows, first.File, first.Line, first.Reason),
		env.again())
}

// notTaken says why the node refused what was read. That is not wrong usage, even where the request could not be right.
func notTaken(what string, err error) error {
	var refusal *connect.Error
	if errors.As(err, &refusal) && refusal.Code() == connect.CodeInvalidArgument {
		return &failure{exit: exitFailed, what: what, why: "the node does not take an entry as it was read: " + refusal.Message(), next: "counterfoil version"}
	}
	return doing(what, "", err)
}

func (env *Env) readUK(ctx context.Context, dir string) (*uklicences.Edition, error) {
	progress := env.startProgress("read", "bytes")
	defer progress.stop()
	return uklicences.Read(ctx, dir, func(done, total int64) {
		progress.total(total)
		progress.set(done)
	})
}

// imported is what an import came to. Its keys are stable; numbers are plain ones.
type imported struct {
	Source         string    `json:"source"`
	Edition        string    `json:"edition"`
	DryRun         bool      `json:"dry_run"`
	Entries        int       `json:"entries"`
	Lines          int       `json:"lines"`
	RefusedLines   int       `json:"refused_lines"`
	Added          int       `json:"added"`
	Changed        int       `json:"changed"`
	Withdrawn      int       `json:"withdrawn"`
	LinesAdded     int       `json:"lines_added"`
	LinesWithdrawn int       `json:"lines_withdrawn"`
	Events         uint64    `json:"events"` // recorded by this run
	Seconds        float64   `json:"seconds"`
	ProblemRows    int       `json:"problem_rows"`
	Problems       []finding `json:"problems"`
	Remarks        []finding `json:"remarks"`
}

type finding struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Reason string `json:"reason"`
	Rows   int    `json:"rows"`
}

func summaryOf(im *importer, ed *uklicences.Edition, changes uklicences.Changes) *imported {
	return &imported{
		Source: im.source, Edition: im.edition, DryRun: im.dryRun,
		Entries: len(ed.Entries), Lines: ed.Lines, RefusedLines: ed.Refused,
		Added: len(changes.Added), Changed: len(changes.Changed), Withdrawn: len(changes.Withdrawn),
		LinesAdded: changes.LinesAdded, LinesWithdrawn: changes.LinesWithdrawn,
		ProblemRows: ed.ProblemRows, Problems: findings(ed.Problems), Remarks: findings(ed.Remarks),
	}
}

func findings(all []uklicences.Problem) []finding {
	list := make([]finding, len(all))
	for i, p := range all {
		list[i] = finding{p.File, p.Line, p.Reason, p.Rows}
	}
	return list
}

func (s *imported) document() output.Document {
	grid := output.Grid{Heads: []string{"", "entries", "lines"}}
	grid.Add("in the edition", count(s.Entries), count(s.Lines))
	grid.Add("added", count(s.Added), count(s.LinesAdded))
	grid.Add("changed", count(s.Changed), "")
	grid.Add("withdrawn", count(s.Withdrawn), count(s.LinesWithdrawn))
	text := fmt.Sprintf("%d events recorded in %.1f s", s.Events, s.Seconds)
	if s.DryRun {
		text = "nothing was recorded: this was a dry run"
	}
	doc := output.Document{
		Value: s, Flat: &output.Grid{Heads: []string{
			"source", "edition", "dry_run", "entries", "lines", "refused_lines", "added", "changed", "withdrawn",
			"lines_added", "lines_withdrawn", "events", "problem_rows",
		}},
		Sections: []output.Section{{Title: fmt.Sprintf("edition %s of %s", s.Edition, s.Source), Grid: grid, Text: text}},
	}
	doc.Flat.Add(s.Source, s.Edition, fmt.Sprint(s.DryRun), count(s.Entries), count(s.Lines), count(s.RefusedLines), count(s.Added),
		count(s.Changed), count(s.Withdrawn), count(s.LinesAdded), count(s.LinesWithdrawn), number(s.Events), count(s.ProblemRows))
	doc.Sections = appendFindings(doc.Sections, "rows that could not be read", s.Problems)
	doc.Sections = appendFindings(doc.Sections, "read, but not without doubt", s.Remarks)
	return doc
}

// appendFindings lists them as "file:line: reason".
func appendFindings(sections []output.Section, title string, all []finding) []output.Section {
	if len(all) == 0 {
		return sections
	}
	section := output.Section{Title: title}
	for _, f := range all {
		section.Text += output.Clean(fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Reason))
		if f.Rows > 1 {
			section.Text += fmt.Sprintf(" (%d rows)", f.Rows)
		}
		section.Text += "\n"
	}
	return append(sections, section)
}
