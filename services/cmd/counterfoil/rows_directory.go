package main

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// directoryHeads is heads for what the directory's events make.
func directoryHeads(table queryv1.Table) []string {
	switch table {
	case queryv1.Table_TABLE_AGENCIES:
		return []string{"agency", "title", "state", "service", "post of", "status", "since", "signing keys"}
	case queryv1.Table_TABLE_GROUPS:
		return []string{"group", "members", "recording", "purpose", "legal basis", "newcomers read"}
	case queryv1.Table_TABLE_RELEASES:
		return []string{"journal", "reader", "state", "from", "since", "reason"}
	case queryv1.Table_TABLE_JOURNAL_KEYS:
		return []string{"epoch", "holders", "issued"}
	case queryv1.Table_TABLE_RECEIPTS:
		return []string{"reader", "journal", "block", "events", "failed", "said", "stopped"}
	case queryv1.Table_TABLE_WITHDRAWALS:
		return []string{"withdrawal", "journal", "event", "due", "reason", "legal basis"}
	case queryv1.Table_TABLE_WITHDRAWAL_RECEIPTS:
		return []string{"withdrawal", "agency", "at", "purged"}
	case queryv1.Table_TABLE_WIDENINGS:
		return []string{"widening", "to group", "until", "ended", "review by", "reviewed", "reason"}
	case queryv1.Table_TABLE_POLICIES:
		return []string{"policy", "title", "valid from", "legal basis"}
	case queryv1.Table_TABLE_CALENDARS:
		return []string{"calendar", "weekend", "holidays"}
	case queryv1.Table_TABLE_HANDOVERS:
		return []string{"handover", "role", "from", "to", "at", "duties"}
	case queryv1.Table_TABLE_AGENCY_KEYS:
		return []string{"keys", "signing", "sealing", "changed"}
	}
	return caseHeads(table)
}

// directoryCells returns a row as directoryHeads names it.
func directoryCells(row *queryv1.Row) []string {
	switch r := row.GetRow().(type) {
	case *queryv1.Row_Agency:
		a := r.Agency
		return []string{a.Id, a.Title, a.State, a.Service, a.PostOf, agencyStatus(a.Status), date(a.Since), count(len(a.SigningKeys))}
	case *queryv1.Row_Group:
		g := r.Group
		recording := strings.Join(g.Publishers, " ")
		if recording == "" {
			recording = "every member"
		}
		return []string{g.Id, strings.Join(g.Members, " "), recording, g.Purpose, g.LegalBasis, history(g.History, g.HistoryFrom)}
	case *queryv1.Row_Release:
		e := r.Release
		journal, _, _ := strings.Cut(e.Id, ">")
		return []string{journal, e.Reader, enum(e.State), history(e.History, nil), date(e.Since), e.Reason}
	case *queryv1.Row_JournalKey:
		k := r.JournalKey
		var holders []string
		for _, w := range k.Issued.GetWrapped() {
			holders = append(holders, w.Agency)
		}
		return []string{k.Id, strings.Join(holders, " "), date(k.IssuedAt)}
	case *queryv1.Row_Receipt:
		e := r.Receipt
		j := e.Receipt
		return []string{e.Reader, j.GetJournal(), number(j.GetBlock()), number(j.GetEvents()), number(j.GetFailed()), date(e.At), j.GetStopped()}
	case *queryv1.Row_Withdrawal:
		w := r.Withdrawal
		e := w.Withdrawn
		return []string{w.Id, w.Journal, number(e.GetNumber()), date(e.GetDue()), e.GetReason(), e.GetLegalBasis()}
	case *queryv1.Row_WithdrawalReceipt:
		w := r.WithdrawalReceipt
		return []string{w.WithdrawalId, w.Agency, date(w.At), strings.Join(w.CarriedOut.GetPurged(), ", ")}
	case *queryv1.Row_Widening:
		w := r.Widening
		e := w.Widened
		return []string{w.Id, e.GetToGroup(), date(e.GetUntil()), date(w.EndedAt), date(e.GetReviewBy()), date(w.ReviewedAt), e.GetReason()}
	case *queryv1.Row_Policy:
		p := r.Policy
		return []string{p.Id, p.Adopted.GetTitle(), date(p.Adopted.GetValidFrom()), p.Adopted.GetLegalBasis()}
	case *queryv1.Row_Calendar:
		c := r.Calendar
		return []string{c.Id, fmt.Sprint(c.Adopted.GetWeekend()), strings.Join(c.Adopted.GetHolidays(), " ")}
	case *queryv1.Row_Handover:
		h := r.Handover
		e := h.HandedOver
		return []string{h.Id, e.GetRole(), e.GetFromPerson(), e.GetToPerson(), date(h.At), count(len(e.GetDuties()))}
	case *queryv1.Row_AgencyKeys:
		k := r.AgencyKeys
		return []string{k.Id, count(len(k.SigningKeys)), count(len(k.SealingKeys)), date(k.ChangedAt)}
	}
	return caseCells(row)
}

// history says from where on newcomers read.
func history(rule directoryv1.HistoryRule, from *timestamppb.Timestamp) string {
	switch rule {
	case directoryv1.HistoryRule_HISTORY_RULE_FROM_START:
		return "from the start"
	case directoryv1.HistoryRule_HISTORY_RULE_FROM_DATE:
		return strings.TrimSpace("from " + date(from))
	}
	return "from joining"
}

func agencyStatus(s ledgerv1.AgencyStatus) string {
	if s == ledgerv1.AgencyStatus_AGENCY_STATUS_UNSPECIFIED {
		return "taking part"
	}
	return enum(s)
}
