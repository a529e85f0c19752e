package ledger

import (
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

var resultNames = namesOf(screeningv1.Result(0))

var listEntries = define("list_entries", queryv1.Table_TABLE_LIST_ENTRIES, func() *ledgerv1.ListEntry { return new(ledgerv1.ListEntry) },
	func(r *ledgerv1.ListEntry) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.ListEntry, x *entries) {
		x.add(byStatus, statusNames.of(r.Status.Number()))
		x.add(bySource, r.Entry.GetSource())
		x.add(byKind, r.Entry.GetType())
		for _, c := range r.Entry.GetCountries() {
			x.addOnce(byState, c)
		}
		for _, id := range r.Entry.GetIdentifiers() {
			x.addOnce(byParty, id)
		}
		for _, n := range r.Entry.GetNames() {
			x.name(n.Text)
		}
	}, byStatus, bySource, byKind, byState, byParty).
	shown(func(r *ledgerv1.ListEntry) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_ListEntry{ListEntry: r}}
	})

var watchLists = define("watch_lists", queryv1.Table_TABLE_WATCH_LISTS, func() *ledgerv1.WatchList { return new(ledgerv1.WatchList) },
	func(r *ledgerv1.WatchList) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.WatchList, x *entries) {
		x.add(bySource, r.Edition.GetSource())
	}, bySource).
	dated(5, func(r *ledgerv1.WatchList) *timestamppb.Timestamp { return r.RecordedAt }).
	shown(func(r *ledgerv1.WatchList) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_WatchList{WatchList: r}}
	})

var embargoes = define("embargoes", queryv1.Table_TABLE_EMBARGOES, func() *ledgerv1.Embargo { return new(ledgerv1.Embargo) },
	func(r *ledgerv1.Embargo) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Embargo, x *entries) {
		x.add(byDestination, r.Recorded.GetCountry())
		x.add(byOpen, strconv.FormatBool(r.Ended == nil))
	}, byDestination, byOpen).
	shown(func(r *ledgerv1.Embargo) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Embargo{Embargo: r}}
	})

var screenings = define("screenings", queryv1.Table_TABLE_SCREENINGS, func() *ledgerv1.Screening { return new(ledgerv1.Screening) },
	func(r *ledgerv1.Screening) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Screening, x *entries) {
		x.add(bySubject, r.Subject)
		x.add(byStatus, resultNames.of(r.Certificate.GetResult().Number()))
		for _, h := range r.Hits {
			x.addOnce(byAgainst, h.Id)
		}
	}, bySubject, byStatus, byAgainst).
	dated(8, func(r *ledgerv1.Screening) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Screening) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Screening{Screening: r}}
	})

var findings = define("findings", queryv1.Table_TABLE_FINDINGS, func() *ledgerv1.Finding { return new(ledgerv1.Finding) },
	func(r *ledgerv1.Finding) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Finding, x *entries) {
		x.add(bySubject, r.Found.GetSubject())
		x.add(byAgainst, r.Found.GetHit().GetId())
		x.add(byOpen, strconv.FormatBool(r.Found.GetHit().GetJudgement() == screeningv1.Judgement_JUDGEMENT_UNSPECIFIED))
	}, bySubject, byAgainst, byOpen).
	dated(5, func(r *ledgerv1.Finding) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Finding) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Finding{Finding: r}}
	})
