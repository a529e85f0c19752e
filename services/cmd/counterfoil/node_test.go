package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/rpc"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1/customsv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1/directoryv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1/enforcementv1connect"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// fixedNode answers the APIs of an agency from fixed data, as far as the contract allows the request, and notes what it was sent. The register that it keeps of an
// edition is a real one, so that an import can be run against it again.
type fixedNode struct {
	agency string
	broken bool // its checks and its verification find something
	open   bool // it asks for no token
	page   int  // entries on a page of what is on record from an edition

	mu       sync.Mutex
	received []string
	register register
	cut      int // the RecordEdition call, from 1, from which on none is answered; 0: all are
}

// startNode serves the APIs on an address of its own, as HTTP/2 without TLS, until the test ends.
func startNode(t testing.TB, n *fixedNode) (url string) {
	server := connect.NewServer(n.note, rpc.Validated())
	queryv1connect.RegisterQueryServiceHandler(server, queries{node: n})
	queryv1connect.RegisterRebuildServiceHandler(server, rebuilds{node: n})
	queryv1connect.RegisterWebhookServiceHandler(server, hooks{})
	queryv1connect.RegisterFeedServiceHandler(server, troubledFeed{})
	licensingv1connect.RegisterLicensingServiceHandler(server, licensing{node: n})
	queryv1connect.RegisterWhatIfServiceHandler(server, hypotheses{})
	if n.agency == "customs" {
		customsv1connect.RegisterCustomsServiceHandler(server, customs{node: n})
	}
	licensingv1connect.RegisterConsultationServiceHandler(server, consulting{node: n})
	licensingv1connect.RegisterOpinionServiceHandler(server, consulting{node: n})
	enforcementv1connect.RegisterEnforcementServiceHandler(server, enforcement{node: n})
	enforcementv1connect.RegisterAlertAnswerServiceHandler(server, enforcement{node: n})
	reportingv1connect.RegisterReportingServiceHandler(server, reporting{node: n})
	reportingv1connect.RegisterReturnServiceHandler(server, reporting{node: n})
	directoryv1connect.RegisterDirectoryServiceHandler(server, withdrawals{node: n})
	mux := http.NewServeMux()
	connecthttp.Mount(mux, server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &http.Server{Handler: mux, Protocols: new(http.Protocols)}
	h.Protocols.SetUnencryptedHTTP2(true)
	go h.Serve(listener)
	t.Cleanup(func() { h.Close() })
	return "http://" + listener.Addr().String()
}

// note keeps a line for each request: procedure, who called, and the message; and turns away who has no token.
func (n *fixedNode) note(next connect.ServerFunc) connect.ServerFunc {
	return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
		info, _ := connect.CallInfoForServerContext(ctx)
		header := info.RequestHeader()
		if header.Get("Authorization") != "Bearer secret" && !n.open {
			return connect.NewError(connect.CodeUnauthenticated, "this token is not known here")
		}
		who := header.Get("Counterfoil-Role") + "/" + header.Get("Counterfoil-Person")
		return next(ctx, spec, noted{stream, n, spec.Procedure[strings.LastIndexByte(spec.Procedure, '/')+1:] + " " + who})
	}
}

// maxNoted is the largest request that is noted, in bytes: formatting large ones takes long.
const maxNoted = 16 << 10

type noted struct {
	connect.ServerStream
	node *fixedNode
	call string
}

func (s noted) Receive(msg any) error {
	err := s.ServerStream.Receive(msg)
	if m, isMessage := msg.(proto.Message); isMessage && err == nil && proto.Size(m) <= maxNoted {
		text := strings.Join(strings.Fields(protojson.MarshalOptions{UseProtoNames: true}.Format(m)), "")
		s.node.mu.Lock()
		s.node.received = append(s.node.received, s.call+" "+text)
		s.node.mu.Unlock()
	}
	return err
}

var (
	day   = time.Date(2008, 1, 2, 0, 0, 0, 0, time.UTC)
	basis = &queryv1.Basis{Positions: []*queryv1.JournalPosition{{Journal: "licensing/all", Block: 33, Events: 32_528, RecordedAt: timestamppb.New(day)}}}
)

func licenceRow(n int, country string) *queryv1.Row {
	return &queryv1.Row{Row: &queryv1.Row_Licence{Licence: &ledgerv1.Licence{
		Id: fmt.Sprintf("licensing/L-%06d", n), Journal: "licensing/all", Events: []uint64{uint64(n)},
		Deal: &licensingv1.Deal{
			Kind:        transferv1.Kind_KIND_EXPORT,
			Destination: &licensingv1.Place{Country: country, Name: "State " + country},
			Parties:     []*transferv1.Party{{Role: transferv1.Role_ROLE_END_USER, Name: "Ministry\x1b[31m of Defence, " + country, Country: country}},
			Lines:       []*transferv1.Line{{Number: 1, Rating: "ML1.a", Value: &transferv1.Money{Minor: 123_450, Currency: "GBP"}}},
		},
		Status: ledgerv1.Status_STATUS_GRANTED, DecidedAt: timestamppb.New(day),
	}}}
}

