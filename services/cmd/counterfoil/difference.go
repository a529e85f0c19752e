package main

import (
	"context"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newDifferenceCommand(env *Env) *cobra.Command {
	return family("difference", "List, answer and close the tasks that figures which differ became",
		newListDifferencesCommand(env), newShowDifferenceCommand(env), newAnswerDifferenceCommand(env), newCloseDifferenceCommand(env))
}

func newListDifferencesCommand(env *Env) *cobra.Command {
	var owner string
	var closed bool
	cmd := &cobra.Command{
		Use:         "list",
		Short:       "List the tasks that are open, or that were closed",
		Args:        takes(),
		Annotations: readsOnly,
	}
	cmd.Flags().StringVar(&owner, "owner", "", "only those that this agency is to answer")
	cmd.Flags().BoolVar(&closed, "closed", false, "those that were closed")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		open := "true"
		if closed {
			open = "false"
		}
		rows, err := everyRow(ctx, c, queryv1.Table_TABLE_DIFFERENCES, "open", open)
		if err != nil {
			return doing("difference list", "", err)
		}
		list := []*queryv1.Row{}
		grid := output.Grid{Heads: heads(queryv1.Table_TABLE_DIFFERENCES)}
		doc := output.Document{Items: []any{}}
		for _, r := range rows {
			if owner == "" || r.GetDifference().GetFound().GetDifference().GetOwner() == owner {
				list = append(list, r)
				grid.Add(cells(r)...)
				doc.Items = append(doc.Items, r.GetDifference())
			}
		}
		doc.Value, doc.Flat, doc.Sections = &queryv1.ListResponse{Rows: list}, &grid, []output.Section{{Grid: grid}}
		if len(list) == 0 {
			doc.Sections = []output.Section{{Text: "there is no such difference"}}
		}
		return env.Print(doc)
	})
	return cmd
}

func newShowDifferenceCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:         "show DIFFERENCE",
		Short:       "Show a task with the records behind both figures, what may explain it, and what its owner answered",
		Args:        takes("DIFFERENCE"),
		Annotations: readsOnly,
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		what := "difference show " + args[0]
		res, err := c.Query.Get(ctx, &queryv1.GetRequest{Table: queryv1.Table_TABLE_DIFFERENCES, Id: args[0]})
		if err != nil {
			return doing(what, "counterfoil difference list", err)
		}
		answers, err := everyRow(ctx, c, queryv1.Table_TABLE_DIFFERENCE_ANSWERS, "record", args[0])
		if err != nil {
			return doing(what, "", err)
		}
		return env.Print(differenceDocument(res.GetRow(), answers))
	})
	return cmd
}

func differenceDocument(row *queryv1.Row, answers []*queryv1.Row) output.Document {
	all := append([]*queryv1.Row{row}, answers...)
	d := row.GetDifference()
	of := d.GetFound().GetDifference()
	doc := output.Document{Value: &queryv1.ListResponse{Rows: all}, Items: []any{}}
	for _, r := range all {
		doc.Items = append(doc.Items, r)
	}
	behind := output.Grid{Heads: []string{"figure", "amount", "record"}}
	for _, side := range []struct {
		name     string
		amount   int64
		subjects []string
	}{{"ours", of.GetOurs(), of.GetOurSubjects()}, {"theirs", of.GetTheirs(), of.GetTheirSubjects()}} {
		if len(side.subjects) == 0 {
			side.subjects = []string{""}
		}
		for _, subject := range side.subjects {
			behind.Add(side.name, measured(of.GetMeasure(), side.amount), subject)
		}
	}
	doc.Sections = []output.Section{
		{Grid: output.Grid{Heads: heads(queryv1.Table_TABLE_DIFFERENCES), Rows: [][]string{cells(row)}}, Text: of.GetText()},
		{Title: "the records behind it", Grid: behind},
	}
	said := output.Grid{Heads: heads(queryv1.Table_TABLE_DIFFERENCE_ANSWERS)}
	for _, r := range answers {
		said.Add(cells(r)...)
	}
	if len(answers) > 0 {
		doc.Sections = append(doc.Sections, output.Section{Title: "answered", Grid: said})
	}
	if d.GetClosed() != nil {
		doc.Sections = append(doc.Sections, output.Section{Text: "closed on " + date(d.GetClosedAt()) + " as " + enum(d.GetClosed().GetFinding()) + ": " + output.Clean(d.GetClosed().GetReason())})
	}
	return doc
}

const findingUsage = "what it came from: theirs-wrong, ours-wrong, both-right or unexplained (required)"

func newAnswerDifferenceCommand(env *Env) *cobra.Command {
	req := &reportingv1.AnswerDifferenceRequest{}
	var finding string
	cmd := &cobra.Command{
		Use:     "answer DIFFERENCE",
		Short:   "Record, in this agency's own journal, what it found; a later answer takes the place of an earlier one",
		Example: "counterfoil difference answer reporting/X-2026-000001 --finding both-right --text 'left in December'",
		Args:    takes("DIFFERENCE"),
	}
	cmd.Flags().StringVar(&finding, "finding", "", findingUsage)
	cmd.Flags().StringVar(&req.Text, "text", "", "what was found (required)")
	require(cmd, "finding", "text")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DifferenceId = args[0]
		value, err := parseEnum("finding", finding, reportingv1.Finding_FINDING_UNSPECIFIED)
		if err != nil {
			return nil, err
		}
		req.Finding = reportingv1.Finding(value)
		return c.Difference.AnswerDifference(ctx, req)
	})
}

func newCloseDifferenceCommand(env *Env) *cobra.Command {
	req := &reportingv1.CloseDifferenceRequest{}
	var finding string
	cmd := &cobra.Command{
		Use:   "close DIFFERENCE",
		Short: "Settle a task, on its owner's answer or with the reason why there is none",
		Args:  takes("DIFFERENCE"),
	}
	cmd.Flags().StringVar(&finding, "finding", "", findingUsage)
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why it is settled (required)")
	require(cmd, "finding", "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DifferenceId = args[0]
		value, err := parseEnum("finding", finding, reportingv1.Finding_FINDING_UNSPECIFIED)
		if err != nil {
			return nil, err
		}
		req.Finding = reportingv1.Finding(value)
		return c.Reconciliation.CloseDifference(ctx, req)
	})
}
