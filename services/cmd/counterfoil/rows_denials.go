package main

import (
	"strconv"
	"strings"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// denialHeads is heads for what authorities tell one another of denials.
func denialHeads(table queryv1.Table) []string {
	switch table {
	case queryv1.Table_TABLE_DENIAL_NOTICES:
		return []string{"notice", "status", "State", "reference", "destination", "end user", "items", "criteria", "denied", "source"}
	case queryv1.Table_TABLE_UNDERCUTS:
		return []string{"undercut", "status", "application", "denial", "State", "score", "due", "because"}
	case queryv1.Table_TABLE_UNDERCUT_REPLIES:
		return []string{"reply", "undercut", "agency", "identical", "at", "text"}
	case queryv1.Table_TABLE_DENIAL_TOKENS:
		return []string{"tokens", "number", "published"}
	case queryv1.Table_TABLE_BLIND_CHECKS:
		return []string{"check", "asked", "elements", "at"}
	case queryv1.Table_TABLE_BLIND_ANSWERS:
		return []string{"answer", "check", "agency", "at"}
	case queryv1.Table_TABLE_BLIND_CONCLUSIONS:
		return []string{"conclusion", "check", "application", "held by", "without an answer that holds", "at"}
	}
	return borderHeads(table)
}

// denialCells returns a row as denialHeads names it.
func denialCells(row *queryv1.Row) []string {
	switch r := row.GetRow().(type) {
	case *queryv1.Row_DenialNotice:
		n, e := r.DenialNotice, r.DenialNotice.GetNotice()
		var ratings []string
		for _, l := range e.GetDeal().GetLines() {
			ratings = append(ratings, l.GetRating())
		}
		return []string{n.Id, enum(n.Status), orElse(e.GetState(), e.GetAuthority()), orElse(e.GetReference(), e.GetRegimeReference()),
			place(e.GetDeal().GetDestination()), endUser(e.GetDeal()), strings.Join(ratings, " "), strings.Join(e.GetCriteria(), " "),
			date(e.GetDeniedAt()), e.GetSource()}
	case *queryv1.Row_Undercut:
		u, e := r.Undercut, r.Undercut.GetFound()
		return []string{u.Id, enum(u.Status), e.GetApplicationId(), e.GetDenialId(), e.GetState(), count(int(e.GetScore())),
			date(u.Opened.GetDue()), strings.Join(e.GetReasons(), "; ")}
	case *queryv1.Row_UndercutReply:
		u, e := r.UndercutReply, r.UndercutReply.GetReplied()
		return []string{u.Id, e.GetUndercutId(), u.Agency, strconv.FormatBool(e.GetIdentical()), date(u.At), e.GetText()}
	case *queryv1.Row_DenialTokens:
		t := r.DenialTokens
		return []string{t.Id, count(len(t.Published.GetTokens())), date(t.At)}
	case *queryv1.Row_BlindCheck:
		b := r.BlindCheck
		return []string{b.Id, strings.Join(b.Asked.GetHolders(), " "), count(len(b.Asked.GetElements())), date(b.At)}
	case *queryv1.Row_BlindAnswer:
		b := r.BlindAnswer
		return []string{b.Id, b.Answered.GetCheckId(), b.Agency, date(b.At)}
	case *queryv1.Row_BlindConclusion:
		b, e := r.BlindConclusion, r.BlindConclusion.GetConcluded()
		return []string{b.Id, e.GetCheckId(), e.GetApplicationId(), strings.Join(e.GetHolders(), " "), strings.Join(e.GetOpen(), " "), date(b.At)}
	}
	return borderCells(row)
}