type queries struct {
	queryv1connect.UnimplementedQueryServiceHandler
	node *fixedNode
}

func (q queries) Status(_ context.Context, req *queryv1.StatusRequest) (*queryv1.StatusResponse, error) {
	res := &queryv1.StatusResponse{
		Agency: q.node.agency, Schema: 3, HubConnected: true, ToSend: 2, Version: "1.0", Built: 1,
		Journals: []*queryv1.JournalStatus{
			{Journal: "licensing/all", Own: q.node.agency == "licensing", Block: 33, Events: 32_528, VerifiedTo: 33, AgeSeconds: 1.5, MerkleRoot: "aa11"},
			{
				Journal: "enforcement/border", Block: 4, Events: 9, VerifiedTo: 4, AgeSeconds: 700, BehindBy: 2, Parked: 1, MerkleRoot: "bb22",
				Stopped: &ledgerv1.Stop{Journal: "enforcement/border", Block: 5, Reason: "the signature does not match", At: timestamppb.New(day)},
			},
		},
	}
	if req.Root {
		res.Root = "c0ffee"
		res.Journals[0].RowsRoot, res.Journals[1].RowsRoot = "d1", "d2"
	}
	return res, nil
}

func (q queries) Count(_ context.Context, req *queryv1.CountRequest) (*queryv1.CountResponse, error) {
	res := &queryv1.CountResponse{Total: 9_007_199_254_740_993, Basis: basis}
	switch req.By {
	case "":
	case "destination":
		res.Groups = []*queryv1.GroupCount{{Key: "XB", Count: 30}, {Key: "Xa, \"the \x1b[2J", Count: 3}}
	default:
		return nil, connect.Errorf(connect.CodeInvalidArgument, "licences have no attribute %q", req.By)
	}
	return res, nil
}

// List has three rows of licences, in pages of two unless larger ones are asked for.
func (q queries) List(_ context.Context, req *queryv1.ListRequest) (*queryv1.ListResponse, error) {
	if slices.ContainsFunc(req.GetFilter().GetConditions(), func(c *queryv1.Condition) bool { return c.Attribute == "source" }) {
		return &queryv1.ListResponse{Rows: registerRows(req), Basis: basis}, nil
	}
	rows := []*queryv1.Row{licenceRow(1, "XB"), licenceRow(2, "XC"), licenceRow(3, "XB")}
	if req.Table == queryv1.Table_TABLE_EVENTS {
		rows = []*queryv1.Row{{Row: &queryv1.Row_Event{Event: events()[0]}}, {Row: &queryv1.Row_Event{Event: events()[1]}}}
	}
	if ofCases := caseRows(req.Table); ofCases != nil {
		return &queryv1.ListResponse{Rows: ofCases, Basis: basis}, nil
	}
	res := &queryv1.ListResponse{Basis: basis}
	if req.PageToken == "second page" {
		res.Rows = rows[2:]
		return res, nil
	}
	res.Rows = rows[:2]
	if len(rows) > 2 {
		res.NextPageToken = "second page"
	}
	return res, nil
}

func (q queries) Get(_ context.Context, req *queryv1.GetRequest) (*queryv1.GetResponse, error) {
	if req.Id == "licensing/L-000007" {
		return &queryv1.GetResponse{Row: &queryv1.Row{Row: &queryv1.Row_Licence{Licence: conditioned()}}, Basis: basis}, nil
	}
	if req.Id != "licensing/L-000001" {
		return nil, connect.Errorf(connect.CodeNotFound, "licence %s is not on record here", req.Id)
	}
	return &queryv1.GetResponse{Row: licenceRow(1, "XB"), Basis: basis}, nil
}

// events are one that every program knows, and one of a kind that is newer than this one.
func events() []*queryv1.RecordedEvent {
	fact, err := anypb.New(&licensingv1.LicenceSuspended{LicenceId: "licensing/L-000001", Reason: "forged end-user certificate"})
	if err != nil {
		panic(err)
	}
	return []*queryv1.RecordedEvent{
		{
			Journal: "licensing/border", Number: 12, Block: 7, Id: "0198-a", Kind: "counterfoil.licensing.v1.LicenceSuspended",
			OccurredAt: timestamppb.New(day), RecordedAt: timestamppb.New(day), Signer: "licensing", KeyId: "0badcafe", Fact: fact,
			Raw: []byte("first"), Officer: &eventv1.Officer{Role: "officer", Person: "p-1"},
		},
		{
			Journal: "enforcement/border", Number: 3, Block: 2, Id: "0198-b", Kind: "counterfoil.future.v1.Foretold",
			RecordedAt: timestamppb.New(day), Raw: []byte("second"),
			Fact: &anypb.Any{TypeUrl: "type.googleapis.com/counterfoil.future.v1.Foretold", Value: []byte{8, 1}},
		},
	}
}

