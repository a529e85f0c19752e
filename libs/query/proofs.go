package query

import (
	"context"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/proofs"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
)

// leavesAtOnce is how many leaf hashes are read in one view and sent in one message: 2 MiB.
const leavesAtOnce = 1 << 16

// Prove returns the proof that an event is in its journal.
func (s *service) Prove(ctx context.Context, req *queryv1.ProveRequest) (res *queryv1.ProveResponse, err error) {
	err = s.Ledger.View(func(v ledger.View) error {
		if res, err = s.proofs.Prove(v, req.Event, req.WithEvent); err != nil {
			return err
		}
		res.Basis, err = basis(v)
		return err
	})
	if err != nil {
		return nil, err
	}
	read := &queryv1.Access{Call: "Prove", Id: req.Event, Table: queryv1.Table_TABLE_EVENTS, Rows: 1}
	return res, s.accessedEvents(ctx, read, []*queryv1.RecordedEvent{{Journal: res.Journal}})
}

// Consistency returns the proof that a journal was only added to.
func (s *service) Consistency(_ context.Context, req *queryv1.ConsistencyRequest) (res *queryv1.ConsistencyResponse, err error) {
	err = s.Ledger.View(func(v ledger.View) error {
		if res, err = s.proofs.Consistency(v, req); err != nil {
			return err
		}
		res.Basis, err = basis(v)
		return err
	})
	return res, err
}

// Checkpoint returns where journals stand, signed.
func (s *service) Checkpoint(_ context.Context, req *queryv1.CheckpointRequest) (*queryv1.CheckpointResponse, error) {
	res := &queryv1.CheckpointResponse{}
	head := s.proofs.Noted
	if req.Header {
		head = proofs.Latest
	}
	err := s.Ledger.View(func(v ledger.View) error {
		journals, err := checkpointed(v, req.Journal)
		if err != nil {
			return err
		}
		for _, id := range journals {
			h, err := head(v, id)
			if err != nil {
				return err
			}
			res.Heads = append(res.Heads, h)
		}
		res.Basis, err = basis(v)
		return err
	})
	return res, err
}

// checkpointed are the journals that a checkpoint is asked of: the one that is named, or the agency's own.
func checkpointed(v ledger.View, named string) ([]journal.ID, error) {
	if named != "" {
		id, err := journalCalled(named)
		return []journal.ID{id}, err
	}
	positions, err := v.Positions()
	if err != nil {
		return nil, err
	}
	var own []journal.ID
	for _, p := range positions {
		if id, err := journal.ParseID(p.Journal); err == nil && id.Agency == v.Agency() {
			own = append(own, id)
		}
	}
	if len(own) == 0 {
		return nil, fault.Errorf(fault.NotFound, "%s has recorded nothing yet: there is no journal of its own to sign a checkpoint of", v.Agency())
	}
	return own, nil
}

// Leaves streams the leaf hashes of a journal. What is sent is read in pieces, so that whoever takes them slowly holds nobody up.
func (s *service) Leaves(ctx context.Context, req *queryv1.LeavesRequest, stream queryv1connect.ProofServiceLeavesServerStream) error {
	head, id, err := s.whole(req.Journal)
	if err != nil {
		return err
	}
	if err := stream.Send(&queryv1.LeavesResponse{Head: head}); err != nil {
		return err
	}
	for after := uint64(0); after < head.Events; {
		res := &queryv1.LeavesResponse{}
		err := s.Ledger.View(func(v ledger.View) (err error) {
			res.Hashes, err = proofs.Leaves(v, id, after, head.Events, leavesAtOnce)
			return err
		})
		if err == nil {
			err = stream.Send(res)
		}
		if err != nil {
			return err
		}
		after += uint64(len(res.Hashes) / 32)
	}
	return ctx.Err()
}

// Entries streams the events of a journal.
func (s *service) Entries(ctx context.Context, req *queryv1.EntriesRequest, stream queryv1connect.ProofServiceEntriesServerStream) error {
	head, id, err := s.whole(req.Journal)
	if err != nil {
		return err
	}
	read := &queryv1.Access{Call: "Entries", Id: req.Journal, Table: queryv1.Table_TABLE_EVENTS, Rows: head.Events}
	if err := s.accessedEvents(ctx, read, []*queryv1.RecordedEvent{{Journal: head.Journal}}); err != nil {
		return err
	}
	if err := stream.Send(&queryv1.EntriesResponse{Head: head}); err != nil {
		return err
	}
	for after := uint64(0); after < head.Events; {
		res := &queryv1.EntriesResponse{}
		err := s.Ledger.View(func(v ledger.View) (err error) {
			res.Entries, err = proofs.Entries(v, id, after, head.Events)
			return err
		})
		if err == nil {
			err = stream.Send(res)
		}
		if err != nil {
			return err
		}
		after += uint64(len(res.Entries))
	}
	return ctx.Err()
}

// whole is what the leaves of a journal lead to.
func (s *service) whole(named string) (head *queryv1.SignedHead, id journal.ID, err error) {
	if id, err = journalCalled(named); err != nil {
		return nil, id, err
	}
	err = s.Ledger.View(func(v ledger.View) (err error) {
		head, err = s.proofs.Whole(v, id)
		return err
	})
	return head, id, err
}
