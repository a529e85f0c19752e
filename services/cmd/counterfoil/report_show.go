package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newReportListCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:         "list",
		Short:       "List the reports on record, with their revisions, drafts and where they stand",
		Args:        takes(),
		Annotations: map[string]string{"reads": "yes"},
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		return doing("report list", "", env.listAll(ctx, c, &queryv1.ListRequest{Table: queryv1.Table_TABLE_REPORTS, PageSize: maxPage}))
	})
	return cmd
}

func newReportCheckCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check REPORT/YEAR|ID[#DRAFT]",
		Short: "List what stands between a report and its submission, each with the command to type next",
		Long: "List what stands between a report and its submission, as its facts stand or as a draft on record has it. What blocks has to\n" +
			"be settled, or a reason given, before the report is frozen. Ends with exit code 3 when there is anything.",
		Example:     "counterfoil report check att-annual/2025\ncounterfoil report check reporting/att-annual-2025.1",
		Args:        takes("REPORT"),
		Annotations: map[string]string{"reads": "yes"},
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		which, err := parseWhich(args[0], 0)
		if err != nil {
			return err
		}
		what := "report check " + args[0]
		res, err := c.Report.CheckReport(ctx, &reportingv1.CheckReportRequest{Which: which})
		if err != nil {
			return doing(what, "", err)
		}
		if err := env.Print(problemsDocument(res)); err != nil || len(res.Problems) == 0 {
			return err
		}
		return problems(what, fmt.Sprintf("%d things are to be looked at", len(res.Problems)), firstCommand(res.Problems[0].Next))
	})
	return cmd
}

// firstCommand is the command that a problem names first.
func firstCommand(next string) string {
	first, _, _ := strings.Cut(next, ",")
	return first
}

func problemsDocument(res *reportingv1.CheckReportResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{}, ItemType: &reportingv1.Problem{}}
	for _, p := range res.Problems {
		doc.Items = append(doc.Items, p)
	}
	doc.Sections = []output.Section{{Text: "nothing is to be looked at"}}
	if len(res.Problems) > 0 {
		doc.Sections = []output.Section{{Grid: problemsGrid(res.Problems)}}
	}
	return doc
}

func problemsGrid(list []*reportingv1.Problem) output.Grid {
	grid := output.Grid{Heads: []string{"problem", "blocks", "what", "about", "next"}}
	for _, p := range list {
		about := strings.Join(p.Subjects, " ")
		if more := int(p.Count) - len(p.Subjects); more > 0 {
			about += fmt.Sprintf(" and %d more", more)
		}
		grid.Add(p.Code, yesNo(p.Blocks), p.Text, about, p.Next)
	}
	return grid
}

func newReportReadCommand(env *Env) *cobra.Command {
	req := &reportingv1.ReadDraftRequest{}
	cmd := &cobra.Command{
		Use:         "read ID[#DRAFT]",
		Short:       "Show a draft, or a frozen report, as this agency's own ledger has it",
		Example:     "counterfoil --context customs report read reporting/att-annual-2025.1",
		Args:        takes("ID"),
		Annotations: map[string]string{"reads": "yes"},
	}
	cmd.Flags().StringVar(&req.Table, "table", "", "only this table")
	cmd.Flags().BoolVar(&req.Contributions, "contributions", false, "with what each row is made of")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) (err error) {
		if req.ReportId, req.Draft, err = parseDraft(args[0]); err != nil {
			return err
		}
		res, err := c.Draft.ReadDraft(ctx, req)
		if err != nil {
			return doing("report read "+args[0], "", err)
		}
		return env.Print(draftDocument(res))
	})
	return cmd
}