func (q queries) Explain(context.Context, *queryv1.ExplainRequest) (*queryv1.ExplainResponse, error) {
	return &queryv1.ExplainResponse{
		Table: queryv1.Table_TABLE_LICENCES, Row: licenceRow(1, "XB"), Events: events(), Basis: basis,
		Related: []*queryv1.Row{{Row: &queryv1.Row_Reassessment{Reassessment: &ledgerv1.Reassessment{Id: "licensing/R-000001", LicenceId: "licensing/L-000001"}}}},
	}, nil
}

// Watch sends two groups of events; asked to wait for more, it waits until the caller leaves. After "lost" it breaks off.
func (q queries) Watch(ctx context.Context, req *queryv1.WatchRequest, stream queryv1connect.QueryServiceWatchServerStream) error {
	if req.Token != "now" {
		for i, res := range []*queryv1.WatchResponse{{Events: events(), Token: "t-2"}, {Events: events()[:1], Token: `t "3"`}} {
			if req.Token == "lost" && i == 1 {
				return connect.NewError(connect.CodeUnavailable, "the ledger is being built anew; try again")
			}
			if err := stream.Send(res); err != nil {
				return err
			}
		}
	}
	if !req.UntilCaughtUp {
		<-ctx.Done()
	}
	return nil
}

func (q queries) Verify(_ context.Context, _ *queryv1.VerifyRequest, stream queryv1connect.QueryServiceVerifyServerStream) error {
	last := &queryv1.VerifyResponse{Blocks: 35, BlocksTotal: 35, Done: true, Root: "c0ffee", Relayed: 33}
	if q.node.broken {
		last.Findings = []*queryv1.Finding{{Journal: "customs/all", Block: 2, What: "the body is not the one that was signed", Next: "counterfoil explain customs/all/4"}}
	}
	for _, res := range []*queryv1.VerifyResponse{
		{Blocks: 10, BlocksTotal: 35}, {Blocks: 33, BlocksTotal: 35}, last,
	} {
		if err := stream.Send(res); err != nil {
			return err
		}
	}
	return nil
}

func (q queries) Doctor(context.Context, *queryv1.DoctorRequest) (*queryv1.DoctorResponse, error) {
	res := &queryv1.DoctorResponse{Checks: []*queryv1.Check{{Number: 1, Name: "disk", Ok: true, Detail: "12 GiB free"}, {Number: 2, Name: "clock", Ok: !q.node.broken}}}
	if q.node.broken {
		res.Checks[1].Detail, res.Checks[1].Next = "90 s ahead of the hub", "timedatectl set-ntp true"
	}
	return res, nil
}

type customs struct {
	customsv1connect.UnimplementedCustomsServiceHandler
	node *fixedNode
}

func (c customs) AcceptDeclaration(ctx context.Context, req *customsv1.AcceptDeclarationRequest) (*customsv1.AcceptDeclarationResponse, error) {
	if req.LicenceId == "licensing/L-000009" {
		info, _ := connect.CallInfoForServerContext(ctx)
		info.ResponseHeader().Set("Counterfoil-Code", "DX03")
		return nil, connect.NewError(connect.CodeFailedPrecondition, "licence licensing/L-000009 has no quantity left on line 1")
	}
	return &customsv1.AcceptDeclarationResponse{Receipt: receipt("customs/border", "customs/D-000001", 3), DeclarationId: "customs/D-000001"}, nil
}

func (c customs) ConfirmExit(_ context.Context, req *customsv1.ConfirmExitRequest) (*customsv1.ConfirmExitResponse, error) {
	return &customsv1.ConfirmExitResponse{Receipt: receipt("customs/border", req.DeclarationId, 1)}, nil
}

func (c customs) Balance(context.Context, *customsv1.BalanceRequest) (*customsv1.BalanceResponse, error) {
	pieces := func(n int64) *transferv1.Quantity { return &transferv1.Quantity{Thousandths: n, Unit: "H87"} }
	return &customsv1.BalanceResponse{Lines: []*customsv1.LineBalance{
		{LicenceLine: 1, Authorized: pieces(500_000), Reserved: pieces(12_500), Used: pieces(0)},
		{LicenceLine: 2, AuthorizedValue: &transferv1.Money{Minor: 1_000_05, Currency: "GBP"}, UsedValue: &transferv1.Money{Minor: 7, Currency: "GBP"}},
	}}, nil
}

func receipt(journal, subject string, events uint32) *eventv1.Receipt {
	return &eventv1.Receipt{Journal: journal, Block: 8, FirstEvent: 20, Events: events, Subject: subject}
}
