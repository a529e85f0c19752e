package query

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/replay"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
)

// blocksBytes is about the most that one message of ReplayBlocks holds, in bytes.
const blocksBytes = 1 << 20

func (s *service) PlanReplay(ctx context.Context, req *queryv1.PlanReplayRequest) (*queryv1.PlanReplayResponse, error) {
	res := &queryv1.PlanReplayResponse{Agency: s.Agency}
	after, err := extents(req.After)
	if err != nil {
		return nil, err
	}
	var h *replay.Horizon
	err = s.Ledger.View(func(v ledger.View) error {
		if h, err = replay.Resolve(v, req.Horizon, s.Now()); err != nil {
			return err
		}
		trust, err := replay.TrustIn(v)
		if err != nil {
			return err
		}
		res.Signers, res.Starts = trustOnTheWire(trust)
		return nil
	})
	if err != nil {
		return nil, err
	}
	plan, err := h.Plan(ctx, s.Ledger, after)
	if err != nil {
		return nil, err
	}
	res.To, res.Events, res.Blocks = extentsOnTheWire(plan.To), plan.Events, plan.ToRead(after)
	return res, nil
}

func trustOnTheWire(t *replay.Trust) (signers []*queryv1.SignerKeys, starts []*queryv1.CopyStart) {
	for agency, keys := range t.Keys {
		one := &queryv1.SignerKeys{Agency: agency}
		for _, k := range keys {
			one.Keys = append(one.Keys, k)
		}
		signers = append(signers, one)
	}
	for id, list := range t.Starts {
		for _, start := range list {
			if start != nil {
				starts = append(starts, &queryv1.CopyStart{Journal: id.String(), Start: start})
			}
		}
	}
	return signers, starts
}

// extents reads how far journals go.
func extents(list []*queryv1.JournalExtent) (map[journal.ID]replay.Extent, error) {
	all := map[journal.ID]replay.Extent{}
	for _, e := range list {
		id, err := journal.ParseID(e.Journal)
		if err != nil {
			return nil, fault.Errorf(fault.Invalid, "%q is no journal: write agency/group", e.Journal)
		}
		all[id] = replay.Extent{Block: e.Block, Events: e.Events}
	}
	return all, nil
}

func extentsOnTheWire(all map[journal.ID]replay.Extent) (list []*queryv1.JournalExtent) {
	for id, e := range all {
		list = append(list, &queryv1.JournalExtent{Journal: id.String(), Block: e.Block, Events: e.Events})
	}
	return list
}

// ReplayBlocks is put on record as one reading of all the events that it gives out.
func (s *service) ReplayBlocks(ctx context.Context, req *queryv1.ReplayBlocksRequest, stream queryv1connect.ReplayServiceReplayBlocksServerStream) error {
	after, err := extents(req.After)
	if err != nil {
		return err
	}
	to, err := extents(req.To)
	if err != nil {
		return err
	}
	var h *replay.Horizon
	err = s.Ledger.View(func(v ledger.View) error {
		h, err = replay.Resolve(v, req.Horizon, s.Now())
		return err
	})
	if err != nil {
		return err
	}
	read := &queryv1.Access{Call: "ReplayBlocks", Table: queryv1.Table_TABLE_EVENTS}
	for id, extent := range to {
		read.Rows += extent.Events - min(extent.Events, after[id].Events)
		read.Owners = addOwner(read.Owners, id.String())
	}
	if err := s.accessed(ctx, read); err != nil {
		return err
	}
	res, size := &queryv1.ReplayBlocksResponse{}, 0
	send := func() error {
		defer func() { res, size = &queryv1.ReplayBlocksResponse{}, 0 }()
		if len(res.Blocks) == 0 {
			return nil
		}
		return stream.Send(res)
	}
	err = h.Blocks(ctx, s.Ledger, after, &replay.Plan{To: to}, func(b *ledgerv1.FoldedBlock) error {
		res.Blocks = append(res.Blocks, b)
		if size += proto.Size(b); size < blocksBytes {
			return nil
		}
		return send()
	})
	if err != nil {
		return err
	}
	return send()
}

func (s *service) ListSnapshots(context.Context, *queryv1.ListSnapshotsRequest) (*queryv1.ListSnapshotsResponse, error) {
	res := &queryv1.ListSnapshotsResponse{}
	if s.Past.Snapshots == nil {
		return res, nil
	}
	list, err := s.Past.Snapshots.List()
	for _, one := range list {
		res.Snapshots = append(res.Snapshots, snapshotOnTheWire(one))
	}
	return res, err
}

func (s *service) TakeSnapshot(ctx context.Context, _ *queryv1.TakeSnapshotRequest) (*queryv1.TakeSnapshotResponse, error) {
	if s.Past.Snapshots == nil {
		return nil, fault.Errorf(fault.Precondition, "no snapshots are kept of this ledger: they are at the agency's node")
	}
	one, err := s.Past.Snapshots.Take(ctx)
	if err != nil {
		return nil, err
	}
	return &queryv1.TakeSnapshotResponse{Snapshot: snapshotOnTheWire(one)}, nil
}

func snapshotOnTheWire(one *replay.Snapshot) *queryv1.Snapshot {
	w := &queryv1.Snapshot{
		File: one.File, TakenAt: timestamppb.New(one.TakenAt), Events: one.Events, Bytes: uint64(one.Bytes), Sha256: one.SHA256, Schema: uint32(one.Schema),
		LatestRecorded: timestamppb.New(one.Latest.Recorded), LatestOccurred: timestamppb.New(one.Latest.Occurred),
		LatestWritten: timestamppb.New(one.Latest.Written), LatestReceived: timestamppb.New(one.Latest.Received),
	}
	for _, j := range one.Journals {
		w.Journals = append(w.Journals, &queryv1.JournalExtent{Journal: j.Journal, Block: j.Block, Events: j.Events})
	}
	return w
}
