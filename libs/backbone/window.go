package backbone

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/semaphore"
)

const (
	// windowMessages and windowBytes bound what is published and not yet acknowledged, and windowBytes also what is
	// asked for and not yet read. They keep a line of 100 Mbit/s and 100 ms busy; more would only be sent again
	// after a cut.
	windowMessages = 512
	windowBytes    = 2 << 20
	// ackLimit is how long an acknowledgement may take. A dead line is noticed much earlier, by the watch.
	ackLimit = 2 * time.Minute
)

// window publishes messages into a stream, many on the way at a time, each with the sequence that it must get. So
// the stream can only come out as the one that was read, however often a message is sent: provided that the same
// message always gets the same sequence, since one that is refused does not stop those after it.
type window struct {
	js    jetstream.JetStream
	next  uint64
	sent  chan onTheWay
	bytes *semaphore.Weighted
	// unanswered counts the bytes on the way; the watch reads it.
	unanswered *atomic.Int64
}

type onTheWay struct {
	sequence uint64
	size     int64
	ack      jetstream.PubAckFuture
	tag      uint64
}

// newWindow publishes over nc from sequence next on, keeping account of the bytes on the way. It is closed after use.
func newWindow(nc *nats.Conn, next uint64, unanswered *atomic.Int64) (*window, error) {
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncTimeout(ackLimit),
		jetstream.WithPublishAsyncMaxPending(2*windowMessages))
	if err != nil {
		return nil, err
	}
	unanswered.Store(0)
	return &window{js: js, next: next, sent: make(chan onTheWay, windowMessages),
		bytes: semaphore.NewWeighted(windowBytes), unanswered: unanswered}, nil
}

// close forgets what is on the way.
func (w *window) close() {
	w.js.CleanupPublisher()
	w.unanswered.Store(0)
}

// publish sends the message once there is room in the window; the tag comes back with its acknowledgement. It is
// called from one goroutine at a time.
func (w *window) publish(ctx context.Context, msg *nats.Msg, tag uint64) error {
	size := min(int64(msg.Size()), windowBytes)
	if err := w.bytes.Acquire(ctx, size); err != nil {
		return err
	}
	w.unanswered.Add(size)
	// A retry would come after its successors and be refused.
	ack, err := w.js.PublishMsgAsync(msg, jetstream.WithExpectLastSequence(w.next-1), jetstream.WithRetryAttempts(0))
	if err != nil {
		return fmt.Errorf("publish message %d: %w", w.next, err)
	}
	select {
	case w.sent <- onTheWay{w.next, size, ack, tag}:
	case <-ctx.Done():
		return ctx.Err()
	}
	w.next++
	return nil
}

// settle waits for acknowledgements in the order of publishing and tells done of each, until ctx ends or one is
// missing or wrong. What was published after that counts as not published.
func (w *window) settle(ctx context.Context, done func(sequence, tag uint64)) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case s := <-w.sent:
			if err := s.acknowledged(ctx, patience(w.unanswered.Load())); err != nil {
				return err
			}
			w.bytes.Release(s.size)
			w.unanswered.Add(-s.size)
			done(s.sequence, s.tag)
		}
	}
}

// acknowledged waits until the message has the sequence that it must get. A server of several that ended may have taken
// the message along, or its acknowledgement.
func (s onTheWay) acknowledged(ctx context.Context, within time.Duration) error {
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-late.C:
		return fmt.Errorf("publish message %d: not acknowledged within %v", s.sequence, within)
	case err := <-s.ack.Err():
		return fmt.Errorf("publish message %d: %w", s.sequence, err)
	case ack := <-s.ack.Ok():
		if ack.Sequence != s.sequence {
			return fmt.Errorf("publish message %d: it became message %d", s.sequence, ack.Sequence)
		}
		return nil
	}
}

// fence returns once everything published before over the same connection has been stored or refused. It publishes on
// a subject of the stream what can only be refused.
func fence(ctx context.Context, js jetstream.JetStream, subject string) error {
	_, err := js.Publish(ctx, subject, nil, jetstream.WithExpectLastSequence(math.MaxInt64))
	var refused *jetstream.APIError
	if errors.As(err, &refused) && refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return nil
	}
	return fmt.Errorf("wait for what is on the way to %s: %w", subject, err)
}

// copyOf returns a message to publish with what a block's message carries: its data and its headers, but for those
// that tell a server what to do with it.
func copyOf(subject string, header nats.Header, data []byte) *nats.Msg {
	msg := nats.NewMsg(subject)
	msg.Data = data
	for key, values := range header {
		if !strings.HasPrefix(key, "Nats-") {
			msg.Header[key] = values
		}
	}
	return msg
}
