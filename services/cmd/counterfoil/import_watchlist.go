package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/published"
	"github.com/counterfoil/counterfoil/libs/published/watchlists"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// listForm is a published form of a watch list.
type listForm struct {
	name, title string
	// dated: the file says of which day it is.
	dated bool
	read  func(file io.Reader, more map[string]io.Reader) (watchlists.List, error)
	// more are flags for files beside it, and what they hold.
	more map[string]string
}

var listForms = []listForm{
	{name: "un", title: "the consolidated list of the United Nations Security Council (XML)", dated: true,
		read: func(f io.Reader, _ map[string]io.Reader) (watchlists.List, error) { return watchlists.UN(f) }},
	{name: "ofac-sdn", title: "the list of specially designated nationals of the United States (sdn.csv)",
		read: func(f io.Reader, more map[string]io.Reader) (watchlists.List, error) {
			return watchlists.OFACSDN(f, more["alt"], more["comments"])
		},
		more: map[string]string{"alt": "file of its alternate names (alt.csv)", "comments": "file of its overlong remarks (sdn_comments.csv)"}},
	{name: "ofac-alt", title: "alternate names of specially designated nationals by themselves (alt.csv); ofac-sdn --alt has them in its entries",
		read: func(f io.Reader, _ map[string]io.Reader) (watchlists.List, error) { return watchlists.OFACAlt(f) }},
	{name: "bis-dpl", title: "the denied persons list of the United States (dpl.txt)", dated: true,
		read: func(f io.Reader, _ map[string]io.Reader) (watchlists.List, error) { return watchlists.BISDPL(f) }},
	{name: "csl", title: "the consolidated screening list of the United States (csl.csv)",
		read: func(f io.Reader, _ map[string]io.Reader) (watchlists.List, error) { return watchlists.CSL(f) }},
}

func newImportWatchlistCommand(env *Env) *cobra.Command {
	var members []*cobra.Command
	for _, form := range listForms {
		members = append(members, newImportListCommand(env, form))
	}
	return family("watchlist", "Record an edition of a watch list that parties are compared with", members...)
}

func newImportListCommand(env *Env, form listForm) *cobra.Command {
	im := listImporter{env: env}
	var edition string
	cmd := &cobra.Command{
		Use:   form.name + " FILE",
		Short: "Record an edition of " + form.title,
		Long: "The file is compared with what is on record, and what differs is recorded: entries that are new, that the edition\n" +
			"states otherwise, and that it left out. An import that was cut off is finished by running it again; run once more\n" +
			"it records nothing. Rows that cannot be read are reported, the others are recorded, and the exit code is 3.\n\n" +
			"Without --context it is the agency licensing that records.",
		Args: takes("FILE"),
	}
	beside := map[string]*string{}
	for flag, what := range form.more {
		beside[flag] = cmd.Flags().String(flag, "", what)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := time.Parse(time.DateOnly, edition); edition != "" && err != nil {
			return usage("--edition %s is not a day such as 2018-10-29", edition)
		}
		if im.batch < 1 || im.batch > maxBatch {
			return usage("--batch is from 1 to %d", maxBatch)
		}
		if env.Context == "" {
			if licensing, err := env.ofAgency("licensing"); err == nil {
				env.Context = licensing.Name
			}
		}
		return env.online(func(ctx context.Context, c *Clients, args []string) error {
			im.client, im.edition = c.List, edition
			return env.importList(ctx, &im, form, args[0], beside)
		})(cmd, args)
	}
	cmd.Flags().StringVar(&edition, "edition", "", "the edition's date, yyyy-mm-dd")
	cmd.Flags().IntVar(&im.batch, "batch", 500, "entries of one request, at most 1000")
	cmd.Flags().BoolVar(&im.dryRun, "dry-run", false, "say what would be recorded, and record nothing")
	if !form.dated {
		require(cmd, "edition")
	}
	return cmd
}

