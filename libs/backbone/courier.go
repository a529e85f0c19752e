package backbone

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/counterfoil/counterfoil/libs/journal"
)

const (
	// CourierHeader of a message in the inbox says by which bundle it came; one that came over the line has none. Such a
	// message has in FeedSequenceHeader and FeedCreatedHeader where the inbox stood in the feed when it came, and neither
	// when nothing had come over the line.
	CourierHeader = "Counterfoil-Courier"
	// FeedDigestHeader of such a message is the SHA-256 of the feed's message there, in hexadecimal.
	FeedDigestHeader = "Counterfoil-Feed-Digest"
)

// Carried is a message that holds a block, as it is carried from node to node.
type Carried struct {
	// Sequence is its number in its agency's stream.
	Sequence uint64
	// Redacts and Head are what journal.RedactsHeader and journal.HeadHeader say; zero of a block in its order.
	Redacts []uint64
	Head    uint64
	Data    []byte
}

// streamOf is the stream that holds a journal here, and its subject there.
func (n *Node) streamOf(id journal.ID) (jetstream.Stream, string) {
	if id.Agency == n.agency {
		return n.journal, id.Subject()
	}
	return n.inbox, InboxSubject(id)
}

// Origin returns the number in its agency's stream of the message that holds a block of the journal at a sequence of the
// stream here; 0 when there is no message any more.
func (n *Node) Origin(ctx context.Context, id journal.ID, sequence uint64) (uint64, error) {
	stream, _ := n.streamOf(id)
	msg, err := stream.GetMsg(ctx, sequence)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("read message %d of %s: %w", sequence, id, err)
	case id.Agency == n.agency:
		return sequence, nil
	}
	origin, err := strconv.ParseUint(msg.Header.Get(OriginSequenceHeader), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("message %d of the inbox does not say where it comes from: %w", sequence, err)
	}
	return origin, nil
}

// Carry calls fn with the messages of a journal as the node holds them, those after a sequence of its stream here up to and
// with another, in order. A block that is no more because events of it were withdrawn is given redacted, in its place, when
// its number in its agency's stream is above origin.
func (n *Node) Carry(ctx context.Context, id journal.ID, after, origin, last uint64, fn func(Carried) error) error {
	stream, subject := n.streamOf(id)
	redacted, err := redactedFrom(ctx, stream, subject, after+1, origin+1)
	if err != nil {
		return err
	}
	return journal.Read(ctx, stream, subject, after+1, last, func(m journal.Message) error {
		c := Carried{Sequence: m.Sequence, Redacts: m.Redacts, Data: m.Data}
		if id.Agency != n.agency {
			if c.Sequence, err = strconv.ParseUint(m.Header.Get(OriginSequenceHeader), 10, 64); err != nil {
				return fmt.Errorf("message %d of the inbox does not say where it comes from: %w", m.Sequence, err)
			}
		}
		if len(c.Redacts) > 0 {
			if c.Head, err = strconv.ParseUint(m.Header.Get(journal.HeadHeader), 10, 64); err != nil {
				return fmt.Errorf("message %d of %s does not say where its journal ended: %w", m.Sequence, id, err)
			}
		}
		err := redacted.before(c.Sequence, func(number uint64, msg *jetstream.RawStreamMsg) error {
			return fn(Carried{Sequence: number, Data: msg.Data})
		})
		if err != nil {
			return err
		}
		return fn(c)
	})
}

// Intake writes to the inbox what came by courier. It is used by one goroutine.
type Intake struct {
	w    *window
	from string
	at   feedPosition
}

