package main

import (
	"context"
	"slices"
	"strings"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/published"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1/enforcementv1connect"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
)

// hooks is one webhook that is on.
type hooks struct {
	queryv1connect.UnimplementedWebhookServiceHandler
}

func (hooks) ListWebhooks(context.Context, *queryv1.ListWebhooksRequest) (*queryv1.ListWebhooksResponse, error) {
	return &queryv1.ListWebhooksResponse{Webhooks: []*queryv1.Webhook{{Name: "erp", Url: "https://erp.example/in"}}}, nil
}

func (hooks) ParkedDeliveries(context.Context, *queryv1.ParkedDeliveriesRequest) (*queryv1.ParkedDeliveriesResponse, error) {
	return &queryv1.ParkedDeliveriesResponse{}, nil
}

func (hooks) SwitchWebhook(context.Context, *queryv1.SwitchWebhookRequest) (*queryv1.SwitchWebhookResponse, error) {
	return &queryv1.SwitchWebhookResponse{}, nil
}

// troubledFeed is one that did not start.
type troubledFeed struct {
	queryv1connect.UnimplementedFeedServiceHandler
}

func (troubledFeed) FeedStatus(context.Context, *queryv1.FeedStatusRequest) (*queryv1.FeedStatusResponse, error) {
	return &queryv1.FeedStatusResponse{Trouble: "listen tcp 127.0.0.1:4333: address already in use"}, nil
}

type licensing struct {
	licensingv1connect.UnimplementedLicensingServiceHandler
	node *fixedNode
}

func (l licensing) SubmitApplication(_ context.Context, req *licensingv1.SubmitApplicationRequest) (*licensingv1.SubmitApplicationResponse, error) {
	id := "licensing/A-000001"
	return &licensingv1.SubmitApplicationResponse{Receipt: receipt("licensing/licensing-internal", id, 1), ApplicationId: id}, nil
}

func (l licensing) GrantLicence(_ context.Context, req *licensingv1.GrantLicenceRequest) (*licensingv1.GrantLicenceResponse, error) {
	return &licensingv1.GrantLicenceResponse{Receipt: receipt("licensing/border", "licensing/L-000004", 1), LicenceId: "licensing/L-000004"}, nil
}

func (l licensing) DenyLicence(_ context.Context, req *licensingv1.DenyLicenceRequest) (*licensingv1.DenyLicenceResponse, error) {
	return &licensingv1.DenyLicenceResponse{Receipt: receipt("licensing/committee", "licensing/N-000001", 1), DenialId: "licensing/N-000001"}, nil
}

func (l licensing) AmendLicence(_ context.Context, req *licensingv1.AmendLicenceRequest) (*licensingv1.AmendLicenceResponse, error) {
	return &licensingv1.AmendLicenceResponse{Receipt: receipt("licensing/border", req.LicenceId, 1)}, nil
}

// SuspendLicence answers by the licence it is asked about.
func (l licensing) SuspendLicence(_ context.Context, req *licensingv1.SuspendLicenceRequest) (*licensingv1.SuspendLicenceResponse, error) {
	switch req.LicenceId {
	case "licensing/L-unknown":
		return nil, connect.Errorf(connect.CodeNotFound, "licence %s has not been issued", req.LicenceId)
	case "licensing/L-foreign":
		return nil, connect.NewError(connect.CodePermissionDenied, "an analyst may not suspend licences; ask a licensing officer")
	case "licensing/L-busy":
		return nil, connect.NewError(connect.CodeUnavailable, "the disk is full; nothing was recorded")
	case "licensing/L-broken":
		return nil, connect.NewError(connect.CodeInternal, "")
	case "licensing/L-suspended":
		return &licensingv1.SuspendLicenceResponse{Receipt: &eventv1.Receipt{}}, nil
	}
	if req.Particulars.GetDryRun() {
		return &licensingv1.SuspendLicenceResponse{Receipt: rehearsal(req.LicenceId, &licensingv1.LicenceSuspended{LicenceId: req.LicenceId, Reason: req.Reason})}, nil
	}
	return &licensingv1.SuspendLicenceResponse{Receipt: receipt("licensing/border", req.LicenceId, 1)}, nil
}