// draftDocument shows a draft: a grid for each table, and what its facts had against them.
func draftDocument(res *reportingv1.ReadDraftResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{}, ItemType: &reportingv1.Row{}}
	for _, r := range res.GetContent().GetRows() {
		doc.Items = append(doc.Items, r)
	}
	for _, t := range res.GetContent().GetTables() {
		grid := output.Grid{Heads: append(append([]string{"row"}, t.GetDimensions()...), "amount", "comment", "hidden")}
		for _, r := range res.GetContent().GetRows() {
			if r.GetTable() == t.GetTable() {
				grid.Add(append(append([]string{r.GetId()}, r.GetKeys()...), amountsWord(r.GetAmounts()), r.GetComment(), hiddenWord(r.GetHidden()))...)
			}
		}
		section := output.Section{Title: t.GetTable(), Grid: grid}
		if len(grid.Rows) == 0 {
			section = output.Section{Title: t.GetTable(), Text: map[bool]string{true: "nil", false: "no rows"}[t.GetNil()]}
		}
		doc.Sections = append(doc.Sections, section)
	}
	if len(res.GetProblems()) > 0 {
		doc.Sections = append(doc.Sections, output.Section{Title: "problems", Grid: problemsGrid(res.GetProblems())})
	}
	return doc
}

// amountsWord is what a row comes to; nothing where it has none.
func amountsWord(a *reportingv1.Amounts) string {
	if a == nil {
		return ""
	}
	var words []string
	for _, q := range a.GetQuantities() {
		words = append(words, strings.TrimSuffix(strings.TrimRight(decimal(q.GetThousandths(), 3), "0"), ".")+" "+q.GetUnit())
	}
	for _, v := range a.GetValues() {
		words = append(words, amount(v.GetMinor(), v.GetCurrency()))
	}
	if len(words) == 0 {
		words = append(words, fmt.Sprintf("%d lines", a.GetLines()))
	}
	return strings.Join(words, ", ")
}

func newReportCompareCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compare A B",
		Short: "List every figure that differs between two reports of a year, with what made it differ",
		Long: "List every figure that differs between two reports of a year, with what made it differ: an error that was corrected, data that\n" +
			"came late, or another method. A and B are REPORT/YEAR as its facts stand now, or a report on record by its ID or ID#DRAFT.",
		Example:     "counterfoil report compare reporting/att-annual-2025.1 att-annual/2025\ncounterfoil report compare reporting/att-annual-2025.1#1 reporting/att-annual-2025.1#2",
		Args:        takes("A", "B"),
		Annotations: map[string]string{"reads": "yes"},
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		a, err := parseWhich(args[0], 0)
		if err != nil {
			return err
		}
		b, err := parseWhich(args[1], 0)
		if err != nil {
			return err
		}
		res, err := c.Report.CompareReports(ctx, &reportingv1.CompareReportsRequest{A: a, B: b})
		if err != nil {
			return doing("report compare "+strings.Join(args, " "), "", err)
		}
		return env.Print(changesDocument(res))
	})
	return cmd
}

// changesDocument has a record for each contribution that differs; as a table, rows and then what they are made of.
func changesDocument(res *reportingv1.CompareReportsResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{}, Flat: &output.Grid{Heads: []string{"table", "row", "keys", "a", "b", "subject", "of_a", "of_b", "cause", "why"}}}
	grid := output.Grid{Heads: []string{"table", "row", "of", "a", "b", "cause", "why"}}
	for _, r := range res.Rows {
		doc.Items = append(doc.Items, r)
		keys := strings.Join(r.GetKeys(), " | ")
		grid.Add(r.GetTable(), r.GetRowId(), keys, amountsWord(r.GetA()), amountsWord(r.GetB()), "", "")
		for _, c := range r.GetChanges() {
			subject := orElse(c.GetA().GetSubject(), c.GetB().GetSubject())
			a, b, cause := amountsWord(c.GetA().GetAmounts()), amountsWord(c.GetB().GetAmounts()), enum(c.GetCause())
			grid.Add("", "", "  "+subject, a, b, cause, c.GetText())
			doc.Flat.Add(r.GetTable(), r.GetRowId(), keys, amountsWord(r.GetA()), amountsWord(r.GetB()), subject, a, b, cause, c.GetText())
		}
	}
	doc.Sections = []output.Section{{Grid: grid}}
	if len(res.Rows) == 0 {
		doc.Sections = []output.Section{{Text: "no figure differs"}}
	}
	return doc
}
