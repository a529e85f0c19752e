package main

import (
	"strings"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// tracingHeads is heads for what agencies say about alerts and traces, and about one another's records.
func tracingHeads(table queryv1.Table) []string {
	switch table {
	case queryv1.Table_TABLE_ALERT_VIEWS:
		return []string{"view", "alert", "agency", "verdict", "stage", "type", "confidence", "at"}
	case queryv1.Table_TABLE_ALERT_ACTIONS:
		return []string{"action", "alert", "agency", "what", "text", "at"}
	case queryv1.Table_TABLE_CONSEQUENCES:
		return []string{"offer", "alert", "consequence", "subject", "answer", "at"}
	case queryv1.Table_TABLE_SIGHTINGS:
		return []string{"sighting", "agency", "place", "country", "of", "text", "at"}
	case queryv1.Table_TABLE_CORRECTIONS:
		return []string{"correction", "agency", "record", "field", "value", "reason", "at"}
	case queryv1.Table_TABLE_CORRECTION_ANSWERS:
		return []string{"answer", "correction", "agency", "accepted", "reason", "at"}
	case queryv1.Table_TABLE_TRACES:
		return []string{"trace", "status", "serials", "item", "requester", "country", "opened"}
	case queryv1.Table_TABLE_TRACE_REPLIES:
		return []string{"reply", "trace", "agency", "steps", "refused", "at"}
	case queryv1.Table_TABLE_TRACE_HITS:
		return []string{"hit", "trace", "record", "match", "days", "at"}
	case queryv1.Table_TABLE_FACTS_USED:
		return []string{"report", "agency", "from", "until", "classes", "uses"}
	}
	return chiefHeads(table)
}

// tracingCells returns a row as tracingHeads names it.
func tracingCells(row *queryv1.Row) []string {
	switch r := row.GetRow().(type) {
	case *queryv1.Row_AlertView:
		v, c := r.AlertView, r.AlertView.GetClassified()
		return []string{v.Id, c.GetAlertId(), v.Agency, enum(c.GetVerdict()), enum(c.GetStage()), c.GetType(), enum(c.GetConfidence()), date(v.At)}
	case *queryv1.Row_AlertAction:
		a, acted := r.AlertAction, r.AlertAction.GetActed()
		return []string{a.Id, acted.GetAlertId(), a.Agency, acted.GetAction(), acted.GetText(), date(a.At)}
	case *queryv1.Row_ConsequenceOffer:
		o, offered := r.ConsequenceOffer, r.ConsequenceOffer.GetOffered()
		answer := "open"
		if a := o.GetAnswered(); a.GetTaken() {
			answer = "taken"
		} else if a != nil {
			answer = "declined: " + a.GetReason()
		}
		return []string{o.Id, offered.GetAlertId(), enum(offered.GetConsequence()), offered.GetSubject(), answer, date(o.At)}
	case *queryv1.Row_Sighting:
		s, a := r.Sighting, r.Sighting.GetAdded()
		return []string{s.Id, s.Agency, a.GetPlace(), a.GetCountry(), strings.Join(a.GetRecords(), " "), a.GetText(), date(s.At)}
	case *queryv1.Row_Correction:
		c, p := r.Correction, r.Correction.GetProposed()
		return []string{c.Id, c.Agency, p.GetRecordId(), p.GetField(), p.GetValue(), p.GetReason(), date(c.At)}
	case *queryv1.Row_CorrectionAnswer:
		c, a := r.CorrectionAnswer, r.CorrectionAnswer.GetAnswered()
		return []string{c.Id, a.GetCorrectionId(), c.Agency, yesNo(a.GetAccepted()), a.GetReason(), date(c.At)}
	case *queryv1.Row_Trace:
		t, o := r.Trace, r.Trace.GetOpened()
		var serials []string
		for _, m := range o.GetMarks() {
			serials = append(serials, m.GetSerial())
		}
		return []string{t.Id, enum(t.Status), strings.Join(serials, " "), o.GetItem(), o.GetRequester(), o.GetCountry(), date(t.At)}
	case *queryv1.Row_TraceReply:
		t, p := r.TraceReply, r.TraceReply.GetReplied()
		return []string{t.Id, p.GetTraceId(), t.Agency, count(len(p.GetChain())), p.GetRefused(), date(t.At)}
	case *queryv1.Row_TraceHit:
		h, hit := r.TraceHit, r.TraceHit.GetHit()
		return []string{h.Id, hit.GetTraceId(), hit.GetRecordId(), hit.GetMatch(), number(uint64(hit.GetDays())), date(h.At)}
	case *queryv1.Row_FactsUsed:
		f, u := r.FactsUsed, r.FactsUsed.GetUsed()
		uses := uint64(0)
		for _, one := range u.GetUses() {
			uses += uint64(one.GetCount())
		}
		return []string{f.Id, f.Agency, date(u.GetFrom()), date(u.GetUntil()), count(len(u.GetUses())), number(uses)}
	}
	return chiefCells(row)
}
