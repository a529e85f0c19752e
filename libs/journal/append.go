package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

var (
	// ErrConflict is returned when somebody else appended to the journal since its head was read.
	ErrConflict = errors.New("the journal has a newer block")
	// ErrUnclear is returned when it could not be found out whether a block was stored. The journal must be read again
	// before anything is decided.
	ErrUnclear = errors.New("it is not known whether the block was stored")
	// ErrTooLarge is returned for events that do not fit in one block.
	ErrTooLarge = errors.New("too large for one block")
)

// Error codes of JetStream for a wrong expected sequence, on one server and on a cluster.
const (
	wrongSequence           = 10071
	wrongSequenceReplicated = 10164
)

// Append publishes a block after the one at sequence expected of its subject (0: the first) and returns its sequence
// once it is on disk. ErrConflict and ErrUnclear say what the caller must do; any other error means that the block was
// refused and is not stored. A lost acknowledgement is resolved by reading the tail.
//
// Where ctx is traced, the message's header says of which trace the block is (W3C Trace Context). It is not signed, and good for nothing else.
func Append(ctx context.Context, js jetstream.JetStream, stream string, id ID, data []byte, expected uint64) (uint64, error) {
	msg := &nats.Msg{Subject: id.Subject(), Data: data}
	if trace.SpanContextFromContext(ctx).IsValid() {
		msg.Header = nats.Header{}
		propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(msg.Header))
	}
	ack, err := js.PublishMsg(ctx, msg, jetstream.WithExpectLastSequencePerSubject(expected))
	if err == nil {
		return ack.Sequence, nil
	}
	var api *jetstream.APIError
	if errors.As(err, &api) {
		if api.ErrorCode == wrongSequence || api.ErrorCode == wrongSequenceReplicated {
			return 0, fmt.Errorf("append to %s: %w", id, ErrConflict)
		}
		return 0, fmt.Errorf("append to %s: %w", id, err)
	}
	return settle(ctx, js, stream, msg, id, expected, err)
}

// settle finds out what became of a block whose acknowledgement did not come. It sends the same bytes with the same
// expectation again: they are stored at most once, because the first copy changes the sequence that the second expects.
func settle(ctx context.Context, js jetstream.JetStream, stream string, msg *nats.Msg, id ID, expected uint64, cause error) (uint64, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	unclear := func(err error) (uint64, error) {
		return 0, fmt.Errorf("append to %s: %w: %w, then %w", id, ErrUnclear, cause, err)
	}
	ack, err := js.PublishMsg(ctx, msg, jetstream.WithExpectLastSequencePerSubject(expected))
	if err == nil {
		return ack.Sequence, nil
	}
	var api *jetstream.APIError
	if !errors.As(err, &api) || (api.ErrorCode != wrongSequence && api.ErrorCode != wrongSequenceReplicated) {
		return unclear(err)
	}
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return unclear(err)
	}
	after, err := s.GetMsg(ctx, expected+1, jetstream.WithGetMsgSubject(id.Subject()))
	if err != nil {
		return unclear(err)
	}
	if !bytes.Equal(after.Data, msg.Data) {
		return 0, fmt.Errorf("append to %s: %w", id, ErrConflict)
	}
	return after.Sequence, nil
}
