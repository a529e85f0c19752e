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
// the last sequence that it looked at, 0 for none. It is told the headers of every message: some seconds for a million.
func Redactions(ctx context.Context, stream jetstream.Stream, subject string, from uint64) (list []Redaction, last uint64, err error) {
	found, last, err := announced(ctx, stream, subject, from)
	if err != nil {
		return nil, 0, fmt.Errorf("look for redacted blocks: %w", err)
	}
	for _, m := range found {
		msg, err := stream.GetMsg(ctx, m.Sequence)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue // a later redaction has taken its place meanwhile
		} else if err != nil {
			return nil, 0, fmt.Errorf("read a redacted block: %w", err)
		}
		list = append(list, Redaction{msg, m.Redacts})
	}
	return list, last, nil
}

// announced reads the headers of all that the stream holds now, and returns those messages that say what they redact. Its
// consumer is gone when it returns.
func announced(ctx context.Context, stream jetstream.Stream, subject string, from uint64) (found []Message, last uint64, err error) {
	consumer, err := stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(from, 1), FilterSubject: subject, HeadersOnly: true,
		AckPolicy: jetstream.AckNonePolicy, MaxDeliver: 1, MemoryStorage: true, Replicas: 1, InactiveThreshold: 30 * time.Second,
	})
	if err != nil {
		return nil, 0, err
	}
	info := consumer.CachedInfo()
	defer func() { err = errors.Join(err, stream.DeleteConsumer(ctx, info.Name)) }()
	for read, pending := uint64(0), info.NumPending; pending > 0; {
		before := read
		batch, err := consumer.FetchNoWait(500)
		if err != nil {
			return nil, 0, err
		}
		for msg := range batch.Messages() {
			meta, err := msg.Metadata()
			if err != nil {
				return nil, 0, err
			}
			if read++; meta.Sequence.Consumer != read {
				return nil, 0, fmt.Errorf("message %d of the delivery came as number %d", meta.Sequence.Consumer, read)
			}
			last, pending = meta.Sequence.Stream, meta.NumPending
			if redacts := Redacts(msg.Headers()); len(redacts) > 0 {
				found = append(found, Message{Sequence: last, Redacts: redacts})
			}
		}
		if err := batch.Error(); err != nil {
			return nil, 0, err
		}
		if read == before {
			break // what was pending has been deleted
		}
	}
	return found, last, nil
}
