package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newReturnCommand(env *Env) *cobra.Command {
	return family("return", "Ask agencies for their part of a report, draw it from an agency's own records, correct and submit it",
		newReturnRequestCommand(env), newReturnPrepareCommand(env), newReturnSubmitCommand(env), newReturnListCommand(env))
}

func newReturnRequestCommand(env *Env) *cobra.Command {
	req := &reportingv1.RequestReturnRequest{}
	var due string
	cmd := &cobra.Command{
		Use:     "request --form F --year Y",
		Short:   "Ask agencies for their part of a report of a year; asking again takes the place of the earlier request",
		Example: "counterfoil return request --form att-annual --year 2025",
		Args:    takes(),
	}
	flags := cmd.Flags()
	flags.Uint32Var(&req.Year, "year", 0, "year that is reported on (required)")
	flags.StringVar(&req.Form, "form", "", `which report, such as "att-annual" (required)`)
	flags.StringSliceVar(&req.Agencies, "agency", nil, "agency that is asked; may be given more than once (default: those that the procedure names)")
	flags.StringVar(&due, "due", "", "by when: yyyy-mm-dd, or a time with its zone (default: the procedure's date)")
	require(cmd, "year", "form")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, _ []string) (_ recorded, err error) {
		if req.Due, err = parseTime("due", due); err != nil {
			return nil, err
		}
		return c.Reporting.RequestReturn(ctx, req)
	})
}

func newReturnPrepareCommand(env *Env) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "prepare REQUEST",
		Short: "Draw the figures of a return from this agency's own records, to be looked at and corrected",
		Long: "The file has a line for each figure, with what the agency's own records come to in prefilled_items and prefilled_value. Correct\n" +
			"items and value, give the reason beside each that you change, and leave the prefilled columns as they are. Lines may be added.\n\n" +
			"What an earlier return of this agency stated otherwise is kept where the records of the row are the same.",
		Example:     "counterfoil return prepare reporting/Q-2026-000001 --out exports.csv",
		Args:        takes("REQUEST"),
		Annotations: readsOnly,
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write them to, as CSV; one that is there is not overwritten")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		what := "return prepare " + args[0]
		res, err := c.Return.PrepareReturn(ctx, &reportingv1.PrepareReturnRequest{RequestId: args[0]})
		if err != nil {
			return doing(what, "counterfoil return list", err)
		}
		if out != "" {
			if err := saveReturn(out, res.Figures); err != nil {
				return doing(what, "", err)
			}
		}
		return env.Print(preparedDocument(args[0], out, res))
	})
	return cmd
}

// saveReturn writes a return's file where none is.
func saveReturn(name string, figures []*reportingv1.Figure) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usage("%s is there and may have been corrected; name another file", name)
	}
	if err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	if err := errors.Join(writeReturn(file, figures), file.Close()); err != nil {
		return fmt.Errorf("write figures to %s: %w", name, err)
	}
	return nil
}

// preparedDocument shows what was prepared, what was not placed, and what to do next.
func preparedDocument(request, file string, res *reportingv1.PrepareReturnResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{}, Flat: &output.Grid{Heads: figureHeads}}
	grid := output.Grid{Heads: []string{
		"table", "row", "basis", "counterpart", "origin", "intermediate", "description", "nature", "items", "value", "prefilled items", "prefilled value", "reason",
	}}
	for _, f := range res.Figures {
		doc.Items = append(doc.Items, f)
		cells := figureCells(f)
		doc.Flat.Add(cells...)
		grid.Add(f.GetTable(), f.GetRow(), f.GetBasis(), f.GetDestination(), f.GetOrigin(), f.GetIntermediate(), f.GetDescription(), f.GetNature(),
			strings.TrimSpace(cells[8]+" "+cells[9]), strings.TrimSpace(cells[10]+" "+cells[11]), cells[12], cells[13], f.GetReason())
	}
	if len(grid.Rows) > 0 {
		doc.Sections = []output.Section{{Grid: grid}}
	}
	return withAdvice(doc, request, file, res)
}

// withAdvice adds what the figures leave open.
func withAdvice(doc output.Document, request, file string, res *reportingv1.PrepareReturnResponse) output.Document {
	say := func(format string, args ...any) {
		doc.Sections = append(doc.Sections, output.Section{Text: fmt.Sprintf(format, args...)})
	}
	for _, p := range res.Problems {
		say("%s (%s): %s\n  next: %s", p.Text, p.Code, strings.Join(p.Subjects, " "), p.Next)
	}
	submit := "counterfoil return submit " + quote(request)
	if len(res.Figures) > 0 {
		submit += " --from " + quote(orElse(file, "FILE.csv"))
	}
	if len(res.Without) > 0 {
		say("nothing of %s is on record here; whether that is nil is for this agency to say", strings.Join(res.Without, " and "))
		submit += " --nil"
		if len(res.Figures) > 0 {
			submit += " --table " + strings.Join(res.Without, ",")
		}
	}
	if res.Submitted != nil {
		say("a return was submitted to this request before; the next one takes its place")
	}
	if file != "" {
		say("%s has %d figures", file, len(res.Figures))
	}
	say("next: %s", submit)
	return doc
}

func newReturnSubmitCommand(env *Env) *cobra.Command {
	req := &reportingv1.SubmitReturnRequest{}
	var from, comment string
	var none bool
	var tables []string
	cmd := &cobra.Command{
		Use:   "submit REQUEST --from FILE.csv|--nil",
		Short: "Put this agency's part of a report on record, in its own journal; a later return takes the place of an earlier one",
		Example: "counterfoil return submit reporting/Q-2026-000001 --from exports.csv --nil --table imports\n" +
			"counterfoil return submit reporting/Q-2026-000001 --nil",
		Args: takes("REQUEST"),
	}
	flags := cmd.Flags()
	flags.StringVar(&from, "from", "", `the file that counterfoil return prepare wrote, corrected; "-" is the standard input`)
	flags.BoolVar(&none, "nil", false, "this agency has nothing to report, at all or in the tables that are named")
	flags.StringSliceVar(&tables, "table", nil, "table that is nil, such as imports; may be given more than once")
	flags.StringVar(&comment, "comment", "", "what the reader of the figures should know")
	cmd.MarkFlagsOneRequired("from", "nil")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		switch {
		case len(tables) > 0 && !none:
			return nil, usage("--table says of which table --nil is: give --nil")
		case none && from != "" && len(tables) == 0:
			return nil, usage("--nil says that there is nothing to report at all; with figures, name the tables that are nil: --table")
		}
		req.RequestId, req.Comment = args[0], comment
		req.Nil, req.NilTables = none && len(tables) == 0, tables
		if from != "" {
			data, err := env.readFile(from)
			if err != nil {
				return nil, err
			}
			if req.Figures, err = parseReturn(from, data); err != nil {
				return nil, err
			}
			if len(req.Figures) == 0 && len(tables) == 0 {
				return nil, usage("%s has no figures; where there is nothing to report, say --nil", from)
			}
		}
		return c.Return.SubmitReturn(ctx, req)
	})
}
