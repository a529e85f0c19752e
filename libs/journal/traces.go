package journal

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel/trace"
)

// keptTraces is how many traced blocks are remembered: what follows from a block follows soon.
const keptTraces = 1024

// Traces remembers of the last traced blocks of which trace they are, so that what an agency records because of their events is part of
// it. It is kept in memory only, and nothing else rests on it. Its methods may be called from any goroutine, and on nil.
type Traces struct {
	mu   sync.Mutex
	kept [keptTraces]tracedBlock
	next int
}

type tracedBlock struct {
	id          ID
	first, last uint64
	of          trace.SpanContext
}

// Keep remembers that the events from first to last are of the trace that ctx is in, where a span of it is recorded here.
func (t *Traces) Keep(ctx context.Context, id ID, first, last uint64) {
	span := trace.SpanFromContext(ctx)
	if t == nil || !span.IsRecording() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept[t.next] = tracedBlock{id, first, last, span.SpanContext()}
	t.next = (t.next + 1) % keptTraces
}

// Of returns ctx in the trace of an event; false where it has none that is remembered.
func (t *Traces) Of(ctx context.Context, id ID, event uint64) (context.Context, bool) {
	if t == nil {
		return ctx, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.kept {
		if b := &t.kept[i]; b.first <= event && event <= b.last && b.id == id {
			return trace.ContextWithSpanContext(ctx, b.of), true
		}
	}
	return ctx, false
}
