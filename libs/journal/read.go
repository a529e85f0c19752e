package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Message is a stored message that should be a block.
type Message struct {
	Subject    string
	Data       []byte
	Sequence   uint64
	ReceivedAt time.Time
	// Pending is how many messages of the same selection the stream holds after this one.
	Pending uint64
	// Redacts is what RedactsHeader says.
	Redacts []uint64
	Header  nats.Header
}

// Block parses the message; Sequence and ReceivedAt are filled in.
func (m *Message) Block() (*Block, error) {
	b, err := Parse(m.Data)
	if err != nil {
		return nil, err
	}
	b.Sequence, b.ReceivedAt = m.Sequence, m.ReceivedAt
	return b, nil
}

// Traced returns ctx with the trace that the message's header names; false where it names none.
func (m *Message) Traced(ctx context.Context) (context.Context, bool) {
	if len(m.Header) == 0 {
		return ctx, false
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(m.Header))
	return ctx, trace.SpanContextFromContext(ctx).IsRemote()
}

// Read calls fn with every message of the stream whose subject matches (empty: all), from sequence from on, in order,
// until fn returns an error, ctx ends or, when last is not 0, the message at sequence last or a later one was passed.
// It returns nil only when it has come to last. fn's error is returned as it is.
//
// One ordered consumer serves the whole call: make one long call rather than many small ones.
func Read(ctx context.Context, stream jetstream.Stream, subject string, from, last uint64, fn func(Message) error) error {
	if last != 0 && from > last {
		return nil
	}
	cfg := jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(from, 1), InactiveThreshold: 30 * time.Second,
	}
	if subject != "" {
		cfg.FilterSubjects = []string{subject}
	}
	consumer, err := stream.OrderedConsumer(ctx, cfg)
	if err != nil {
		return fmt.Errorf("read a stream from %d: %w", from, err)
	}
	name := consumer.CachedInfo().Stream
	if last != 0 && consumer.CachedInfo().NumPending == 0 {
		return nil
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(500), jetstream.PullHeartbeat(time.Second), jetstream.PullExpiry(5*time.Second))
	if err != nil {
		return fmt.Errorf("read %s from %d: %w", name, from, err)
	}
	defer messages.Stop()
	stop := context.AfterFunc(ctx, messages.Stop)
	defer stop()
	for {
		msg, err := messages.Next()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, jetstream.ErrNoHeartbeat):
			continue // the ordered consumer makes itself anew
		case err != nil:
			return fmt.Errorf("read %s: %w", name, err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		m := Message{msg.Subject(), msg.Data(), meta.Sequence.Stream, meta.Timestamp, meta.NumPending, Redacts(msg.Headers()), msg.Headers()}
		if last != 0 && m.Sequence > last {
			return nil
		}
		if err := fn(m); err != nil {
			return err
		}
		if last != 0 && (m.Sequence == last || m.Pending == 0) {
			return nil
		}
	}
}
