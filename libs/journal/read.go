package journal

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
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

// Read calls fn with every message of the stream whose subject matches (empty: all), from sequence from on, in order,
// until fn returns an error, ctx ends or, when last is not 0, the message at sequence last or a later one was passed.
// It returns nil only when it has come to last. fn's error is returned as it is.
//
// One ordered consumer serves the whole call: make one long call rather than many small ones.
func Read(ctx context.Context, stream jetstream.Stream, subject string, from, last uint64, fn func(Message) error) error {
	return read(ctx, stream, subject, from, last, false, fn)
}

// read is Read, or with headers leaves the data out and ends at once where there is nothing.
func read(ctx context.Context, stream jetstream.Stream, subject string, from, last uint64, headers bool, fn func(Message) error) error {
	if last != 0 && from > last {
		return nil
	}
	cfg := jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(from, 1), InactiveThreshold: 30 * time.Second,
		HeadersOnly: headers,
	}
	if subject != "" {
		cfg.FilterSubjects = []string{subject}
	}
	consumer, err := stream.OrderedConsumer(ctx, cfg)
	if err != nil {
		return fmt.Errorf("read a stream from %d: %w", from, err)
	}
	name := consumer.CachedInfo().Stream
	if (last != 0 || headers) && consumer.CachedInfo().NumPending == 0 {
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
		m := Message{msg.Subject(), msg.Data(), meta.Sequence.Stream, meta.Timestamp, meta.NumPending, Redacts(msg.Headers())}
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

// RedactsHeader of a message that holds a redacted block names the messages of the agency's own stream that held the block
// before, by their sequences: the original first, then earlier redactions.
const RedactsHeader = "Counterfoil-Redacts"

// HeadHeader of such a message is the number of the journal's last block when it was stored.
const HeadHeader = "Counterfoil-Head"

// Redaction is a stored message that holds a redacted block out of its order: those that held the block before are to be
// deleted, or are no more.
type Redaction struct {
	Message *jetstream.RawStreamMsg
	// Before are the sequences that RedactsHeader names.
	Before []uint64
}

// Redacts reads RedactsHeader. It returns nil for a message that has none, or none that a node writes.
func Redacts(header nats.Header) (before []uint64) {
	for _, field := range strings.Fields(header.Get(RedactsHeader)) {
		sequence, err := strconv.ParseUint(field, 10, 64)
		if err != nil {
			return nil
		}
		before = append(before, sequence)
	}
	return before
}

// Redactions returns the redactions that the stream holds on a subject (empty: on all), from sequence from on, in order, and
// the last sequence that it looked at. It is told the headers of every message: some seconds for a million.
func Redactions(ctx context.Context, stream jetstream.Stream, subject string, from uint64) (list []Redaction, last uint64, err error) {
	err = read(ctx, stream, subject, from, 0, true, func(m Message) error {
		last = m.Sequence
		if len(m.Redacts) > 0 {
			list = append(list, Redaction{Message: &jetstream.RawStreamMsg{Sequence: m.Sequence}, Before: m.Redacts})
		}
		if m.Pending == 0 {
			return errEnd
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnd) {
		return nil, 0, err
	}
	kept := list[:0]
	for _, r := range list {
		r.Message, err = stream.GetMsg(ctx, r.Message.Sequence)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue // a later redaction has taken its place meanwhile
		} else if err != nil {
			return nil, 0, fmt.Errorf("read a redacted block: %w", err)
		}
		kept = append(kept, r)
	}
	return kept, last, nil
}

var errEnd = errors.New("end")
