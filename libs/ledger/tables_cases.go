package ledger

import (
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

var (
	gateNames = namesOf(licensingv1.GateResult(0))
	viewNames = namesOf(licensingv1.OpinionView(0))
)

var prohibitionChecks = define("prohibition_checks", queryv1.Table_TABLE_PROHIBITION_CHECKS, func() *ledgerv1.ProhibitionCheck { return new(ledgerv1.ProhibitionCheck) },
	func(r *ledgerv1.ProhibitionCheck) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.ProhibitionCheck, x *entries) {
		x.add(byApplication, r.Checked.GetApplicationId())
		x.add(byStatus, gateNames.of(r.Checked.GetResult().Number()))
	}, byApplication, byStatus).
	dated(5, func(r *ledgerv1.ProhibitionCheck) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.ProhibitionCheck) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_ProhibitionCheck{ProhibitionCheck: r}}
	})

var assessments = define("assessments", queryv1.Table_TABLE_ASSESSMENTS, func() *ledgerv1.Assessment { return new(ledgerv1.Assessment) },
	func(r *ledgerv1.Assessment) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Assessment, x *entries) {
		x.add(byApplication, r.Assessed.GetApplicationId())
	}, byApplication).
	dated(5, func(r *ledgerv1.Assessment) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Assessment) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Assessment{Assessment: r}}
	})

var proposals = define("proposals", queryv1.Table_TABLE_PROPOSALS, func() *ledgerv1.Proposal { return new(ledgerv1.Proposal) },
	func(r *ledgerv1.Proposal) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Proposal, x *entries) {
		x.add(byApplication, r.Proposed.GetApplicationId())
		x.add(byOpen, strconv.FormatBool(r.Dropped == ""))
	}, byApplication, byOpen).
	dated(7, func(r *ledgerv1.Proposal) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Proposal) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Proposal{Proposal: r}}
	})

var appeals = define("appeals", queryv1.Table_TABLE_APPEALS, func() *ledgerv1.Appeal { return new(ledgerv1.Appeal) },
	func(r *ledgerv1.Appeal) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Appeal, x *entries) {
		x.add(byDecision, r.Lodged.GetDecisionId())
		x.add(byOpen, strconv.FormatBool(r.Decided == nil))
	}, byDecision, byOpen).
	dated(6, func(r *ledgerv1.Appeal) *timestamppb.Timestamp { return r.LodgedAt }).
	shown(func(r *ledgerv1.Appeal) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Appeal{Appeal: r}}
	})

var obligations = define("obligations", queryv1.Table_TABLE_OBLIGATIONS, func() *ledgerv1.Obligation { return new(ledgerv1.Obligation) },
	func(r *ledgerv1.Obligation) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Obligation, x *entries) {
		x.add(bySubject, r.Set.GetSubject())
		x.add(byKind, r.Set.GetKind())
		x.add(byAgency, r.Set.GetOwner())
		x.add(byOpen, strconv.FormatBool(r.Met == nil))
	}, bySubject, byKind, byAgency, byOpen).
	dated(5, func(r *ledgerv1.Obligation) *timestamppb.Timestamp { return r.SetAt }).
	shown(func(r *ledgerv1.Obligation) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Obligation{Obligation: r}}
	})

var consultations = define("consultations", queryv1.Table_TABLE_CONSULTATIONS, func() *ledgerv1.Consultation { return new(ledgerv1.Consultation) },
	func(r *ledgerv1.Consultation) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Consultation, x *entries) {
		x.add(byApplication, r.Opened.GetApplicationId())
		for _, a := range r.Opened.GetAddressees() {
			x.addOnce(byAddressee, a.Agency)
		}
		for _, s := range r.Silences {
			x.addOnce(byAddressee, s.EscalatedTo)
		}
		x.add(byOpen, strconv.FormatBool(r.Closed == nil))
	}, byApplication, byAddressee, byOpen).
	dated(0, func(r *ledgerv1.Consultation) *timestamppb.Timestamp { return r.Opened.GetOpenedAt() }).
	shown(func(r *ledgerv1.Consultation) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Consultation{Consultation: r}}
	})

var opinions = define("opinions", queryv1.Table_TABLE_OPINIONS, func() *ledgerv1.Opinion { return new(ledgerv1.Opinion) },
	func(r *ledgerv1.Opinion) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Opinion, x *entries) {
		x.add(byConsultation, r.ConsultationId)
		x.add(byAgency, r.Agency)
		x.add(byStatus, viewNames.of(r.Given.GetView().Number()))
	}, byConsultation, byAgency, byStatus).
	dated(7, func(r *ledgerv1.Opinion) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Opinion) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Opinion{Opinion: r}}
	})

var conditions = define("conditions", queryv1.Table_TABLE_CONDITIONS, func() *ledgerv1.Condition { return new(ledgerv1.Condition) },
	func(r *ledgerv1.Condition) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Condition, x *entries) {
		x.add(byApplication, r.ApplicationId)
		x.add(byConsultation, r.ConsultationId)
		x.add(byAgency, r.Agency)
		x.add(byOpen, strconv.FormatBool(!r.Dropped))
	}, byApplication, byConsultation, byAgency, byOpen).
	dated(11, func(r *ledgerv1.Condition) *timestamppb.Timestamp { return r.AskedAt }).
	shown(func(r *ledgerv1.Condition) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Condition{Condition: r}}
	})
