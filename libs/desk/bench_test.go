package desk_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/journal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// A single durable command, traced and not, beside a single durable publish of the broker.
func BenchmarkExecute(b *testing.B) {
	a := desktest.New(b, "licensing").Agency("licensing")
	n := 0
	b.Run("command", func(b *testing.B) {
		for b.Loop() {
			n++
			if _, err := a.Desk.Record(b.Context(), &eventv1.Particulars{}, desktest.Facts(granted(fmt.Sprintf("licensing/L-%09d", n)))); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("traced command", func(b *testing.B) {
		provider := sdk.NewTracerProvider(sdk.WithBatcher(tracetest.NewNoopExporter()))
		defer provider.Shutdown(context.Background())
		a.Desk.Tracer = provider.Tracer("bench")
		for b.Loop() {
			n++
			ctx, span := a.Desk.Tracer.Start(b.Context(), "call")
			if _, err := a.Desk.Record(ctx, &eventv1.Particulars{}, desktest.Facts(granted(fmt.Sprintf("licensing/L-%09d", n)))); err != nil {
				b.Fatal(err)
			}
			span.End()
		}
	})
	b.Run("publish", func(b *testing.B) {
		id := journal.ID{Agency: "licensing", Group: "elsewhere"}
		data := make([]byte, 700)
		for b.Loop() {
			if _, err := a.Server.JetStream().PublishMsg(b.Context(), &nats.Msg{Subject: id.Subject(), Data: data}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
