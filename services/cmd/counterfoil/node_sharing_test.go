package main

import (
	"context"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// rehearsal is the receipt of a dry run that would record one fact.
func rehearsal(subject string, fact proto.Message) *eventv1.Receipt {
	packed, err := anypb.New(fact)
	if err != nil {
		panic(err)
	}
	return &eventv1.Receipt{Subject: subject, DryRun: &eventv1.DryRun{
		Journal: "licensing/border", Facts: []*anypb.Any{packed}, Readers: []string{"customs", "licensing"},
		Withheld: []*eventv1.Withheld{{Agency: "observer", Rule: "it is not a member of group border"}},
	}}
}

// Receipts has one event, which the node whose checks find something could not take in everywhere.
func (q queries) Receipts(_ context.Context, req *queryv1.ReceiptsRequest) (*queryv1.ReceiptsResponse, error) {
	if req.Id == "licensing/L-unknown" {
		return nil, connect.Errorf(connect.CodeNotFound, "nothing called %s is on record here", req.Id)
	}
	event := &queryv1.EventReceipts{Journal: "licensing/border", Number: 12, Block: 7, WrittenAt: timestamppb.New(day), Holders: []*queryv1.HolderReceipt{
		{Agency: "customs", State: queryv1.HolderState_HOLDER_STATE_ARRIVED, Reason: "it is a member", Block: 8, SaidAt: timestamppb.New(day.Add(time.Hour))},
		{Agency: "observer", State: queryv1.HolderState_HOLDER_STATE_WITHHELD, Reason: "it is not a member of group border"},
		{Agency: "reporting", State: queryv1.HolderState_HOLDER_STATE_BEHIND, Reason: "it has not said yet that it has it", BehindSince: timestamppb.New(day)},
	}}
	res := &queryv1.ReceiptsResponse{Events: []*queryv1.EventReceipts{event}, Arrived: 1, Withheld: 1, Behind: 1, Basis: basis}
	if q.node.broken {
		event.Holders[2].State, event.Holders[2].Reason = queryv1.HolderState_HOLDER_STATE_FAILED, "its copy is stopped after block 6: altered"
		res.Behind, res.Failed = 0, 1
	}
	return res, nil
}

// Usage has two classes of one agency, which it adds up by decision.
func (q queries) Usage(_ context.Context, req *queryv1.UsageRequest) (*queryv1.UsageResponse, error) {
	const granted = "counterfoil.licensing.v1.LicenceGranted"
	res := &queryv1.UsageResponse{Least: 3, Basis: basis, Uses: []*queryv1.Usage{
		{Agency: "customs", Kind: "counterfoil.licensing.v1.LicenceAmended", Decision: granted, Count: 4, Until: timestamppb.New(day)},
		{Agency: "customs", Kind: "counterfoil.licensing.v1.OpinionGiven", Decision: granted, Count: 3, Until: timestamppb.New(day)},
	}}
	switch {
	case req.Agency != "":
		res.Uses = nil
	case req.By == queryv1.UsageBy_USAGE_BY_DECISION:
		res.Uses = []*queryv1.Usage{{Decision: granted, Count: 7, Until: timestamppb.New(day)}}
	}
	return res, nil
}

func (q queries) Audience(_ context.Context, req *queryv1.AudienceRequest) (*queryv1.AudienceResponse, error) {
	a := &queryv1.Audience{
		Journal: "licensing/border", Purpose: "declarations", LegalBasis: "ATT 9", Rule: "every event of licensing, unmarked, goes to group border",
		Readers: []*queryv1.Reader{{Agency: "customs", Reads: true, Rule: "it is a member"}, {Agency: "observer", Rule: "it is not a member of group border"}},
	}
	if req.Id != "" {
		a.Events = []uint64{12, 13}
	}
	return &queryv1.AudienceResponse{Audiences: []*queryv1.Audience{a}, Basis: basis}, nil
}

// Directory has customs in group border until day, and since then has not.
func (q queries) Directory(_ context.Context, req *queryv1.DirectoryRequest) (*queryv1.DirectoryResponse, error) {
	at := timestamppb.New(day)
	res := &queryv1.DirectoryResponse{
		Agencies: []*ledgerv1.Agency{{
			Id: "customs", Title: "Customs administration", State: "XA", Service: "customs", Since: at,
			Contacts: []*directoryv1.Contact{{Role: "duty officer", Reach: "+00 1", Hours: "24/7"}},
		}},
		Groups: []*ledgerv1.Group{{
			Id: "border", Purpose: "declarations", LegalBasis: "ATT 9", Members: []string{"customs", "licensing"}, Publishers: []string{"customs"},
			History: directoryv1.HistoryRule_HISTORY_RULE_FROM_START, Since: []*ledgerv1.Membership{{Agency: "customs", Since: at}},
			Exceptions: []*directoryv1.Exception{{Agency: "observer", History: directoryv1.HistoryRule_HISTORY_RULE_FROM_JOINING}},
		}},
		Rules: []*directoryv1.SharingRule{{Agency: "customs", Group: "border"}},
		Releases: []*ledgerv1.Release{
			{Id: "customs/border>licensing", Reader: "licensing", State: ledgerv1.ReleaseState_RELEASE_STATE_AGREED, Since: at},
			{Id: "customs/border>observer", Reader: "observer", State: ledgerv1.ReleaseState_RELEASE_STATE_AGREED, Start: &directoryv1.JournalStart{Events: 11}, Since: at},
			{Id: "customs/border>reporting", Reader: "reporting", State: ledgerv1.ReleaseState_RELEASE_STATE_REFUSED, Reason: "no legal basis", Since: at},
		},
		Policies:  []*ledgerv1.Policy{{Id: "export-standard/3", Adopted: &directoryv1.PolicyAdopted{PolicyId: "export-standard/3", Title: "Export standard", ValidFrom: at}}},
		Calendars: []*ledgerv1.Calendar{{Id: "XA", Adopted: &directoryv1.CalendarAdopted{Weekend: []uint32{6, 7}, Holidays: []string{"2008-01-01"}}}},
		Handovers: []*ledgerv1.Handover{{Id: "customs/H-000001", HandedOver: &directoryv1.RoleHandedOver{Role: "duty officer", FromPerson: "p-1", ToPerson: "p-2"}, At: at}},
		Basis:     basis,
	}
	if req.AsOf == nil {
		res.Agencies[0].Status, res.Agencies[0].StatusReason = ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED, "merged"
		res.Groups[0].Members = []string{"licensing"}
		res.Releases = res.Releases[1:]
	}
	if req.AsOf.AsTime().Before(day) && req.AsOf != nil {
		return &queryv1.DirectoryResponse{}, nil
	}
	return res, nil
}
