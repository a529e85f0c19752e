package ledger

import (
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/marks"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

var (
	traceNames       = namesOf(ledgerv1.TraceStatus(0))
	verdictNames     = namesOf(enforcementv1.Verdict(0))
	consequenceNames = namesOf(enforcementv1.Consequence(0))
)

var alertViews = define("alert_views", queryv1.Table_TABLE_ALERT_VIEWS, func() *ledgerv1.AlertView { return new(ledgerv1.AlertView) },
	func(r *ledgerv1.AlertView) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.AlertView, x *entries) {
		x.add(byAlert, r.Classified.GetAlertId())
		x.add(byAgency, r.Agency)
		x.add(byStatus, verdictNames.of(r.Classified.GetVerdict().Number()))
		x.add(byStage, stageNames.of(r.Classified.GetStage().Number()))
	}, byAlert, byAgency, byStatus, byStage).
	dated(6, func(r *ledgerv1.AlertView) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.AlertView) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_AlertView{AlertView: r}}
	})

var alertActions = define("alert_actions", queryv1.Table_TABLE_ALERT_ACTIONS, func() *ledgerv1.AlertAction { return new(ledgerv1.AlertAction) },
	func(r *ledgerv1.AlertAction) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.AlertAction, x *entries) {
		x.add(byAlert, r.Acted.GetAlertId())
		x.add(byAgency, r.Agency)
		x.add(byKind, r.Acted.GetAction())
		x.once(byRecord, r.Acted.GetReferences())
	}, byAlert, byAgency, byKind, byRecord).
	dated(6, func(r *ledgerv1.AlertAction) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.AlertAction) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_AlertAction{AlertAction: r}}
	})

var consequences = define("consequences", queryv1.Table_TABLE_CONSEQUENCES, func() *ledgerv1.ConsequenceOffer { return new(ledgerv1.ConsequenceOffer) },
	func(r *ledgerv1.ConsequenceOffer) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.ConsequenceOffer, x *entries) {
		x.add(byAlert, r.Offered.GetAlertId())
		x.add(bySubject, r.Offered.GetSubject())
		x.add(byKind, consequenceNames.of(r.Offered.GetConsequence().Number()))
		x.add(byOpen, strconv.FormatBool(r.Answered == nil))
	}, byAlert, bySubject, byKind, byOpen).
	dated(6, func(r *ledgerv1.ConsequenceOffer) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.ConsequenceOffer) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_ConsequenceOffer{ConsequenceOffer: r}}
	})

var sightings = define("sightings", queryv1.Table_TABLE_SIGHTINGS, func() *ledgerv1.Sighting { return new(ledgerv1.Sighting) },
	func(r *ledgerv1.Sighting) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Sighting, x *entries) {
		x.add(byAgency, r.Agency)
		x.serials(r.Added.GetSerials())
		x.parties(r.Added.GetParties())
		x.links(r.Added.GetLinks())
		x.once(byRecord, r.Added.GetRecords())
	}, byAgency, byYear, byParty, bySerial, byLot, byVessel, byContainer, byCertificate, byUCR, byDocument, byTrace, byRecord).
	dated(6, func(r *ledgerv1.Sighting) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Sighting) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_Sighting{Sighting: r}} })

var corrections = define("corrections", queryv1.Table_TABLE_CORRECTIONS, func() *ledgerv1.Correction { return new(ledgerv1.Correction) },
	func(r *ledgerv1.Correction) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Correction, x *entries) {
		x.add(byAgency, r.Agency)
		x.add(byOwner, r.Proposed.GetOwner())
		x.add(byRecord, r.Proposed.GetRecordId())
	}, byAgency, byOwner, byRecord).
	dated(6, func(r *ledgerv1.Correction) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Correction) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Correction{Correction: r}}
	})

var correctionAnswers = define("correction_answers", queryv1.Table_TABLE_CORRECTION_ANSWERS, func() *ledgerv1.CorrectionAnswer { return new(ledgerv1.CorrectionAnswer) },
	func(r *ledgerv1.CorrectionAnswer) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.CorrectionAnswer, x *entries) {
		x.add(byAgency, r.Agency)
		x.add(bySubject, r.Answered.GetCorrectionId())
	}, byAgency, bySubject).
	dated(6, func(r *ledgerv1.CorrectionAnswer) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.CorrectionAnswer) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_CorrectionAnswer{CorrectionAnswer: r}}
	})

var traces = define("traces", queryv1.Table_TABLE_TRACES, func() *ledgerv1.Trace { return new(ledgerv1.Trace) },
	func(r *ledgerv1.Trace) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Trace, x *entries) {
		x.add(byStatus, traceNames.of(r.Status.Number()))
		x.add(byAlert, r.Opened.GetAlertId())
		for _, m := range r.Opened.GetMarks() {
			x.addOnce(bySerial, marks.Normalize(m.Serial))
		}
		x.add(byOpen, strconv.FormatBool(!TraceEnded(r)))
	}, byStatus, byAlert, bySerial, byYear, byOpen).
	dated(14, func(r *ledgerv1.Trace) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Trace) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_Trace{Trace: r}} })

var traceReplies = define("trace_replies", queryv1.Table_TABLE_TRACE_REPLIES, func() *ledgerv1.TraceReply { return new(ledgerv1.TraceReply) },
	func(r *ledgerv1.TraceReply) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.TraceReply, x *entries) {
		x.add(byTrace, r.Replied.GetTraceId())
		x.add(byAgency, r.Agency)
	}, byTrace, byAgency).
	dated(6, func(r *ledgerv1.TraceReply) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.TraceReply) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_TraceReply{TraceReply: r}}
	})

var traceHits = define("trace_hits", queryv1.Table_TABLE_TRACE_HITS, func() *ledgerv1.TraceHit { return new(ledgerv1.TraceHit) },
	func(r *ledgerv1.TraceHit) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.TraceHit, x *entries) {
		x.add(byTrace, r.Hit.GetTraceId())
		x.add(byRecord, r.Hit.GetRecordId())
		x.add(byAgency, r.Agency)
	}, byTrace, byRecord, byAgency).
	dated(6, func(r *ledgerv1.TraceHit) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.TraceHit) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_TraceHit{TraceHit: r}} })

var factsUsed = define("facts_used", queryv1.Table_TABLE_FACTS_USED, func() *ledgerv1.FactsUsed { return new(ledgerv1.FactsUsed) },
	func(r *ledgerv1.FactsUsed) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.FactsUsed, x *entries) {
		x.add(byAgency, r.Agency)
		for _, u := range r.Used.GetUses() {
			x.addOnce(byOwner, u.Publisher)
		}
	}, byAgency, byOwner).
	dated(6, func(r *ledgerv1.FactsUsed) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.FactsUsed) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_FactsUsed{FactsUsed: r}}
	})

func (x *entries) links(l *enforcementv1.Links) {
	x.once(byCertificate, l.GetCertificates())
	x.once(byUCR, l.GetUcrs())
	x.once(byContainer, l.GetContainers())
	x.once(byDocument, l.GetTransportDocuments())
	x.once(byVessel, l.GetVessels())
	x.once(byTrace, l.GetTraceIds())
}
