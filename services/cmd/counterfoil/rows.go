package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/plain"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// heads returns what a person reads of the rows of a table; cells has as many.
func heads(table queryv1.Table) []string {
	switch table {
	case queryv1.Table_TABLE_LICENCES:
		return []string{"licence", "status", "kind", "destination", "decided", "valid until", "lines", "end user"}
	case queryv1.Table_TABLE_LINES:
		return []string{"line", "status", "kind", "destination", "decided", "rating", "quantity", "value"}
	case queryv1.Table_TABLE_DENIALS:
		return []string{"denial", "status", "kind", "destination", "decided", "criteria", "reason"}
	case queryv1.Table_TABLE_DECLARATIONS:
		return []string{"declaration", "number", "status", "kind", "procedure", "office", "destination", "licence", "lodged", "accepted", "released", "moved", "version", "overdue"}
	case queryv1.Table_TABLE_ALERTS:
		return []string{"alert", "status", "priority", "stage", "item", "last known at", "raised"}
	case queryv1.Table_TABLE_EVENTS:
		return []string{"event", "journal", "number", "kind", "occurred", "recorded"}
	case queryv1.Table_TABLE_APPLICATIONS:
		return []string{"application", "status", "kind", "destination", "submitted", "lines", "end user"}
	case queryv1.Table_TABLE_REASSESSMENTS:
		return []string{"reassessment", "licence", "alert", "outcome", "opened", "reason"}
	case queryv1.Table_TABLE_WRITE_OFFS:
		return []string{"write-off", "licence", "line", "effect", "quantity", "value"}
	case queryv1.Table_TABLE_ACKNOWLEDGEMENTS:
		return []string{"acknowledgement", "alert", "agency", "at", "note"}
	case queryv1.Table_TABLE_RETURN_REQUESTS:
		return []string{"request", "year", "form", "due", "agencies"}
	case queryv1.Table_TABLE_RETURN_SUBMISSIONS:
		return []string{"submission", "request", "agency", "at", "nil", "figures"}
	case queryv1.Table_TABLE_EDITIONS:
		return []string{"edition", "source", "date", "entries", "lines"}
	}
	return directoryHeads(table)
}

// cells returns a row as heads names it.
func cells(row *queryv1.Row) []string {
	switch r := row.GetRow().(type) {
	case *queryv1.Row_Licence:
		l := r.Licence
		return []string{l.Id, enum(l.Status), enum(l.Deal.GetKind()), orElse(place(l.Deal.GetDestination()), countriesWord(l.GetOnFile())), date(l.DecidedAt),
			date(l.ValidUntil), count(len(l.Deal.GetLines())), endUser(l.Deal)}
	case *queryv1.Row_Line:
		l := r.Line
		return []string{l.Id, enum(l.Status), enum(l.Kind), place(l.Destination), date(l.DecidedAt), l.Line.GetRating(),
			quantity(l.Line.GetQuantity()), money(l.Line.GetValue())}
	case *queryv1.Row_Denial:
		d := r.Denial
		return []string{d.Id, enum(d.Status), enum(d.Deal.GetKind()), place(d.Deal.GetDestination()), date(d.DecidedAt),
			strings.Join(d.Criteria, " "), d.Reason}
	case *queryv1.Row_Declaration:
		return declarationCells(r.Declaration)
	case *queryv1.Row_Alert:
		a := r.Alert
		return []string{a.Id, enum(a.Status), enum(a.Raised.GetPriority()), enum(a.Raised.GetStage()), a.Raised.GetItem(),
			a.Raised.GetLastKnownLocation(), date(a.RaisedAt)}
	case *queryv1.Row_Event:
		e := r.Event
		return []string{e.Id, e.Journal, number(e.Number), shortKind(e.Kind), date(e.OccurredAt), date(e.RecordedAt)}
	case *queryv1.Row_Application:
		a := r.Application
		return []string{a.Id, enum(a.Status), enum(a.Deal.GetKind()), place(a.Deal.GetDestination()), date(a.SubmittedAt),
			count(len(a.Deal.GetLines())), endUser(a.Deal)}
	case *queryv1.Row_Reassessment:
		a := r.Reassessment
		outcome := enum(a.Outcome)
		if a.Outcome == licensingv1.Outcome_OUTCOME_UNSPECIFIED {
			outcome = "open"
		}
		return []string{a.Id, a.LicenceId, a.AlertId, outcome, date(a.OpenedAt), a.Reason}
	case *queryv1.Row_WriteOff:
		w := r.WriteOff
		q, v := w.Quantity, w.Value
		if c := w.Change; c != nil { // more or less than was counted
			q, v = &transferv1.Quantity{Thousandths: c.Thousandths, Unit: c.Unit}, &transferv1.Money{Minor: c.Minor, Currency: c.Currency}
		}
		return []string{w.Id, w.LicenceId, count(int(w.LicenceLine)), enum(w.Effect), quantity(q), money(v)}
	}
	return cellsOfOthers(row)
}

// cellsOfOthers are the rows of what agencies owe each other, and of who they are.
func cellsOfOthers(row *queryv1.Row) []string {
	switch r := row.GetRow().(type) {
	case *queryv1.Row_Acknowledgement:
		a := r.Acknowledgement
		return []string{a.Id, a.AlertId, a.Agency, date(a.At), a.Note}
	case *queryv1.Row_ReturnRequest:
		q := r.ReturnRequest
		return []string{q.Id, count(int(q.Requested.GetYear())), q.Requested.GetForm(), date(q.Requested.GetDue()),
			strings.Join(q.Requested.GetAgencies(), " ")}
	case *queryv1.Row_ReturnSubmission:
		s := r.ReturnSubmission
		return []string{s.Id, s.RequestId, s.Agency, date(s.At), strconv.FormatBool(s.Submitted.GetNil()), count(len(s.Submitted.GetFigures()))}
	case *queryv1.Row_Edition:
		e := r.Edition
		return []string{e.Id, e.Source, e.Edition, number(e.Entries), number(e.Lines)}
	}
	return directoryCells(row)
}

func place(p *licensingv1.Place) string {
	return orElse(p.GetCountry(), p.GetName())
}

func endUser(deal *licensingv1.Deal) string {
	for _, role := range []transferv1.Role{transferv1.Role_ROLE_END_USER, transferv1.Role_ROLE_CONSIGNEE, transferv1.Role_ROLE_IMPORTER} {
		i := slices.IndexFunc(deal.GetParties(), func(p *transferv1.Party) bool { return p.Role == role })
		if i >= 0 {
			return deal.Parties[i].Name
		}
	}
	return ""
}

func count(n int) string     { return strconv.Itoa(n) }
func number(n uint64) string { return strconv.FormatUint(n, 10) }

// How values are written wherever the language plays no part.
var (
	enum      = plain.Enum
	date      = plain.Date
	money     = plain.Money
	amount    = plain.Amount
	quantity  = plain.Quantity
	decimal   = plain.Decimal
	shortKind = plain.Kind
	age       = plain.Age
)
