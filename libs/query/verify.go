package query

import (
	"context"
	"encoding/hex"
	"errors"
	"sync/atomic"
	"time"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/replay"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
)

// progressEvery is how often Verify says how far it is.
const progressEvery = 500 * time.Millisecond

// Verify reads everything again and sends progress until it is done; the last message has the findings and the root.
func (s *service) Verify(ctx context.Context, _ *queryv1.VerifyRequest, stream queryv1connect.QueryServiceVerifyServerStream) error {
	var done, total atomic.Uint64
	result := &queryv1.VerifyResponse{Done: true}
	ended := make(chan error, 1)
	go func() {
		findings, root, err := s.verify(ctx, func(d, t uint64) { done.Store(d); total.Store(t) })
		result.Findings, result.Root = findings, hex.EncodeToString(root[:])
		if err == nil {
			err = s.compareRelay(ctx, result)
		}
		ended <- err
	}()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			if err != nil {
				return err
			}
			result.Blocks, result.BlocksTotal = done.Load(), total.Load()
			return stream.Send(result)
		case <-tick.C:
			if err := stream.Send(&queryv1.VerifyResponse{Blocks: done.Load(), BlocksTotal: total.Load()}); err != nil {
				return err
			}
		}
	}
}

// verify reads everything again: from the streams of a node, or from the blocks that a ledger's file keeps.
func (s *service) verify(ctx context.Context, progress func(done, total uint64)) ([]*queryv1.Finding, [32]byte, error) {
	if s.Follower != nil {
		return s.Follower.Verify(ctx, progress)
	}
	return replay.Verify(ctx, s.Ledger, s.Past.Dir, progress)
}

// compareRelay adds what the hub's copy of the own journals has lost or has otherwise. A hub that is away is no finding.
func (s *service) compareRelay(ctx context.Context, result *queryv1.VerifyResponse) error {
	if s.Relay == nil {
		result.NotRelayed = "this is a ledger in a folder"
		return nil
	}
	compared, err := s.Relay(ctx, func(id journal.ID, block uint64, what string) {
		result.Findings = append(result.Findings, &queryv1.Finding{Journal: id.String(), Block: block, What: what, Next: "counterfoil doctor"})
	})
	if errors.Is(err, backbone.ErrUnreachable) {
		result.NotRelayed = "the hub is not connected"
		return nil
	}
	result.Relayed = compared
	return err
}
