package desk

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/counterfoil/counterfoil/libs/journal"
)

func nothing() {}

// span begins a step of a command whose caller traces, and returns what ends it.
func (d *Desk) span(c *command, name string) (end func()) {
	if !trace.SpanContextFromContext(c.ctx).IsValid() {
		return nothing
	}
	_, span := d.Tracer.Start(c.ctx, name, trace.WithAttributes(attribute.String("agency", d.Agency)))
	return func() { span.End() }
}

// reactSpan begins what a reaction does about an event that is of a trace; there is none while it decides nothing.
func (d *Desk) reactSpan(ctx context.Context, r Reaction, id journal.ID, event uint64, decides bool) (traced context.Context, end func()) {
	if !decides {
		return ctx, nothing
	}
	ctx, is := d.Traces.Of(ctx, id, event)
	if !is {
		return ctx, nothing
	}
	ctx, span := d.Tracer.Start(ctx, "react", trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		attribute.String("agency", d.Agency), attribute.String("reaction", r.Name), attribute.String("journal", id.String())))
	return ctx, func() { span.End() }
}

// blockSpan begins the appending of a block: a step of the first of its commands whose caller traces, linked to the others.
func (d *Desk) blockSpan(ctx context.Context, b *block, number uint64) (traced context.Context, end func()) {
	var links []trace.Link
	for _, a := range b.answers {
		if is := trace.SpanContextFromContext(a.c.ctx); is.IsValid() && a.outcome.receipt.GetEvents() > 0 {
			links = append(links, trace.Link{SpanContext: is})
		}
	}
	if len(links) == 0 {
		return ctx, nothing
	}
	ctx, span := d.Tracer.Start(trace.ContextWithSpanContext(ctx, links[0].SpanContext), "append block", trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithLinks(links[1:]...), trace.WithAttributes(
			attribute.String("agency", d.Agency), attribute.String("journal", b.id.String()), attribute.Int64("block", int64(number))))
	return ctx, func() { span.End() }
}