func (l licensing) RevokeLicence(_ context.Context, req *licensingv1.RevokeLicenceRequest) (*licensingv1.RevokeLicenceResponse, error) {
	if req.Particulars.GetDryRun() {
		return &licensingv1.RevokeLicenceResponse{Receipt: &eventv1.Receipt{DryRun: &eventv1.DryRun{}}}, nil
	}
	return &licensingv1.RevokeLicenceResponse{Receipt: receipt("licensing/border", req.LicenceId, 1)}, nil
}

func (l licensing) ConcludeReassessment(_ context.Context, req *licensingv1.ConcludeReassessmentRequest) (*licensingv1.ConcludeReassessmentResponse, error) {
	return &licensingv1.ConcludeReassessmentResponse{Receipt: receipt("licensing/border", req.ReassessmentId, 2)}, nil
}

// SimulatePolicy finds two of three cases changed under a policy that asks foreign, and none of none under any other.
func (l licensing) SimulatePolicy(_ context.Context, req *licensingv1.SimulatePolicyRequest) (*licensingv1.SimulatePolicyResponse, error) {
	if len(req.Policy.Consultees) == 0 {
		return &licensingv1.SimulatePolicyResponse{}, nil
	}
	return &licensingv1.SimulatePolicyResponse{
		Cases: 3, Unending: 1,
		Changed: []*licensingv1.SimulatedCase{
			{ApplicationId: "licensing/A-000001", DecisionId: "licensing/L-000001", Was: "granted", WouldBe: "waiting",
				Reasons: []string{"foreign was not asked; its silence would have been with the minister of foreign", "the quorum is 1, and 0 answered"}},
			{ApplicationId: "licensing/A-000002", DecisionId: "licensing/N-000001", Was: "denied", WouldBe: "grant possible", Reasons: []string{"justice objected, and would not have been asked"}},
		},
		Before: &licensingv1.SimulatedDays{Median: 4.5, Longest: 15}, After: &licensingv1.SimulatedDays{Median: 6, Longest: 11},
		Loads: []*licensingv1.AgencyLoad{{Agency: "foreign", Before: 1, After: 3}, {Agency: "justice", Before: 1}},
	}, nil
}

// register is what is on record from a published register.
type register struct {
	entries map[string]*licensingv1.EntryOnRecord
	keys    map[string]bool
	edition string
	calls   int
}

func (l licensing) EditionContents(_ context.Context, req *licensingv1.EditionContentsRequest) (*licensingv1.EditionContentsResponse, error) {
	l.node.mu.Lock()
	defer l.node.mu.Unlock()
	res := &licensingv1.EditionContentsResponse{Edition: l.node.register.edition}
	for _, entry := range l.node.register.entries {
		if entry.Id > req.After {
			res.Entries = append(res.Entries, entry)
		}
	}
	slices.SortFunc(res.Entries, func(a, b *licensingv1.EntryOnRecord) int { return strings.Compare(a.Id, b.Id) })
	if len(res.Entries) > l.node.page {
		res.Entries, res.More = res.Entries[:l.node.page], true
	}
	return res, nil
}

