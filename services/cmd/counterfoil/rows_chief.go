package main

import (
	"strings"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// chiefHeads is heads for files of licence messages and what they say was used.
func chiefHeads(table queryv1.Table) []string {
	switch table {
	case queryv1.Table_TABLE_WIRE_FILES:
		return []string{"wire", "messages", "from", "to", "run", "status", "transactions", "defects", "at"}
	case queryv1.Table_TABLE_USAGES:
		return []string{"usage", "licence", "status", "lines", "written off", "remarks", "at"}
	}
	return reportingHeads(table)
}

// chiefCells returns a row as chiefHeads names it.
func chiefCells(row *queryv1.Row) []string {
	switch r := row.GetRow().(type) {
	case *queryv1.Row_WireFile:
		w := r.WireFile
		h, status, transactions := w.GetReceived().GetHeader(), "received", int(w.GetReceived().GetTransactions())
		if refused := w.GetReceived().GetRefused(); refused != nil {
			status = "refused: " + refused.GetText()
		}
		if w.GetSent() != nil {
			h, status, transactions = w.Sent.GetHeader(), "sent", len(w.Sent.GetUsages())
		}
		return []string{w.Id, h.GetDataId(), h.GetSource(), h.GetDestination(), h.GetRun(), status, count(transactions), count(len(w.GetReceived().GetDefects())), date(w.At)}
	case *queryv1.Row_Usage:
		u, e := r.Usage, r.Usage.GetReported()
		return []string{u.Id, e.GetLicenceId(), e.GetTransaction().GetLicence().GetStatus(), count(len(e.GetTransaction().GetLines())), entriesWord(e.GetEntries()),
			strings.Join(e.GetRemarks(), "; "), date(u.At)}
	}
	return reportingCells(row)
}

// entriesWord is what a usage writes off, line by line.
func entriesWord(entries []*customsv1.UsageEntry) string {
	var words []string
	for _, e := range entries {
		q, v := e.GetQuantity(), e.GetValue()
		if c := e.GetChange(); c.GetUnit() != "" {
			q = &transferv1.Quantity{Thousandths: c.GetThousandths(), Unit: c.GetUnit()}
		}
		if c := e.GetChange(); c.GetCurrency() != "" {
			v = &transferv1.Money{Minor: c.GetMinor(), Currency: c.GetCurrency()}
		}
		words = append(words, strings.Join(strings.Fields("line "+number(uint64(e.GetLicenceLine()))+": "+quantity(q)+" "+money(v)), " "))
	}
	return strings.Join(words, ", ")
}

// countriesWord is where goods may go under a licence on file: countries and groups of them.
func countriesWord(o *customsv1.OnFile) string {
	var words []string
	for _, c := range o.GetCountries() {
		if c.GetUse() == "D" {
			words = append(words, c.GetCountry()+c.GetGroup())
		}
	}
	return strings.Join(words, " ")
}
