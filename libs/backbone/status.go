package backbone

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Status returns how things stand now. It asks the node's own broker only.
func (p *Pumps) Status() PumpStatus {
	since, _ := p.line.state()
	s := PumpStatus{
		Connected:      !since.IsZero(),
		ConnectedSince: since,
		LastHeard:      p.line.lastHeard(),
		ToReceive:      p.toReceive.Load(),
	}
	select {
	case <-p.reconciled.done():
		s.Reconciled = true
	default:
	}
	sent := p.sent.Load() // before the journal's end, which only grows
	ctx, cancel := context.WithTimeout(context.Background(), requestLimit)
	defer cancel()
	if info, err := p.node.journal.Info(ctx); err != nil {
		p.failed("status", fmt.Errorf("find the journal's end: %w", err))
	} else if info.State.LastSeq > sent {
		s.ToSend = info.State.LastSeq - sent
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Forked, s.Stopped, s.LastError = errors.Is(p.ended, ErrForked), strings.Join(p.stopped, "; "), p.lastErr
	return s
}

// Ready returns nil once the journal has been compared with the hub's copy and what the hub had more was taken
// over: from then on a new block continues what the hub holds. It returns an error that wraps ErrForked when the
// two have parted or ErrStopped when the pump stopped otherwise, one that wraps ErrUnreachable at once when there is no
// line, and ctx's error.
func (p *Pumps) Ready(ctx context.Context) error {
	for {
		since, changed := p.line.state()
		select {
		case <-p.reconciled.done():
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.ended
		default:
		}
		if since.IsZero() {
			return fmt.Errorf("compare the journal with the hub's copy: %w", ErrUnreachable)
		}
		select {
		case <-p.reconciled.done():
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Reconciled returns a channel that is closed when Ready would no longer wait.
func (p *Pumps) Reconciled() <-chan struct{} { return p.reconciled.done() }
