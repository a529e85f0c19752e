package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newBuildReportCommand(env *Env) *cobra.Command {
	req := &reportingv1.BuildReportRequest{}
	var year uint32
	var audience, asOf, trueAt string
	cmd := &cobra.Command{
		Use:     "build REPORT",
		Short:   "Show a report's rows, as its facts stand now or as they are on record",
		Long:    "Shows what an audience reads of it: without --audience, everything. REPORT: " + whichUsage + ".",
		Example: "counterfoil report build att-annual --year 2025\ncounterfoil report build att-annual --year 2025 --as-of 2026-03-01\ncounterfoil report build reporting/att-annual-2025.1#2 --table exports --audience public -o csv",
		Args:    takes("REPORT"),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) (err error) {
		if req.Which, err = parseWhich(args[0], year); err != nil {
			return err
		}
		if audience != "" {
			if req.Audience, err = parseAudience(audience); err != nil {
				return err
			}
		}
		if req.AsOf, err = parseTime("as-of", asOf); err != nil {
			return err
		}
		if req.TrueAt, err = parseTime("true-at", trueAt); err != nil {
			return err
		}
		res, err := c.Report.BuildReport(ctx, req)
		if err != nil {
			return doing("report build "+args[0], "", err)
		}
		return env.Print(reportDocument(res))
	})
	cmd.Flags().Uint32Var(&year, "year", 0, "year that it is about, where REPORT is a name alone")
	cmd.Flags().StringVar(&asOf, "as-of", "", "as its facts were on record then: yyyy-mm-dd, or a time with its zone (default: now)")
	cmd.Flags().StringVar(&trueAt, "true-at", "", "only of what had come true by then")
	cmd.Flags().StringVar(&req.Table, "table", "", "only this table, such as exports")
	cmd.Flags().StringVar(&audience, "audience", "", "what public, states_parties or internal readers see (default: everything)")
	complete(cmd, "audience", audiences...)
	return cmd
}

// reportDocument has a section for each table; as csv a record for each row, and further ones for its other units and currencies, so that
// every column can be added up.
func reportDocument(res *reportingv1.BuildReportResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{}}
	var all []string
	for _, t := range res.GetContent().GetTables() {
		for _, d := range t.GetDimensions() {
			if !slices.Contains(all, d) {
				all = append(all, d)
			}
		}
	}
	doc.Flat = &output.Grid{Heads: append(append([]string{"row", "table"}, all...), "lines", "licences", "unit", "thousandths", "currency", "minor", "hidden", "comment")}
	for _, t := range res.GetContent().GetTables() {
		grid := output.Grid{Heads: append(append([]string{"row"}, t.GetDimensions()...), "lines", "licences", "quantity", "value", "hidden", "comment")}
		for _, r := range res.GetContent().GetRows() {
			if r.GetTable() != t.GetTable() {
				continue
			}
			doc.Items = append(doc.Items, r)
			grid.Add(append(append([]string{r.GetId()}, reportKeys(t, r, t.GetDimensions())...), number(uint64(r.GetAmounts().GetLines())), number(uint64(r.GetAmounts().GetLicences())),
				unitSums(r.GetAmounts()), currencySums(r.GetAmounts()), hiddenWord(r.GetHidden()), r.GetComment())...)
			flatRow(doc.Flat, r, reportKeys(t, r, all))
		}
		section := output.Section{Title: t.GetTable(), Grid: grid, Text: tableText(t)}
		if len(grid.Rows) == 0 {
			section.Grid = output.Grid{}
		}
		doc.Sections = append(doc.Sections, section)
	}
	return doc
}

// tableText is what a table says beside its rows.
func tableText(t *reportingv1.TableHead) string {
	text := "for: " + enum(t.GetAudience())
	switch {
	case t.GetNil():
		text = "nil report; " + text
	case len(t.GetAwaited()) > 0:
		text += "; returns are awaited from " + strings.Join(t.GetAwaited(), ", ")
	}
	return text
}

// reportKeys are a row's keys for some dimensions; empty for one that its table does not have.
func reportKeys(t *reportingv1.TableHead, r *reportingv1.Row, dimensions []string) (keys []string) {
	for _, d := range dimensions {
		key, i := "", slices.Index(t.GetDimensions(), d)
		if i >= 0 && i < len(r.GetKeys()) {
			key = r.GetKeys()[i]
		}
		if d == "description" {
			key = orElse(r.GetDescription(), key)
		}
		keys = append(keys, key)
	}
	return keys
}

func flatRow(flat *output.Grid, r *reportingv1.Row, keys []string) {
	a := r.GetAmounts()
	for i := range max(1, len(a.GetQuantities()), len(a.GetValues())) {
		cells := make([]string, 8)
		if i == 0 {
			cells[0], cells[1], cells[6], cells[7] = number(uint64(a.GetLines())), number(uint64(a.GetLicences())), hiddenWord(r.GetHidden()), r.GetComment()
		}
		if i < len(a.GetQuantities()) {
			cells[2], cells[3] = a.GetQuantities()[i].GetUnit(), count(int(a.GetQuantities()[i].GetThousandths()))
		}
		if i < len(a.GetValues()) {
			cells[4], cells[5] = a.GetValues()[i].GetCurrency(), count(int(a.GetValues()[i].GetMinor()))
		}
		flat.Add(append(append([]string{r.GetId(), r.GetTable()}, keys...), cells...)...)
	}
}

func unitSums(a *reportingv1.Amounts) string {
	var list []string
	for _, q := range a.GetQuantities() {
		list = append(list, quantity(&transferv1.Quantity{Unit: q.GetUnit(), Thousandths: q.GetThousandths()}))
	}
	return strings.Join(list, ", ")
}

func currencySums(a *reportingv1.Amounts) string {
	var list []string
	for _, v := range a.GetValues() {
		list = append(list, amount(v.GetMinor(), v.GetCurrency()))
	}
	return strings.Join(list, ", ")
}
