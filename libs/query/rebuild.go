package query

import (
	"context"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/counterfoil/counterfoil/libs/projection"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
)

// Rebuild builds the ledger anew and sends progress until it is in place; the last message has what came of it. It ends, and the
// ledger stays as it is, when the caller goes away before that.
func (s *service) Rebuild(ctx context.Context, req *queryv1.RebuildRequest, stream queryv1connect.RebuildServiceRebuildServerStream) error {
	if s.Config.Rebuild == nil {
		return notServed("a ledger is built anew at its node")
	}
	type outcome struct {
		result *queryv1.RebuildResult
		err    error
	}
	p := &phaseProgress{}
	ended := make(chan outcome, 1)
	var building sync.WaitGroup
	defer building.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	building.Go(func() {
		result, err := s.Config.Rebuild(ctx, projection.Rebuilding{DryRun: req.DryRun, Progress: p.set})
		ended <- outcome{result, err}
	})
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case o := <-ended:
			if o.err != nil {
				return o.err
			}
			last := p.message(time.Now())
			last.Result = o.result
			return stream.Send(last)
		case now := <-tick.C:
			if err := stream.Send(p.message(now)); err != nil {
				return err
			}
		}
	}
}

// phaseProgress is how far long work in phases is. Safe for concurrent use.
type phaseProgress struct {
	mu          sync.Mutex
	phase       queryv1.RebuildPhase
	began       time.Time
	done, total uint64
}

func (p *phaseProgress) set(phase queryv1.RebuildPhase, done, total uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phase != phase {
		p.phase, p.began = phase, time.Now()
	}
	p.done, p.total = done, total
}

func (p *phaseProgress) message(now time.Time) *queryv1.RebuildResponse {
	p.mu.Lock()
	defer p.mu.Unlock()
	res := &queryv1.RebuildResponse{Phase: p.phase, Done: p.done, Total: p.total}
	if took := now.Sub(p.began).Seconds(); took > 0 && p.done > 0 && !p.began.IsZero() {
		res.Rate = float64(p.done) / took
		left := float64(p.total-min(p.done, p.total)) / res.Rate
		res.Remaining = durationpb.New(time.Duration(left * float64(time.Second)))
	}
	return res
}
