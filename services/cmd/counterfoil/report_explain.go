package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/lineage"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newExplainFigureCommand(env *Env) *cobra.Command {
	var year uint32
	cmd := &cobra.Command{
		Use:   "explain REPORT CELL",
		Short: "Show the signed events behind a figure of a report, each with its proof",
		Long: "A CELL is a row's id, or the beginning of it, and after a dot quantity, value, licences or lines; without that, the whole\n" +
			"row. A table's name, or total, stands for all its rows. Each proof is checked here: that the event's hash leads to the root\n" +
			"of its journal, and that the key of its agency signed that. The exit code is 3 when one does not hold.\n" +
			"REPORT: " + whichUsage + ".",
		Example: "counterfoil report explain att-annual/2025 3f9a.quantity\ncounterfoil report explain att-annual/2025 exports -o json",
		Args:    takes("REPORT", "CELL"),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		which, err := parseWhich(args[0], year)
		if err != nil {
			return err
		}
		what := "report explain " + args[0] + " " + args[1]
		res, err := c.Report.ExplainFigure(ctx, &reportingv1.ExplainFigureRequest{Which: which, Cell: args[1]})
		if err != nil {
			return doing(what, "", err)
		}
		doc, broken := figureDocument(res)
		if err := env.Print(doc); err != nil || len(broken) == 0 {
			return err
		}
		return problems(what, fmt.Sprintf("%d proofs do not hold; the first: %s", len(broken), broken[0]), "counterfoil verify")
	})
	cmd.Flags().Uint32Var(&year, "year", 0, "year that it is about, where REPORT is a name alone")
	return cmd
}

// figureDocument shows a figure and the events behind it, and returns what is wrong with their proofs.
func figureDocument(res *reportingv1.ExplainFigureResponse) (output.Document, []string) {
	doc := output.Document{Value: res, Items: []any{}, ItemType: &reportingv1.Source{}}
	row := output.Grid{Heads: []string{"row", "table", "keys", "lines", "licences", "quantity", "value"}}
	r := res.GetRow()
	row.Add(append([]string{r.GetId(), r.GetTable(), strings.Join(r.GetKeys(), " | ")}, amountCells(r.GetAmounts())...)...)
	events := output.Grid{Heads: []string{"event", "kind", "recorded", "journal", "block", "signer", "of", "adds", "proof"}}
	var broken []string
	for _, s := range res.GetSources() {
		doc.Items = append(doc.Items, s)
		proof, signer := "holds", s.GetProof().GetSigner()
		switch {
		case s.GetProof() == nil:
			proof = "withdrawn"
		default:
			if err := checkProof(s); err != nil {
				proof, broken = "DOES NOT HOLD", append(broken, err.Error())
			}
		}
		events.Add(number(s.GetNumber()), shortKind(s.GetKind()), date(s.GetRecordedAt()), s.GetJournal(), number(s.GetBlock()), signer, s.GetSubject(), adds(s.GetAmounts()), proof)
	}
	doc.Sections = []output.Section{{Grid: row}, {Title: "events", Grid: events}}
	if more := res.GetCount() - uint64(len(res.GetSources())); more > 0 {
		doc.Sections = append(doc.Sections, output.Section{Text: fmt.Sprintf("%d further events are not listed; counterfoil report lineage has them all", more)})
	}
	return doc, broken
}

func checkProof(s *reportingv1.Source) error {
	id, err := journal.ParseID(s.GetJournal())
	if err != nil {
		return err
	}
	return lineage.Check(s.GetProof(), id, s.GetNumber())
}

// amountCells are lines, licences, quantity and value; empty where there are none.
func amountCells(a *reportingv1.Amounts) []string {
	var quantities, values []string
	for _, q := range a.GetQuantities() {
		quantities = append(quantities, quantity(&transferv1.Quantity{Unit: q.GetUnit(), Thousandths: q.GetThousandths()}))
	}
	for _, v := range a.GetValues() {
		values = append(values, amount(v.GetMinor(), v.GetCurrency()))
	}
	counted := func(n int64) string { return stated(n != 0, count(int(n))) }
	return []string{counted(a.GetLines()), counted(a.GetLicences()), strings.Join(quantities, ", "), strings.Join(values, ", ")}
}

// adds says what a record adds to a figure, in one cell.
func adds(a *reportingv1.Amounts) string {
	cells := amountCells(a)
	var parts []string
	for i, unit := range []string{" lines", " licences", "", ""} {
		if cells[i] != "" {
			parts = append(parts, cells[i]+unit)
		}
	}
	return strings.Join(parts, "; ")
}