// TakeIn lets fn write to the inbox; from names the bundle, for CourierHeader. fn's context ends when a message is refused. A
// pump waits meanwhile and then goes on where the inbox stands. It returns once everything is stored, or with an error and a beginning of it stored.
func (n *Node) TakeIn(ctx context.Context, from string, fn func(context.Context, *Intake) error) error {
	done, err := n.turns.take(ctx)
	if err != nil {
		return err
	}
	defer done()
	at, err := n.feedPosition(ctx)
	if err != nil {
		return err
	}
	w, err := newWindow(n.nc, at.inbox+1, new(atomic.Int64))
	if err != nil {
		return err
	}
	defer w.close()
	group, ctx := errgroup.WithContext(ctx)
	settling, settled := context.WithCancel(ctx)
	group.Go(func() error {
		err := w.settle(settling, func(uint64, uint64) {})
		if ctx.Err() == nil && settling.Err() != nil {
			return nil
		}
		return err
	})
	group.Go(func() error {
		defer settled()
		if err := fn(ctx, &Intake{w, from, at}); err != nil {
			return err
		}
		return n.stored(ctx, w.next-1)
	})
	return group.Wait()
}

// stored waits for what is on the way, and fails when the inbox does not end with the given sequence then.
func (n *Node) stored(ctx context.Context, last uint64) error {
	if err := fence(ctx, n.js, "in._fence"); err != nil {
		return err
	}
	info, err := n.inbox.Info(ctx)
	if err != nil {
		return fmt.Errorf("find the inbox's end: %w", err)
	}
	if info.State.LastSeq != last {
		return fmt.Errorf("write to the inbox: it ends with message %d, not %d", info.State.LastSeq, last)
	}
	return nil
}

// Held is the last message of a journal in the inbox; the zero Held is that of a journal of which there is nothing.
type Held struct {
	// Sequence is its number in its agency's stream.
	Sequence uint64
	// Block is the number of the journal's last block, and Digest the SHA-256 of its header; nil when the message is a
	// redaction of another block.
	Block  uint64
	Digest []byte
	Data   []byte
}

// Held reads the last message of a journal of another agency.
func (n *Node) Held(ctx context.Context, id journal.ID) (Held, error) {
	msg, err := n.inbox.GetLastMsgForSubject(ctx, InboxSubject(id))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Held{}, nil
	} else if err != nil {
		return Held{}, fmt.Errorf("find the last block of %s in the inbox: %w", id, err)
	}
	h := Held{Data: msg.Data}
	if h.Sequence, err = strconv.ParseUint(msg.Header.Get(OriginSequenceHeader), 10, 64); err != nil {
		return Held{}, fmt.Errorf("message %d of the inbox does not say where it comes from: %w", msg.Sequence, err)
	}
	b, err := journal.Parse(msg.Data)
	if err != nil {
		return h, nil // it is no block: nothing follows on it
	}
	h.Block, h.Digest = b.Header.Number, b.Digest[:]
	if b.Redacted() && len(journal.Redacts(msg.Header)) > 0 {
		h.Digest = nil
		if h.Block, err = strconv.ParseUint(msg.Header.Get(journal.HeadHeader), 10, 64); err != nil {
			return Held{}, fmt.Errorf("message %d of the inbox does not say where its journal ended: %w", msg.Sequence, err)
		}
	}
	return h, nil
}

// Put writes the next message of a journal of another agency. What came over the line before stays known: see CourierHeader.
func (in *Intake) Put(ctx context.Context, id journal.ID, c Carried) error {
	msg := copyOf(InboxSubject(id), nil, c.Data)
	msg.Header.Set(OriginSequenceHeader, strconv.FormatUint(c.Sequence, 10))
	if len(c.Redacts) > 0 {
		msg.Header.Set(journal.RedactsHeader, strings.Trim(fmt.Sprint(c.Redacts), "[]"))
		msg.Header.Set(journal.HeadHeader, strconv.FormatUint(c.Head, 10))
	}
	msg.Header.Set(CourierHeader, in.from)
	if in.at.sequence > 0 {
		msg.Header.Set(FeedSequenceHeader, strconv.FormatUint(in.at.sequence, 10))
		msg.Header.Set(FeedCreatedHeader, in.at.created.UTC().Format(time.RFC3339Nano))
		msg.Header.Set(FeedDigestHeader, hex.EncodeToString(in.at.digest))
	}
	return in.w.publish(ctx, msg, 0)
}