func (l licensing) RecordEdition(_ context.Context, req *licensingv1.RecordEditionRequest) (*licensingv1.RecordEditionResponse, error) {
	l.node.mu.Lock()
	defer l.node.mu.Unlock()
	r := &l.node.register
	r.calls++
	if l.node.cut > 0 && r.calls >= l.node.cut {
		return nil, connect.NewError(connect.CodeInternal, "")
	}
	key := req.Particulars.GetIdempotencyKey()
	if key == "" || r.keys[key] {
		return nil, connect.Errorf(connect.CodeInternal, "key %q", key)
	}
	if r.entries == nil {
		r.entries, r.keys = map[string]*licensingv1.EntryOnRecord{}, map[string]bool{}
	}
	r.keys[key] = true
	put := func(id string, e *licensingv1.Entry) {
		r.entries[id] = &licensingv1.EntryOnRecord{Id: id, Digest: e.Digest, Refused: e.Refused, Lines: published.LineDigests(e)}
	}
	for _, a := range req.Added {
		id := published.EntryID("licensing", req.Source, a.Entry.Digest, a.Ordinal)
		if r.entries[id] != nil {
			return nil, connect.Errorf(connect.CodeAlreadyExists, "%s is on record", id)
		}
		put(id, a.Entry)
	}
	for _, c := range req.Changed {
		put(c.Id, c.Entry)
	}
	for _, id := range req.Withdrawn {
		delete(r.entries, id)
	}
	events := len(req.Added) + len(req.Changed) + len(req.Withdrawn)
	return &licensingv1.RecordEditionResponse{Receipt: receipt("licensing/all", req.Source, uint32(events))}, nil
}

func (l licensing) CloseEdition(_ context.Context, req *licensingv1.CloseEditionRequest) (*licensingv1.CloseEditionResponse, error) {
	l.node.mu.Lock()
	defer l.node.mu.Unlock()
	if l.node.register.edition == req.Edition {
		return &licensingv1.CloseEditionResponse{Receipt: &eventv1.Receipt{}}, nil
	}
	l.node.register.edition = req.Edition
	return &licensingv1.CloseEditionResponse{Receipt: receipt("licensing/all", req.Source, 1)}, nil
}

type enforcement struct {
	enforcementv1connect.UnimplementedEnforcementServiceHandler
	node *fixedNode
}

func (e enforcement) RaiseAlert(context.Context, *enforcementv1.RaiseAlertRequest) (*enforcementv1.RaiseAlertResponse, error) {
	return &enforcementv1.RaiseAlertResponse{Receipt: receipt("enforcement/border", "enforcement/AL-000001", 1), AlertId: "enforcement/AL-000001"}, nil
}

func (e enforcement) ConfirmAlert(_ context.Context, req *enforcementv1.ConfirmAlertRequest) (*enforcementv1.ConfirmAlertResponse, error) {
	return &enforcementv1.ConfirmAlertResponse{Receipt: receipt("enforcement/border", req.AlertId, 1)}, nil
}

func (e enforcement) AcknowledgeAlert(_ context.Context, req *enforcementv1.AcknowledgeAlertRequest) (*enforcementv1.AcknowledgeAlertResponse, error) {
	return &enforcementv1.AcknowledgeAlertResponse{Receipt: receipt("licensing/border", req.AlertId, 1)}, nil
}

type reporting struct {
	reportingv1connect.UnimplementedReportingServiceHandler
	reportingv1connect.UnimplementedReturnServiceHandler
	node *fixedNode
}

func (r reporting) Totals(context.Context, *reportingv1.TotalsRequest) (*reportingv1.TotalsResponse, error) {
	return &reportingv1.TotalsResponse{Totals: []*reportingv1.Total{
		{Keys: []string{"2008", "XB"}, Lines: 12, Licences: 14, Values: []*reportingv1.Sum{{Minor: 123_456, Currency: "GBP"}, {Minor: 500, Currency: "JPY"}}},
		{Keys: []string{"2008", "XC"}, Lines: 1, Licences: 1},
	}}, nil
}

func (r reporting) RequestReturn(context.Context, *reportingv1.RequestReturnRequest) (*reportingv1.RequestReturnResponse, error) {
	return &reportingv1.RequestReturnResponse{Receipt: receipt("reporting/all", "reporting/Q-000001", 1), RequestId: "reporting/Q-000001"}, nil
}

func (r reporting) SubmitReturn(_ context.Context, req *reportingv1.SubmitReturnRequest) (*reportingv1.SubmitReturnResponse, error) {
	return &reportingv1.SubmitReturnResponse{Receipt: receipt("licensing/all", req.RequestId, 1)}, nil
}
