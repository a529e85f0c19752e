package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newDiffCommand(env *Env) *cobra.Command {
	d := &diffing{env: env}
	var filter filterFlags
	var table, before, after string
	cmd := &cobra.Command{
		Use:   "diff BEFORE AFTER [ID]",
		Short: "Show what changed between two points, field by field, and by which events",
		Long: "BEFORE and AFTER are days (their first moment), times with their zone, or now: what was on record then, or with --true what had come\n" +
			"true by then, or with --known-to what an agency had received by then.\n\n" +
			"With ID it is that row, its lines and what names it; without, the whole ledger or one table. Filters are of a table: a row that only the\n" +
			"later list has came, one that only the earlier list has went. Rows that an edition withdrew are in no list without --withdrawn.",
		Example: "counterfoil diff 2026-01-01 now licensing/L-2026-000001\n" +
			"counterfoil diff 2012-07-12 2012-11-09 --table licences -o csv\n" +
			"counterfoil diff 2026-03-01 2026-03-02 --known-to customs",
		Args: betweenPoints(&before, &after, &d.req.Id),
	}
	filter.add(cmd)
	cmd.Flags().StringVar(&table, "table", "", "only rows of this table")
	cmd.Flags().BoolVar(&d.trueAt, "true", false, "compare what had come true by then, as it is known today")
	cmd.Flags().StringVar(&d.knownTo, "known-to", "", "compare what this agency had received by then")
	cmd.MarkFlagsMutuallyExclusive("true", "known-to")
	_ = cmd.RegisterFlagCompletionFunc("table", cobra.FixedCompletions(tableNames(), cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) (err error) {
		if table != "" {
			if d.req.Table, err = parseTable(table); err != nil {
				return err
			}
		}
		if d.req.Filter, err = filter.filter(); err != nil {
			return err
		}
		if d.req.Before, err = d.point("BEFORE", before); err != nil {
			return err
		}
		if d.req.After, err = d.point("AFTER", after); err != nil {
			return err
		}
		return doing(strings.TrimSpace("diff "+before+" "+after+" "+d.req.Id), "", d.run(ctx, c))
	})
	return cmd
}

// betweenPoints takes two points and maybe an id.
func betweenPoints(before, after, id *string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 2 && len(args) != 3 {
			return fmt.Errorf("give BEFORE and AFTER, and maybe the ID of a row: %d arguments were given", len(args))
		}
		*before, *after = args[0], args[1]
		if len(args) == 3 {
			*id = args[2]
		}
		return nil
	}
}

// diffing is a comparison of two points.
type diffing struct {
	env     *Env
	req     queryv1.DifferencesRequest
	trueAt  bool
	knownTo string

	began bool
	all   []json.RawMessage // gathered for json and yaml
}

// diffed is what a comparison came to, as json and yaml.
type diffed struct {
	Differences []json.RawMessage `json:"differences"`
	Done        json.RawMessage   `json:"done"`
	Compared    uint64            `json:"compared"`
}

// point reads a day, a time or "now" on the axis that was chosen.
func (d *diffing) point(which, text string) (*queryv1.Horizon, error) {
	h := &queryv1.Horizon{KnownTo: d.knownTo}
	if text == "now" {
		return h, nil
	}
	at, err := parseTime("", text)
	switch {
	case err != nil || at == nil:
		return nil, usage("%s %q is neither now nor a day such as 2008-12-31 nor a time such as 2008-12-31T12:00:00Z", which, text)
	case d.knownTo != "":
		h.At = at
	case d.trueAt:
		h.TrueAt = at
	default:
		h.AsOf = at
	}
	return h, nil
}

// run prints what comes as it comes, where the format allows it. A stream that ends before the node says it is done is an error.
func (d *diffing) run(ctx context.Context, c *Clients) error {
	stream, err := c.Compare.Differences(ctx, &d.req)
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return errors.New("the node stopped before it had compared everything")
		}
		if err != nil {
			return err
		}
		if err := d.show(res.Differences); err != nil {
			return fmt.Errorf("print: %w", err)
		}
		if res.Done != nil {
			return d.end(res)
		}
	}
}

var diffHeads = []string{"what", "table", "record", "field", "before", "after", "by"}

func (d *diffing) show(found []*queryv1.Difference) error {
	switch d.env.Format {
	case output.JSON, output.YAML:
		for _, one := range found {
			data, err := output.Proto(one)
			if err != nil {
				return err
			}
			d.all = append(d.all, data)
		}
		return nil
	case output.JSONL:
		lines, err := output.NewLines(d.env.Out, output.JSONL, nil)
		for _, one := range found {
			if err == nil {
				err = lines.Write(one)
			}
		}
		return err
	}
	grid := output.Grid{Heads: diffHeads}
	for _, one := range found {
		differenceRows(&grid, one, d.env.Format == output.CSV)
	}
	if d.env.Format == output.CSV {
		heads := diffHeads
		if d.began {
			heads = nil
		}
		d.began = true
		return output.WriteCSV(d.env.Out, heads, grid.Rows)
	}
	if len(grid.Rows) == 0 {
		return nil
	}
	return d.env.Print(output.Document{Sections: []output.Section{{Grid: grid}}})
}

// differenceRows adds a line for each field that changed. every repeats in each line which row it is and what did it.
func differenceRows(grid *output.Grid, d *queryv1.Difference, every bool) {
	var by []string
	for _, e := range d.Events {
		by = append(by, note(e))
	}
	lead, cause := []string{enum(d.Kind), enum(d.Table), d.Id}, strings.Join(by, " ")
	changes := d.Changes
	if len(changes) == 0 {
		changes = []*queryv1.FieldChange{{}}
	}
	for i, c := range changes {
		if i > 0 && !every {
			lead, cause = []string{"", "", ""}, ""
		}
		grid.Add(append(lead[:3:3], c.Path, c.GetBefore(), c.GetAfter(), cause)...)
	}
}

func (d *diffing) end(res *queryv1.DifferencesResponse) error {
	done := res.Done
	summary := fmt.Sprintf("%d came, %d went, %d changed; %d rows were compared", done.Came, done.Went, done.Changed, res.Compared)
	switch d.env.Format {
	case output.Table:
		if err := d.env.Print(output.Document{Sections: []output.Section{{Text: summary}}}); err != nil {
			return err
		}
	case output.JSON, output.YAML:
		data, err := output.Proto(done)
		if err != nil {
			return err
		}
		if err := d.env.Print(output.Document{Value: diffed{append([]json.RawMessage{}, d.all...), data, res.Compared}}); err != nil {
			return err
		}
	default:
		d.env.Advise("%s", summary)
	}
	if done.Moved {
		d.env.Advise("more was recorded while now was compared: what was printed first is of an earlier moment")
	}
	return nil
}
