package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/columns"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// tableExporter writes tables into a folder, a file each.
type tableExporter struct {
	env         *Env
	dir, format string
	named       []string
	force       bool
	filters     filterFlags
	horizons    horizonFlags

	filter  *queryv1.Filter
	horizon *queryv1.Horizon
	index   exportIndex
	shown   *progress
	rows    int64 // of all tables so far
	done    exportedTables
}

func newExportTablesCommand(env *Env) *cobra.Command {
	ex := &tableExporter{env: env}
	cmd := &cobra.Command{
		Use:   "tables --to DIR",
		Short: "Write tables and events for analysts: Parquet, CSV or JSON lines, with a data dictionary",
		Long: "Writes a file for each table that has rows, or for those that are named, and dictionary.csv, dictionary.json and index.json beside them: what every\n" +
			"column is, and what the files rest on, with the SHA-256 of each. Rows are what list shows: those that an edition withdrew are left out without --withdrawn.\n\n" +
			"A file is there whole or not at all. Run again, it goes on with the tables that are missing; a folder that holds another export is left as\n" +
			"it is, and the exit code is 3, unless --force is given. A ledger goes on while it is read: what moved is said in index.json and here.",
		Example: "counterfoil export tables --to ./out\n" +
			"counterfoil export tables --to ./2008 --table licences,lines --year 2008 --format csv\n" +
			"counterfoil export tables --to ./then --as-of 2026-06-30",
		Args: takes(),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		return doing("export tables", env.again(), refused(ex.run(ctx, c)))
	})
	flags := cmd.Flags()
	flags.StringVar(&ex.dir, "to", "", "folder to write to; it is made where it is not there (required)")
	flags.StringSliceVar(&ex.named, "table", nil, "only these tables, such as licences, also when they are empty (default: every table that has rows)")
	flags.StringVar(&ex.format, "format", "parquet", "parquet, csv or jsonl")
	flags.BoolVar(&ex.force, "force", false, "write over an export of something else, and over files that were changed")
	ex.filters.add(cmd)
	ex.horizons.add(cmd)
	complete(cmd, "table", tableNames()...)
	complete(cmd, "format", columns.Formats()...)
	require(cmd, "to")
	return cmd
}

func (ex *tableExporter) run(ctx context.Context, c *Clients) error {
	named, err := ex.prepare()
	if err != nil {
		return err
	}
	if err := ex.begin(c.Context.Agency); err != nil {
		return err
	}
	plan, err := ex.plan(ctx, c, named)
	if err != nil {
		return err
	}
	ex.shown = ex.env.startProgress("export", "rows")
	for _, p := range plan {
		ex.rows += int64(p.rows)
	}
	ex.shown.total(ex.rows)
	ex.rows = 0
	for _, p := range plan {
		if err = ex.table(ctx, c, p); err != nil {
			err = fmt.Errorf("table %s: %w", tableName(p.table.String()), err)
			break
		}
	}
	ex.shown.stop()
	if err != nil {
		return err
	}
	if err := ex.dictionary(ctx, c, plan); err != nil {
		return err
	}
	if err := ex.end(); err != nil {
		return err
	}
	return ex.tell()
}

// prepare reads and checks what does not need the node, and makes the folder.
func (ex *tableExporter) prepare() (named []queryv1.Table, err error) {
	if !slices.Contains(columns.Formats(), ex.format) {
		return nil, usage("tables are written as %s, not as %q", strings.Join(columns.Formats(), ", "), ex.format)
	}
	for _, name := range ex.named {
		table, err := parseTable(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(named, table) {
			named = append(named, table)
		}
	}
	slices.Sort(named)
	if ex.filter, err = ex.filters.filter(); err != nil {
		return nil, err
	}
	if named == nil && (len(ex.filter.Conditions) > 0 || ex.filter.From != nil || ex.filter.Until != nil) {
		return nil, usage("not every table has what is asked for: name those that have, --table licences,lines")
	}
	if ex.horizon, err = ex.horizons.horizon(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(ex.dir, 0o700); err != nil {
		return nil, usage("--to %s is no folder, and cannot be made one: %v", ex.dir, err)
	}
	return named, nil
}

// planned is a table that is written, and how many rows it was counted to have.
type planned struct {
	table queryv1.Table
	rows  uint64
}

// plan is the tables that are named, or else those that have rows.
func (ex *tableExporter) plan(ctx context.Context, c *Clients, named []queryv1.Table) (list []planned, err error) {
	tables := named
	for i := 1; named == nil && i <= len(tableNames()); i++ {
		tables = append(tables, queryv1.Table(i))
	}
	ex.index.Empty = []string{}
	for _, table := range tables {
		res, err := c.Query.Count(ctx, &queryv1.CountRequest{Table: table, Filter: ex.filter, Horizon: ex.horizon})
		switch {
		case err != nil:
			return nil, fmt.Errorf("count %s: %w", tableName(table.String()), err)
		case res.Total == 0 && named == nil:
			ex.index.Empty = append(ex.index.Empty, tableName(table.String()))
		default:
			list = append(list, planned{table, res.Total})
		}
	}
	return list, nil
}

// exportedTables is what an export came to. Its keys are stable.
type exportedTables struct {
	Folder  string         `json:"folder"`
	Agency  string         `json:"agency"`
	Format  string         `json:"format"`
	RestsOn string         `json:"rests_on"`
	Moved   []string       `json:"moved"`
	Tables  []tableOutcome `json:"tables"`
}

type tableOutcome struct {
	exportedTable
	Status string `json:"status"` // written, there already
}

// tell prints what was written, and says what has to be known of it.
func (ex *tableExporter) tell() error {
	ex.done.Folder, ex.done.Agency, ex.done.Format = ex.dir, ex.index.Agency, ex.format
	ex.done.RestsOn, ex.done.Moved = ex.index.RestsOn, ex.index.Moved
	doc := output.Document{Value: ex.done, Items: []any{}, Flat: &output.Grid{Heads: []string{"table", "file", "rows", "bytes", "sha256", "status"}}}
	for _, t := range ex.done.Tables {
		doc.Items = append(doc.Items, t)
		doc.Flat.Add(t.Table, t.File, number(t.Rows), number(t.Bytes), t.SHA256, t.Status)
	}
	doc.Sections = []output.Section{{Grid: *doc.Flat}}
	if err := ex.env.Print(doc); err != nil {
		return err
	}
	if !slices.ContainsFunc(ex.done.Tables, func(t tableOutcome) bool { return t.Status == "written" }) {
		ex.env.Advise("nothing was missing; to write it anew: %s", ex.env.again("--force"))
	}
	if len(ex.index.Moved) > 0 {
		ex.env.Advise("the ledger went on between the first table and the last, in %s: rows may be of different moments; for one state: %s --at %s --force",
			strings.Join(ex.index.Moved, ", "), ex.env.again("--known-to", ex.index.Agency), ex.index.Started.Format("2006-01-02T15:04:05Z"))
	}
	return nil
}
