// Package query reads a node's ledger for everybody who asks it: one service, the same on every node.
package query

import (
	"context"
	"crypto"
	"encoding/hex"
	"fmt"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/access"
	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/projection"
	"github.com/counterfoil/counterfoil/libs/proofs"
	"github.com/counterfoil/counterfoil/libs/replay"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
)

// Config is what the service reads. Of a ledger's file that no node serves there is no Follower, Hub, Relay, Permitted, Built,
// Rebuild and Accesses.
type Config struct {
	Agency, Version string
	Dir             string
	Ledger          *ledger.Ledger
	Follower        *projection.Follower
	// Hub says how the line to the hub is.
	Hub func() Line
	// Relay compares the own journals with the hub's copy, tells of each block that differs, and returns how many were
	// compared. It wraps backbone.ErrUnreachable while there is no line.
	Relay func(ctx context.Context, different func(id journal.ID, block uint64, what string)) (compared uint64, err error)
	// Permitted tries what the hub permits. It wraps backbone.ErrUnreachable while there is no line.
	Permitted func(ctx context.Context) (*backbone.Access, error)
	// Feed and Webhooks are what the doctor finds about what runs beside the ledger.
	Feed, Webhooks func(context.Context) (*queryv1.Check, error)
	// Settings is what the doctor finds about the file that the node was started with.
	Settings func(context.Context) (*queryv1.Check, error)
	// Built says how much of the ledger is there while it is brought up at the start: 0 to 1.
	Built func() float64
	Now   func() time.Time
	// Rebuild builds the ledger anew while this one serves.
	Rebuild func(context.Context, projection.Rebuilding) (*queryv1.RebuildResult, error)
	// Accesses is where it is kept who read what; nil: nowhere.
	Accesses *access.Journal
	// Past answers from the past of the ledger.
	Past *replay.Cache
	// Signer gives the agency's signing key, for checkpoints of its own journals; nil: none are signed.
	Signer func() crypto.Signer
}

// Line is the state of the line to the hub.
type Line struct {
	Connected bool
	// ToSend counts own blocks that the hub does not have yet.
	ToSend uint64
	// Trouble is what stops the line for good, or what last went wrong while it is down.
	Trouble string
}

const (
	// pageSize is what a list returns when the caller does not say.
	pageSize = 50
	// watchBatch is the most events in one message of Watch.
	watchBatch = 200
)

type service struct {
	Config
	proofs proofs.Source
	trees  rowTrees
}

// Register serves the queries.
func Register(server *connect.Server, cfg Config) {
	s := &service{Config: cfg, proofs: proofs.Source{Signer: cfg.Signer}}
	queryv1connect.RegisterQueryServiceHandler(server, s)
	queryv1connect.RegisterLinkServiceHandler(server, s)
	queryv1connect.RegisterReplayServiceHandler(server, s)
	queryv1connect.RegisterKnowledgeServiceHandler(server, s)
	queryv1connect.RegisterProofServiceHandler(server, s)
	queryv1connect.RegisterCompareServiceHandler(server, s)
	queryv1connect.RegisterRebuildServiceHandler(server, s)
}

func (s *service) Status(ctx context.Context, req *queryv1.StatusRequest) (res *queryv1.StatusResponse, err error) {
	res = &queryv1.StatusResponse{Agency: s.Agency, Schema: ledger.Schema, Version: s.Version, Built: 1}
	var behind map[journal.ID]uint64
	if s.Follower != nil {
		line := s.Hub()
		res.HubConnected, res.ToSend, res.Built = line.Connected, line.ToSend, s.Built()
		if behind, err = s.Follower.Behind(ctx); err != nil {
			return nil, err
		}
	}
	err = s.Ledger.View(func(v ledger.View) error {
		rows := map[journal.ID][32]byte{}
		if req.Root {
			root, perJournal, err := v.Root(ctx)
			if err != nil {
				return err
			}
			res.Root, rows = hex.EncodeToString(root[:]), perJournal
		}
		res.Journals, err = s.journals(v, behind, rows)
		return err
	})
	return res, err
}

func (s *service) journals(v ledger.View, behind map[journal.ID]uint64, rows map[journal.ID][32]byte) ([]*queryv1.JournalStatus, error) {
	positions, err := v.Positions()
	if err != nil {
		return nil, err
	}
	parked, err := v.Parked()
	if err != nil {
		return nil, err
	}
	stops := map[journal.ID]*ledgerv1.Stop{}
	if s.Follower != nil {
		stops = s.Follower.State()
	}
	var list []*queryv1.JournalStatus
	for _, p := range positions {
		id, err := journal.ParseID(p.Journal)
		if err != nil {
			return nil, err
		}
		status := &queryv1.JournalStatus{
			Journal: p.Journal, Own: id.Agency == s.Agency, Block: p.Block, Events: p.Events, VerifiedTo: p.Block,
			AgeSeconds: max(0, s.Now().Sub(p.RecordedAt.AsTime()).Seconds()), BehindBy: behind[id], Parked: parked[id],
			MerkleRoot: hex.EncodeToString(p.Root), Stopped: stops[id],
		}
		if sum, ok := rows[id]; ok {
			status.RowsRoot = hex.EncodeToString(sum[:])
		}
		delete(stops, id)
		list = append(list, status)
	}
	for id, stop := range stops { // stopped before its first block
		list = append(list, &queryv1.JournalStatus{Journal: id.String(), Own: id.Agency == s.Agency, BehindBy: behind[id], Stopped: stop})
	}
	return list, nil
}

