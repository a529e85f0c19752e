package backbone

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/counterfoil/counterfoil/libs/journal"
)

const (
	// FeedSequenceHeader of a message in the inbox is its number in the feed.
	FeedSequenceHeader = "Counterfoil-Feed-Sequence"
	// FeedCreatedHeader of a message in the inbox is when the feed that it came from was made (RFC 3339).
	FeedCreatedHeader = "Counterfoil-Feed-Created"
)

// feedPosition is where the inbox stands in the feed: the message with the highest number, zero for none.
type feedPosition struct {
	sequence uint64
	created  time.Time
	// digest is the SHA-256 of that message's data.
	digest []byte
	// inbox is the inbox's own last sequence.
	inbox uint64
}

// down brings the inbox level with the feed and keeps it so, for as long as the session lasts. The position is in
// the inbox itself, so that it can neither be lost without the messages nor disagree with them.
func (p *Pumps) down(ctx context.Context) error {
	ctx, done, err := p.node.turns.session(ctx)
	if err != nil {
		return err
	}
	defer done()
	at, err := p.node.feedPosition(ctx)
	if err != nil {
		return err
	}
	js, err := jetstream.New(p.conn(), jetstream.WithDefaultTimeout(requestLimit))
	if err != nil {
		return err
	}
	feed, err := findStream(ctx, js, pingInterval, FeedStream)
	if err != nil {
		return fmt.Errorf("find the feed: %w", err)
	}
	info := feed.CachedInfo()
	if at.sequence > 0 && !info.Created.Equal(at.created) {
		p.log.Warn("the feed was made anew: it is read from its start, and what the inbox holds is passed over",
			"feed", info.Created.UTC(), "former", at.created.UTC())
		at.sequence = 0
	}
	if err := at.check(info); err != nil {
		return err
	}
	p.toReceive.Store(info.State.LastSeq - at.sequence)
	w, err := newWindow(p.node.nc, at.inbox+1, new(atomic.Int64))
	if err != nil {
		return err
	}
	defer w.close()
	created := info.Created.UTC().Format(time.RFC3339Nano)
	held := held{p.node.inbox, map[journal.ID]heldBlock{}}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return w.settle(ctx, func(_, pending uint64) { p.toReceive.Store(pending) })
	})
	group.Go(func() error {
		// The first message is the one that the inbox already has: it shows that the feed is still the same.
		return follow(ctx, js, pingInterval, FeedStream, "feed.>", max(at.sequence, 1), func(msg jetstream.Msg) error {
			meta, err := msg.Metadata()
			if err != nil {
				return err
			}
			if meta.Sequence.Stream == at.sequence {
				return at.compare(msg.Data())
			}
			id, err := journalOf(msg.Subject())
			if err != nil {
				return halt(ErrStopped, "message %d of the feed: %v; the feed is not one that a hub makes", meta.Sequence.Stream, err)
			}
			if passed, err := held.pass(ctx, id, msg); err != nil || passed {
				p.toReceive.Store(meta.NumPending)
				return err
			}
			stored := copyOf(InboxSubject(id), msg.Headers(), msg.Data())
			stored.Header.Set(FeedSequenceHeader, strconv.FormatUint(meta.Sequence.Stream, 10))
			stored.Header.Set(FeedCreatedHeader, created)
			return w.publish(ctx, stored, meta.NumPending)
		})
	})
	return group.Wait()
}

