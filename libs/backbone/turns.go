package backbone

import (
	"context"
	"sync"
)

// turns lets one write to the inbox at a time. Two that have messages on the way at once could leave one out: of a row of
// messages that expect each its own sequence, the first is refused when another's message took its place, and the second
// then fits.
type turns struct {
	taken chan struct{} // holds one while somebody writes
	mu    sync.Mutex
	// asking is how many want a turn of their own, and end ends the session that writes now; nil when none does.
	asking int
	end    context.CancelFunc
}

func newTurns() *turns { return &turns{taken: make(chan struct{}, 1)} }

// session takes the turn for as long as nobody else wants one: then the context that it returns ends. done gives the turn
// back, when nothing more is written.
func (t *turns) session(ctx context.Context) (session context.Context, done func(), err error) {
	select {
	case t.taken <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	session, end := context.WithCancel(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = end
	if t.asking > 0 {
		end()
	}
	return session, func() {
		t.mu.Lock()
		t.end = nil
		t.mu.Unlock()
		end()
		<-t.taken
	}, nil
}

// take takes the turn from a session, and returns what gives it back.
func (t *turns) take(ctx context.Context) (done func(), err error) {
	t.ask(1)
	defer t.ask(-1)
	select {
	case t.taken <- struct{}{}:
		return func() { <-t.taken }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (t *turns) ask(more int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asking += more
	if t.asking > 0 && t.end != nil {
		t.end()
	}
}
