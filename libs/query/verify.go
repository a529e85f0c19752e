package query

import (
	"context"
	"encoding/hex"
	"sync/atomic"
	"time"

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
		findings, root, err := s.Follower.Verify(ctx, func(d, t uint64) { done.Store(d); total.Store(t) })
		result.Findings, result.Root = findings, hex.EncodeToString(root[:])
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