// feedPosition reads from the inbox how far it has followed the feed.
func (n *Node) feedPosition(ctx context.Context) (at feedPosition, err error) {
	// What an earlier session left on the way must be stored or refused first, or the two answers below could be of
	// before and after it.
	if err := fence(ctx, n.js, "in._fence"); err != nil {
		return at, err
	}
	info, err := n.inbox.Info(ctx)
	if err != nil {
		return at, fmt.Errorf("find the inbox's end: %w", err)
	}
	at.inbox = info.State.LastSeq
	last, err := n.inbox.GetLastMsgForSubject(ctx, "in.>")
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return at, nil
	} else if err != nil {
		return at, fmt.Errorf("read the last block of the inbox: %w", err)
	}
	courier := last.Header.Get(CourierHeader) != ""
	if courier && last.Header.Get(FeedSequenceHeader) == "" {
		return at, nil // nothing had come over the line before it
	}
	if at.sequence, err = strconv.ParseUint(last.Header.Get(FeedSequenceHeader), 10, 64); err != nil {
		return at, halt(ErrStopped, "block %d of the inbox does not say where it stood in the feed: %v", last.Sequence, err)
	}
	if at.created, err = time.Parse(time.RFC3339Nano, last.Header.Get(FeedCreatedHeader)); err != nil {
		return at, halt(ErrStopped, "block %d of the inbox does not say from which feed it came: %v", last.Sequence, err)
	}
	sum := sha256.Sum256(last.Data)
	at.digest = sum[:]
	if courier {
		if at.digest, err = hex.DecodeString(last.Header.Get(FeedDigestHeader)); err != nil {
			return at, halt(ErrStopped, "block %d of the inbox came by courier and does not say what stood in the feed before: %v", last.Sequence, err)
		}
	}
	return at, nil
}

// check halts the pump when the feed has lost its end.
func (at feedPosition) check(feed *jetstream.StreamInfo) error {
	if feed.State.LastSeq < at.sequence {
		return halt(ErrStopped, "the feed was rolled back: it ends at %d, and the inbox has it up to %d; whoever put an old copy "+
			"of the hub's folder back should restore a backup instead: it makes the feeds anew", feed.State.LastSeq, at.sequence)
	}
	return nil
}

// compare halts the pump when the feed holds something else where the inbox stands.
func (at feedPosition) compare(data []byte) error {
	if sum := sha256.Sum256(data); !bytes.Equal(sum[:], at.digest) {
		return halt(ErrStopped, "the feed was rolled back and written on: its message %d is not the one in the inbox", at.sequence)
	}
	return nil
}

// held is what the inbox holds of each journal, found when the feed first names it. A feed that was made anew, as a
// restored hub does, has the blocks of each journal in their order, but those of several journals mixed otherwise; the
// number that a block had at its origin stays the same.
type held struct {
	inbox  jetstream.Stream
	blocks map[journal.ID]heldBlock
}

// heldBlock is the last block of a journal in the inbox: its number at its origin, zero for none, and its data.
type heldBlock struct {
	number uint64
	data   []byte
}

// pass reports whether the inbox holds the feed's message already, and otherwise counts it as held. A block that stands
// under the number of the last one that is held and is another is not passed over: the follower has to see it, so
// that it stops this journal and no other.
func (h held) pass(ctx context.Context, id journal.ID, msg jetstream.Msg) (bool, error) {
	number, err := strconv.ParseUint(msg.Headers().Get(OriginSequenceHeader), 10, 64)
	if err != nil {
		return false, halt(ErrStopped, "a message of journal %s in the feed does not say which number it had: %v; the feed is not one "+
			"that a hub makes", id, err)
	}
	last, known := h.blocks[id]
	if !known {
		if last, err = h.last(ctx, id); err != nil {
			return false, err
		}
	}
	if number < last.number || number == last.number && (last.data == nil || bytes.Equal(last.data, msg.Data())) {
		h.blocks[id] = last
		return true, nil
	}
	h.blocks[id] = heldBlock{number: number}
	return false, nil
}

// last reads the last block of a journal in the inbox.
func (h held) last(ctx context.Context, id journal.ID) (heldBlock, error) {
	msg, err := h.inbox.GetLastMsgForSubject(ctx, InboxSubject(id))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return heldBlock{}, nil
	} else if err != nil {
		return heldBlock{}, fmt.Errorf("find the last block of %s in the inbox: %w", id, err)
	}
	number, err := strconv.ParseUint(msg.Header.Get(OriginSequenceHeader), 10, 64)
	if err != nil {
		return heldBlock{}, halt(ErrStopped, "block %d of the inbox does not say which number it had at its origin: %v", msg.Sequence, err)
	}
	return heldBlock{number, msg.Data}, nil
}
