package ledger

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

var undercutNames = namesOf(ledgerv1.UndercutStatus(0))

var notices = define("denial_notices", queryv1.Table_TABLE_DENIAL_NOTICES, func() *ledgerv1.DenialNotice { return new(ledgerv1.DenialNotice) },
	func(r *ledgerv1.DenialNotice) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.DenialNotice, x *entries) {
		x.add(byStatus, statusNames.of(r.Status.Number()))
		x.deal(r.Notice.GetDeal())
		x.addEach(byCriterion, r.Notice.GetCriteria())
		x.add(byState, r.Notice.GetState())
		x.add(bySource, r.Notice.GetSource())
		x.add(byDecision, r.Notice.GetDenialId())
	}, byStatus, byKind, byDestination, byYear, byRating, byCategory, byCriterion, byParty, byState, bySource, byDecision).
	dated(0, func(r *ledgerv1.DenialNotice) *timestamppb.Timestamp { return r.Notice.GetDeniedAt() }).
	shown(func(r *ledgerv1.DenialNotice) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_DenialNotice{DenialNotice: r}}
	})

var undercuts = define("undercuts", queryv1.Table_TABLE_UNDERCUTS, func() *ledgerv1.Undercut { return new(ledgerv1.Undercut) },
	func(r *ledgerv1.Undercut) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Undercut, x *entries) {
		x.add(byStatus, undercutNames.of(r.Status.Number()))
		x.add(byApplication, r.Found.GetApplicationId())
		x.add(byDecision, r.Found.GetDenialId())
		x.add(byState, r.Found.GetState())
		x.add(byAddressee, r.Found.GetAgency())
	}, byStatus, byApplication, byDecision, byState, byAddressee).
	dated(11, func(r *ledgerv1.Undercut) *timestamppb.Timestamp { return r.FoundAt }).
	shown(func(r *ledgerv1.Undercut) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Undercut{Undercut: r}}
	})

var undercutReplies = define("undercut_replies", queryv1.Table_TABLE_UNDERCUT_REPLIES, func() *ledgerv1.UndercutReply { return new(ledgerv1.UndercutReply) },
	func(r *ledgerv1.UndercutReply) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.UndercutReply, x *entries) {
		x.add(byRequest, r.Replied.GetUndercutId())
		x.add(byAgency, r.Agency)
	}, byRequest, byAgency).
	dated(6, func(r *ledgerv1.UndercutReply) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.UndercutReply) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_UndercutReply{UndercutReply: r}}
	})

var denialTokens = define("denial_tokens", queryv1.Table_TABLE_DENIAL_TOKENS, func() *ledgerv1.DenialTokens { return new(ledgerv1.DenialTokens) },
	func(r *ledgerv1.DenialTokens) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(*ledgerv1.DenialTokens, *entries) {}).
	dated(5, func(r *ledgerv1.DenialTokens) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.DenialTokens) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_DenialTokens{DenialTokens: r}}
	})

var blindChecks = define("blind_checks", queryv1.Table_TABLE_BLIND_CHECKS, func() *ledgerv1.BlindCheck { return new(ledgerv1.BlindCheck) },
	func(r *ledgerv1.BlindCheck) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.BlindCheck, x *entries) {
		for _, h := range r.Asked.GetHolders() {
			x.addOnce(byAddressee, h)
		}
	}, byAddressee).
	dated(5, func(r *ledgerv1.BlindCheck) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.BlindCheck) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_BlindCheck{BlindCheck: r}}
	})

var blindAnswers = define("blind_answers", queryv1.Table_TABLE_BLIND_ANSWERS, func() *ledgerv1.BlindAnswer { return new(ledgerv1.BlindAnswer) },
	func(r *ledgerv1.BlindAnswer) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.BlindAnswer, x *entries) {
		x.add(byRequest, r.Answered.GetCheckId())
		x.add(byAgency, r.Agency)
	}, byRequest, byAgency).
	dated(6, func(r *ledgerv1.BlindAnswer) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.BlindAnswer) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_BlindAnswer{BlindAnswer: r}}
	})

var blindConclusions = define("blind_conclusions", queryv1.Table_TABLE_BLIND_CONCLUSIONS, func() *ledgerv1.BlindConclusion { return new(ledgerv1.BlindConclusion) },
	func(r *ledgerv1.BlindConclusion) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.BlindConclusion, x *entries) {
		x.add(byApplication, r.Concluded.GetApplicationId())
		x.add(byRequest, r.Concluded.GetCheckId())
	}, byApplication, byRequest).
	dated(5, func(r *ledgerv1.BlindConclusion) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.BlindConclusion) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_BlindConclusion{BlindConclusion: r}}
	})