func (s *service) Count(ctx context.Context, req *queryv1.CountRequest) (res *queryv1.CountResponse, err error) {
	res = &queryv1.CountResponse{}
	err = s.at(ctx, req.Horizon, func(v ledger.View) error {
		if res.Total, res.Groups, err = v.Count(req.Table, req.Filter, req.By); err != nil {
			return err
		}
		res.Basis, err = basis(v)
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, s.accessed(ctx, &queryv1.Access{Call: "Count", Table: req.Table})
}

func (s *service) List(ctx context.Context, req *queryv1.ListRequest) (res *queryv1.ListResponse, err error) {
	res = &queryv1.ListResponse{}
	limit := int(req.PageSize)
	if limit == 0 {
		limit = pageSize
	}
	err = s.at(ctx, req.Horizon, func(v ledger.View) error {
		list := v.List
		if req.Order == queryv1.Order_ORDER_NEWEST_FIRST {
			list = v.Newest
		}
		if res.Rows, res.NextPageToken, err = list(req.Table, req.Filter, req.PageToken, limit); err != nil {
			return err
		}
		res.Basis, err = basis(v)
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, s.accessed(ctx, &queryv1.Access{Call: "List", Table: req.Table, Rows: uint64(len(res.Rows))}, res.Rows...)
}

func (s *service) Get(ctx context.Context, req *queryv1.GetRequest) (*queryv1.GetResponse, error) {
	res, err := s.get(ctx, req)
	if err == nil && res.Row == nil {
		err = notThen(req.Horizon, req.Id, s.Agency)
	}
	if err != nil {
		return nil, err
	}
	return res, s.accessed(ctx, &queryv1.Access{Call: "Get", Id: req.Id, Table: req.Table, Rows: 1}, res.Row)
}

// hasKinds refuses a filter for a kind of event that this program does not know and the ledger does not have: a watch would wait in vain.
func hasKinds(v ledger.View, f *queryv1.Filter) error {
	for _, c := range f.GetConditions() {
		for _, kind := range c.Values {
			if c.Attribute != "kind" || ledger.KnowsKind(kind) {
				continue
			}
			one := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: c.Attribute, Values: []string{kind}}}}
			has, _, err := v.Count(queryv1.Table_TABLE_EVENTS, one, "")
			if err != nil {
				return err
			}
			if has == 0 {
				return fault.Errorf(fault.Invalid, "this program knows no event of kind %s, and none is on record; kinds are such as LicenceSuspended: counterfoil count events --by kind", kind)
			}
		}
	}
	return nil
}

// Watch sends what is there after the token, then what is folded as it comes.
func (s *service) Watch(ctx context.Context, req *queryv1.WatchRequest, stream queryv1connect.QueryServiceWatchServerStream) error {
	if err := s.Ledger.View(func(v ledger.View) error { return hasKinds(v, req.Filter) }); err != nil {
		return err
	}
	token := req.Token
	if token == "now" {
		err := s.Ledger.View(func(v ledger.View) (err error) {
			token, err = v.WatchToken()
			return err
		})
		if err != nil {
			return err
		}
		if err := stream.Send(&queryv1.WatchResponse{Token: token}); err != nil {
			return err
		}
	}
	for read := s.Ledger.View; ; read = s.Ledger.Committed { // at first all that is acknowledged, then what each commit brings
		changed := s.Ledger.Changed()
		res, more := &queryv1.WatchResponse{}, false
		err := read(func(v ledger.View) (err error) {
			res.Events, res.Token, more, err = v.EventsAfter(token, req.Filter, watchBatch)
			return err
		})
		if err != nil {
			return err
		}
		if len(res.Events) > 0 { // a watch may go on for days: each message is a reading of its own
			read := &queryv1.Access{Call: "Watch", Table: queryv1.Table_TABLE_EVENTS, Rows: uint64(len(res.Events))}
			if err := s.accessedEvents(ctx, read, res.Events); err != nil {
				return err
			}
		}
		if res.Token != token {
			if err := stream.Send(res); err != nil {
				return err
			}
			token = res.Token
		}
		switch {
		case more:
		case req.UntilCaughtUp:
			return nil
		default:
			select {
			case <-changed:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// basis is what an answer from this view rests on.
func basis(v ledger.View) (*queryv1.Basis, error) {
	positions, err := v.Positions()
	if err != nil {
		return nil, fmt.Errorf("read positions: %w", err)
	}
	b := &queryv1.Basis{}
	for _, p := range positions {
		b.Positions = append(b.Positions, &queryv1.JournalPosition{Journal: p.Journal, Block: p.Block, Events: p.Events, RecordedAt: p.RecordedAt})
	}
	return b, nil
}
