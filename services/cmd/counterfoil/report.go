package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newReportCommand(env *Env) *cobra.Command {
	return family("report", "Make, check, show and write reports, and draw totals", append(reportLife(env),
		newTotalsCommand(env), newRequestReturnCommand(env), newSubmitReturnCommand(env), newProcedureCommand(env),
		newBuildReportCommand(env), newExportReportCommand(env),
		newAnswersCommand(env), newMeasureCommand(env), newPublicRequestCommand(env), newSetupCommand(env), newWordsCommand(env),
		newExplainFigureCommand(env), newLineageCommand(env))...)
}

func newTotalsCommand(env *Env) *cobra.Command {
	req := &reportingv1.TotalsRequest{}
	var by []string
	cmd := &cobra.Command{
		Use:     "totals",
		Short:   "Add up lines by year, rating, category, destination or kind",
		Example: "counterfoil report totals --by year,destination -o csv",
		Args:    takes(),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		for _, name := range by {
			value, err := parseEnum("by", name, reportingv1.Dimension_DIMENSION_UNSPECIFIED)
			if err != nil {
				return err
			}
			req.By = append(req.By, reportingv1.Dimension(value))
		}
		res, err := c.Reporting.Totals(ctx, req)
		if err != nil {
			return doing("report totals", "", err)
		}
		return env.Print(totalsDocument(by, res))
	})
	cmd.Flags().StringSliceVar(&by, "by", []string{"year"}, "what is kept apart, in the order of the columns: year, rating, category, destination, kind")
	cmd.Flags().Uint32Var(&req.Year, "year", 0, "only this year")
	cmd.Flags().BoolVar(&req.Refused, "refused", false, "what was refused, instead of what was authorized")
	return cmd
}

// totalsDocument has a column for each dimension; as csv a record for each currency, so that amounts can be added up.
func totalsDocument(by []string, res *reportingv1.TotalsResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{}}
	grid := output.Grid{Heads: append(by[:len(by):len(by)], "lines", "licences", "value")}
	doc.Flat = &output.Grid{Heads: append(by[:len(by):len(by)], "lines", "licences", "minor", "currency")}
	for _, total := range res.Totals {
		doc.Items = append(doc.Items, total)
		start := append(total.Keys[:len(total.Keys):len(total.Keys)], number(total.Lines), number(total.Licences))
		var values []string
		for i, sum := range total.Values {
			values = append(values, amount(sum.Minor, sum.Currency))
			if i > 0 { // counted once
				start[len(start)-2], start[len(start)-1] = "", ""
			}
			doc.Flat.Add(append(start[:len(start):len(start)], count(int(sum.Minor)), sum.Currency)...)
		}
		if len(values) == 0 {
			doc.Flat.Add(append(start[:len(start):len(start)], "", "")...)
		}
		grid.Add(append(total.Keys[:len(total.Keys):len(total.Keys)], number(total.Lines), number(total.Licences), strings.Join(values, ", "))...)
	}
	doc.Sections = []output.Section{{Grid: grid}}
	return doc
}

func newRequestReturnCommand(env *Env) *cobra.Command {
	req := &reportingv1.RequestReturnRequest{}
	var due string
	cmd := &cobra.Command{
		Use:   "request-return",
		Short: "Ask agencies for their contribution to a form of a year",
		Args:  takes(),
	}
	cmd.Flags().Uint32Var(&req.Year, "year", 0, "year that the form is about (required)")
	cmd.Flags().StringVar(&req.Form, "form", "", `which form, such as "att-annual-exports" (required)`)
	cmd.Flags().StringSliceVar(&req.Agencies, "agency", nil, "agency that is asked; may be given more than once (required)")
	cmd.Flags().StringVar(&due, "due", "", "by when: yyyy-mm-dd, or a time with its zone (required)")
	require(cmd, "year", "form", "agency", "due")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, _ []string) (_ recorded, err error) {
		if req.Due, err = parseTime("due", due); err != nil {
			return nil, err
		}
		return c.Reporting.RequestReturn(ctx, req)
	})
}

func newSubmitReturnCommand(env *Env) *cobra.Command {
	req := &reportingv1.SubmitReturnRequest{}
	var none bool
	var comment string
	cmd := &cobra.Command{
		Use:   "submit-return REQUEST",
		Short: "Record, in this agency's own journal, its contribution",
		Args:  takes("REQUEST"),
	}
	fromFile(cmd, "the figures")
	cmd.Flags().BoolVar(&none, "nil", false, "this agency has nothing to report")
	cmd.Flags().StringVar(&comment, "comment", "", "what the reader of the figures should know")
	cmd.MarkFlagsOneRequired("file", "nil")
	cmd.MarkFlagsMutuallyExclusive("file", "nil")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.RequestId, req.Comment = args[0], orElse(comment, req.Comment)
		req.Nil = req.Nil || none
		return c.Return.SubmitReturn(ctx, req)
	})
}

// parseEnum reads a value as people write it, such as "destination" for DIMENSION_DESTINATION. zero is the unspecified
// value, which cannot be asked for.
func parseEnum(flag, text string, zero protoreflect.Enum) (protoreflect.EnumNumber, error) {
	values := zero.Descriptor().Values()
	prefix := strings.TrimSuffix(string(values.ByNumber(0).Name()), "UNSPECIFIED")
	wanted := prefix + strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(text), "-", "_"))
	var names []string
	for i := range values.Len() {
		value := values.Get(i)
		if value.Number() == 0 {
			continue
		}
		if string(value.Name()) == wanted {
			return value.Number(), nil
		}
		names = append(names, strings.ToLower(strings.TrimPrefix(string(value.Name()), prefix)))
	}
	return 0, usage("--%s is one of %s, not %q", flag, strings.Join(names, ", "), text)
}
