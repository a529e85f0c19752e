package main

import (
	"strings"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// screeningHeads is heads for what parties are compared with, and what came of it.
func screeningHeads(table queryv1.Table) []string {
	switch table {
	case queryv1.Table_TABLE_LIST_ENTRIES:
		return []string{"entry", "list", "status", "type", "name", "names", "countries", "listed", "edition"}
	case queryv1.Table_TABLE_WATCH_LISTS:
		return []string{"list", "source", "edition", "entries", "recorded"}
	case queryv1.Table_TABLE_EMBARGOES:
		return []string{"embargo", "on", "measure", "categories", "resolution", "from", "until", "ended"}
	case queryv1.Table_TABLE_SCREENINGS:
		return []string{"screening", "subject", "at", "result", "parties", "hits", "open", "lists"}
	case queryv1.Table_TABLE_FINDINGS:
		return []string{"finding", "subject", "state", "against", "id", "score", "judgement", "at"}
	}
	return denialHeads(table)
}

// screeningCells returns a row as screeningHeads names it.
func screeningCells(row *queryv1.Row) []string {
	switch r := row.GetRow().(type) {
	case *queryv1.Row_ListEntry:
		l, e := r.ListEntry, r.ListEntry.GetEntry()
		name := ""
		if len(e.GetNames()) > 0 {
			name = e.Names[0].GetText()
		}
		status := "listed"
		if l.Status == ledgerv1.Status_STATUS_WITHDRAWN {
			status = "left out"
		}
		return []string{l.Id, e.GetSource(), status, e.GetType(), name, count(len(e.GetNames())), strings.Join(e.GetCountries(), " "), e.GetListedOn(), l.Edition}
	case *queryv1.Row_WatchList:
		l, e := r.WatchList, r.WatchList.GetEdition()
		return []string{l.Id, e.GetSource(), e.GetEdition(), number(e.GetEntries()), date(l.RecordedAt)}
	case *queryv1.Row_Embargo:
		e := r.Embargo.GetRecorded()
		var categories []string
		for _, c := range e.GetCategories() {
			categories = append(categories, enum(c))
		}
		return []string{r.Embargo.Id, strings.TrimSpace(e.GetCountry() + " " + e.GetTarget()), e.GetMeasure(), strings.Join(categories, " "),
			e.GetResolution(), e.GetValidFrom(), e.GetValidUntil(), r.Embargo.GetEnded().GetOn()}
	case *queryv1.Row_Screening:
		s, c := r.Screening, r.Screening.GetCertificate()
		open := 0
		for _, h := range s.Hits {
			if h.GetJudgement() == screeningv1.Judgement_JUDGEMENT_UNSPECIFIED {
				open++
			}
		}
		var lists []string
		for _, l := range c.GetLists() {
			lists = append(lists, l.GetSource()+" "+l.GetEdition())
		}
		return []string{s.Id, s.Subject, date(s.At), enum(c.GetResult()), count(len(c.GetParties())), count(len(s.Hits)), count(open), strings.Join(lists, ", ")}
	case *queryv1.Row_Finding:
		f, h := r.Finding, r.Finding.GetFound().GetHit()
		judgement := enum(h.GetJudgement())
		if h.GetJudgement() == screeningv1.Judgement_JUDGEMENT_UNSPECIFIED {
			judgement = "open"
		}
		return []string{f.Id, f.Found.GetSubject(), f.Found.GetState(), enum(h.GetAgainst()), h.GetId(), number(uint64(h.GetScore())), judgement, date(f.At)}
	}
	return denialCells(row)
}
