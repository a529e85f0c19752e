package ledger

import (
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

var (
	agencyStatusNames = namesOf(ledgerv1.AgencyStatus(0))
	releaseNames      = namesOf(ledgerv1.ReleaseState(0))
)

var agencies = define("agencies", queryv1.Table_TABLE_AGENCIES, func() *ledgerv1.Agency { return new(ledgerv1.Agency) },
	func(r *ledgerv1.Agency) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Agency, x *entries) {
		x.add(byState, r.State)
		x.add(byService, r.Service)
		x.add(byStatus, agencyStatusNames.of(r.Status.Number()))
	}, byState, byService, byStatus).
	shown(func(r *ledgerv1.Agency) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_Agency{Agency: r}} })

var groups = define("groups", queryv1.Table_TABLE_GROUPS, func() *ledgerv1.Group { return new(ledgerv1.Group) },
	func(r *ledgerv1.Group) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Group, x *entries) {
		for _, m := range r.Members {
			x.addOnce(byMember, m)
		}
	}, byMember).
	shown(func(r *ledgerv1.Group) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_Group{Group: r}} })

var sharingRules = define("sharing_rules", queryv1.Table_TABLE_UNSPECIFIED, func() *ledgerv1.SharingRules { return new(ledgerv1.SharingRules) },
	func(r *ledgerv1.SharingRules) header { return header{&r.Id, &r.Journal, &r.Events} })

var agencyKeys = define("agency_keys", queryv1.Table_TABLE_AGENCY_KEYS, func() *ledgerv1.AgencyKeys { return new(ledgerv1.AgencyKeys) },
	func(r *ledgerv1.AgencyKeys) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(*ledgerv1.AgencyKeys, *entries) {}).
	shown(func(r *ledgerv1.AgencyKeys) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_AgencyKeys{AgencyKeys: r}}
	})

var journalKeys = define("journal_keys", queryv1.Table_TABLE_JOURNAL_KEYS, func() *ledgerv1.JournalKey { return new(ledgerv1.JournalKey) },
	func(r *ledgerv1.JournalKey) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.JournalKey, x *entries) { x.add(byGroup, r.Issued.GetGroup()) }, byGroup).
	dated(5, func(r *ledgerv1.JournalKey) *timestamppb.Timestamp { return r.IssuedAt }).
	shown(func(r *ledgerv1.JournalKey) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_JournalKey{JournalKey: r}}
	})

var releases = define("releases", queryv1.Table_TABLE_RELEASES, func() *ledgerv1.Release { return new(ledgerv1.Release) },
	func(r *ledgerv1.Release) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Release, x *entries) {
		x.add(byGroup, r.Group)
		x.add(byReader, r.Reader)
		x.add(byStatus, releaseNames.of(r.State.Number()))
	}, byGroup, byReader, byStatus).
	dated(11, func(r *ledgerv1.Release) *timestamppb.Timestamp { return r.Since }).
	shown(func(r *ledgerv1.Release) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_Release{Release: r}} })

var receipts = define("receipts", queryv1.Table_TABLE_RECEIPTS, func() *ledgerv1.Receipt { return new(ledgerv1.Receipt) },
	func(r *ledgerv1.Receipt) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Receipt, x *entries) { x.add(byReader, r.Reader) }, byReader).
	dated(6, func(r *ledgerv1.Receipt) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Receipt) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_Receipt{Receipt: r}} })

var withdrawals = define("withdrawals", queryv1.Table_TABLE_WITHDRAWALS, func() *ledgerv1.Withdrawal { return new(ledgerv1.Withdrawal) },
	func(r *ledgerv1.Withdrawal) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(*ledgerv1.Withdrawal, *entries) {}).
	dated(5, func(r *ledgerv1.Withdrawal) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Withdrawal) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Withdrawal{Withdrawal: r}}
	})

var withdrawalReceipts = define("withdrawal_receipts", queryv1.Table_TABLE_WITHDRAWAL_RECEIPTS,
	func() *ledgerv1.WithdrawalReceipt { return new(ledgerv1.WithdrawalReceipt) },
	func(r *ledgerv1.WithdrawalReceipt) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.WithdrawalReceipt, x *entries) {
		x.add(byAgency, r.Agency)
		x.add(byRequest, r.WithdrawalId)
	}, byAgency, byRequest).
	dated(7, func(r *ledgerv1.WithdrawalReceipt) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.WithdrawalReceipt) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_WithdrawalReceipt{WithdrawalReceipt: r}}
	})

var widenings = define("widenings", queryv1.Table_TABLE_WIDENINGS, func() *ledgerv1.Widening { return new(ledgerv1.Widening) },
	func(r *ledgerv1.Widening) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Widening, x *entries) {
		x.add(byGroup, r.Widened.GetToGroup())
		x.add(byOpen, strconv.FormatBool(r.Review == nil))
	}, byGroup, byOpen).
	dated(5, func(r *ledgerv1.Widening) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Widening) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Widening{Widening: r}}
	})

var policies = define("policies", queryv1.Table_TABLE_POLICIES, func() *ledgerv1.Policy { return new(ledgerv1.Policy) },
	func(r *ledgerv1.Policy) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(*ledgerv1.Policy, *entries) {}).
	shown(func(r *ledgerv1.Policy) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_Policy{Policy: r}} })

var calendars = define("calendars", queryv1.Table_TABLE_CALENDARS, func() *ledgerv1.Calendar { return new(ledgerv1.Calendar) },
	func(r *ledgerv1.Calendar) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(*ledgerv1.Calendar, *entries) {}).
	shown(func(r *ledgerv1.Calendar) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Calendar{Calendar: r}}
	})

var handovers = define("handovers", queryv1.Table_TABLE_HANDOVERS, func() *ledgerv1.Handover { return new(ledgerv1.Handover) },
	func(r *ledgerv1.Handover) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(*ledgerv1.Handover, *entries) {}).
	dated(5, func(r *ledgerv1.Handover) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Handover) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Handover{Handover: r}}
	})
