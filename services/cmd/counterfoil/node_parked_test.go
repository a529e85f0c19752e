package main

import (
	"context"

	"connectrpc.com/connect/v2"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// parkedItems are an event that is refused and one that a retry applies.
func parkedItems() []*queryv1.ParkedItem {
	return []*queryv1.ParkedItem{
		{
			Journal: "licensing/border", Number: 12, Id: "0198-a", Kind: "counterfoil.licensing.v1.LicenceSuspended", Class: queryv1.ParkedClass_PARKED_CLASS_REFUSED,
			Reason: "licensing/L-000001 is revoked", RowId: "licensing/L-000001", Remedy: "ask licensing to put what it meant on record anew",
		},
		{
			Journal: "enforcement/border", Number: 3, Id: "0198-b", Kind: "counterfoil.future.v1.Foretold", Class: queryv1.ParkedClass_PARKED_CLASS_KNOWN_NOW,
			Reason: "this program does not know events of its kind", Remedy: "type: counterfoil parked retry enforcement/border 3",
		},
	}
}

func parkedTotals(items ...*queryv1.ParkedItem) (all []*queryv1.ParkedTotal) {
	for _, p := range items {
		all = append(all, &queryv1.ParkedTotal{Journal: p.Journal, Class: p.Class, Count: 1})
	}
	return all
}

// Parked has two pages of one event each; nothing of another journal.
func (q queries) Parked(_ context.Context, req *queryv1.ParkedRequest) (*queryv1.ParkedResponse, error) {
	items := parkedItems()
	res := &queryv1.ParkedResponse{Events: items[:1], Totals: parkedTotals(items...), NextPageToken: "00/licensing/border/12", Basis: basis}
	switch {
	case req.Journal == "customs/border":
		return &queryv1.ParkedResponse{Basis: basis}, nil
	case req.PageToken != "":
		res.Events, res.NextPageToken = items[1:], ""
	}
	return res, nil
}

func (q queries) ParkedEvent(_ context.Context, req *queryv1.ParkedEventRequest) (*queryv1.ParkedEventResponse, error) {
	switch req.Number {
	case 12:
		return &queryv1.ParkedEventResponse{Parked: parkedItems()[0], Event: events()[0], Table: queryv1.Table_TABLE_LICENCES, Row: licenceRow(1, "XB"), NotGiven: 4, Withdrawn: true, Basis: basis}, nil
	case 3:
		return &queryv1.ParkedEventResponse{Parked: parkedItems()[1], Event: events()[1], Basis: basis}, nil
	}
	return nil, connect.Errorf(connect.CodeNotFound, "event %s/%d is not parked here", req.Journal, req.Number)
}

func (q queries) RetryParked(_ context.Context, req *queryv1.RetryParkedRequest) (*queryv1.RetryParkedResponse, error) {
	items := parkedItems()
	switch req.Journal {
	case "":
		return &queryv1.RetryParkedResponse{Applied: 1, FoldedAnew: []string{"enforcement/all", "enforcement/border"}, Still: parkedTotals(items[0]), Left: items[:1]}, nil
	case "enforcement/border":
		return &queryv1.RetryParkedResponse{Applied: 1, FoldedAnew: []string{"enforcement/border"}}, nil
	}
	return &queryv1.RetryParkedResponse{Still: parkedTotals(items[0]), Left: items[:1]}, nil
}