func (env *Env) importList(ctx context.Context, im *listImporter, form listForm, file string, beside map[string]*string) error {
	what := "import watchlist " + form.name
	started := env.Now()
	list, err := readList(form, file, beside)
	if err != nil {
		return doing(what, "counterfoil import watchlist "+form.name+" --help", err)
	}
	if im.source = list.Source; im.edition == "" {
		im.edition = list.Date
	}
	if im.edition == "" {
		return usage("%s does not say of which day it is; give --edition yyyy-mm-dd", file)
	}
	recorded, err := im.contents(ctx)
	if err != nil {
		return doing(what, "", err)
	}
	if recorded.latest > im.edition {
		return usage("edition %s cannot be recorded: the later edition %s is on record already", im.edition, recorded.latest)
	}
	changes := differences(recorded.digests, list)
	summary := changes.summary(im, list)
	if !im.dryRun {
		if err := (&importer{env: env, edition: im.edition}).confirm(len(recorded.digests), len(changes.removed)); err != nil {
			return err
		}
		if summary.Events, err = im.record(ctx, recorded, changes); err != nil {
			env.Advise("%d events are on record; run it again to record the rest", summary.Events)
			return notTaken(what, err)
		}
	}
	summary.Seconds = env.Now().Sub(started).Seconds()
	if err := env.Print(summary.document()); err != nil || len(list.Problems) == 0 {
		return err
	}
	first := list.Problems[0]
	return problems(what, fmt.Sprintf("%d rows could not be read; the first is %s:%d: %s", summary.ProblemRows, first.File, first.Line, first.Reason), env.again())
}

// readList reads a list and the files beside it that were named.
func readList(form listForm, file string, beside map[string]*string) (watchlists.List, error) {
	main, err := os.Open(file)
	if err != nil {
		return watchlists.List{}, fmt.Errorf("open the list: %w", err)
	}
	defer main.Close()
	more := map[string]io.Reader{}
	for flag, name := range beside {
		if *name == "" {
			continue
		}
		f, err := os.Open(*name)
		if err != nil {
			return watchlists.List{}, fmt.Errorf("open what --%s names: %w", flag, err)
		}
		defer f.Close()
		more[flag] = f
	}
	list, err := form.read(main, more)
	for _, findings := range [][]published.Problem{list.Problems, list.Remarks} {
		for i := range findings {
			findings[i].File = givenAs(form, findings[i].File, file, beside)
		}
	}
	return list, err
}

// givenAs is the file that was named for one that a reader calls by the publisher's name.
func givenAs(form listForm, published, file string, beside map[string]*string) string {
	for flag := range form.more {
		if strings.HasSuffix(strings.TrimSuffix(published, ".csv"), flag) && *beside[flag] != "" {
			return *beside[flag]
		}
	}
	return file
}

// importedList is what an import of a watch list came to. Its keys are stable; numbers are plain ones.
type importedList struct {
	Source      string    `json:"source"`
	Edition     string    `json:"edition"`
	DryRun      bool      `json:"dry_run"`
	Entries     int       `json:"entries"`
	Names       int       `json:"names"`
	Added       int       `json:"added"`
	Changed     int       `json:"changed"`
	Removed     int       `json:"removed"`
	Events      uint64    `json:"events"` // recorded by this run
	Seconds     float64   `json:"seconds"`
	ProblemRows int       `json:"problem_rows"`
	Problems    []finding `json:"problems"`
	Remarks     []finding `json:"remarks"`
}

func listFindings(all []published.Problem) (list []finding, rows int) {
	list = make([]finding, len(all))
	for i, p := range all {
		list[i] = finding{p.File, p.Line, p.Reason, p.Rows}
		rows += p.Rows
	}
	return list, rows
}

func (s *importedList) document() output.Document {
	grid := output.Grid{Heads: []string{"", "entries"}}
	grid.Add("in the edition", count(s.Entries))
	grid.Add("added", count(s.Added))
	grid.Add("changed", count(s.Changed))
	grid.Add("left out", count(s.Removed))
	text := fmt.Sprintf("%d events recorded in %.1f s", s.Events, s.Seconds)
	if s.DryRun {
		text = "nothing was recorded: this was a dry run"
	}
	doc := output.Document{
		Value:    s,
		Flat:     &output.Grid{Heads: []string{"source", "edition", "dry_run", "entries", "names", "added", "changed", "removed", "events", "problem_rows"}},
		Sections: []output.Section{{Title: fmt.Sprintf("edition %s of list %s", s.Edition, s.Source), Grid: grid, Text: text}},
	}
	doc.Flat.Add(s.Source, s.Edition, fmt.Sprint(s.DryRun), count(s.Entries), count(s.Names), count(s.Added), count(s.Changed), count(s.Removed), number(s.Events), count(s.ProblemRows))
	doc.Sections = appendFindings(doc.Sections, "rows that could not be read", s.Problems)
	doc.Sections = appendFindings(doc.Sections, "read, but not without doubt", s.Remarks)
	return doc
}
