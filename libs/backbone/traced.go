package backbone

import (
	"context"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/counterfoil/counterfoil/libs/journal"
)

// span begins the way of a block into a reader's feed, where its publisher traces, and has the copy say that it came this way. It
// returns what ends it: when the feed has the block, or did not take it.
func (h *Hub) span(ctx context.Context, copied *nats.Msg, reader string, id journal.ID) (end func()) {
	ctx, traced := (&journal.Message{Header: copied.Header}).Traced(ctx)
	if !traced {
		return func() {}
	}
	about := []attribute.KeyValue{attribute.String("agency", "hub"), attribute.String("reader", reader), attribute.String("journal", id.String())}
	if b, err := journal.Parse(copied.Data); err == nil {
		about = append(about, attribute.Int64("block", int64(b.Header.Number)))
	}
	ctx, span := h.tracer.Start(ctx, "relay block", trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(about...))
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(copied.Header))
	return func() { span.End() }
}
