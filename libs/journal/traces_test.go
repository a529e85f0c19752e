package journal_test

import (
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/counterfoil/counterfoil/libs/journal"
)

func TestTracesAreRememberedByTheirEvents(t *testing.T) {
	var traces journal.Traces
	tracer := sdk.NewTracerProvider().Tracer("test")
	border, all := journal.ID{Agency: "customs", Group: "border"}, journal.ID{Agency: "customs", Group: "all"}
	ctx, span := tracer.Start(t.Context(), "fold block")
	traces.Keep(t.Context(), all, 1, 9) // nobody traces
	traces.Keep(ctx, border, 4, 6)
	of := func(id journal.ID, event uint64) trace.SpanID {
		at, known := traces.Of(t.Context(), id, event)
		if is := trace.SpanContextFromContext(at); is.IsValid() != known {
			t.Errorf("event %d of %s: %v, %v", event, id, is, known)
		}
		return trace.SpanContextFromContext(at).SpanID()
	}
	for event, want := range map[uint64]trace.SpanID{3: {}, 4: span.SpanContext().SpanID(), 6: span.SpanContext().SpanID(), 7: {}} {
		if got := of(border, event); got != want {
			t.Errorf("event %d: span %s, not %s", event, got, want)
		}
	}
	if got := of(all, 4); got.IsValid() {
		t.Errorf("another journal: span %s", got)
	}
	span.End()
	traces.Keep(ctx, all, 4, 4) // it has ended
	if got := of(all, 4); got.IsValid() {
		t.Errorf("of a span that has ended: %s", got)
	}
	for n := range uint64(2000) {
		ctx, _ := tracer.Start(t.Context(), "fold block")
		traces.Keep(ctx, all, n+1, n+1)
	}
	if of(border, 4).IsValid() || !of(all, 2000).IsValid() {
		t.Error("it keeps more than the last, or not the last")
	}
	if _, known := (*journal.Traces)(nil).Of(t.Context(), all, 2000); known {
		t.Error("nothing is remembered, and is known")
	}
}
