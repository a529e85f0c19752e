package backbone

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
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
	data     []byte
	// inbox is the inbox's own last sequence.
	inbox uint64
}

// down brings the inbox level with the feed and keeps it so, for as long as the session lasts. The position is in
// the inbox itself, so that it can neither be lost without the messages nor disagree with them.
func (p *Pumps) down(ctx context.Context) error {
	at, err := p.feedPosition(ctx)
	if err != nil {
		return err
	}
	js, err := jetstream.New(p.nc, jetstream.WithDefaultTimeout(requestLimit))
	if err != nil {
		return err
	}
	feed, err := findStream(ctx, js, pingInterval, FeedStream)
	if err != nil {
		return fmt.Errorf("find the feed: %w", err)
	}
	info := feed.CachedInfo()
	if err := at.check(info); err != nil {
		return err
	}
	p.toReceive.Store(info.State.LastSeq - at.sequence)
	w, err := newWindow(p.node.nc, at.inbox+1, new(atomic.Int64))
	if err != nil {
		return err
	}
	created := info.Created.UTC().Format(time.RFC3339Nano)
	defer w.close()
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
			stored := copyOf(InboxSubject(id), msg.Headers(), msg.Data())
			stored.Header.Set(FeedSequenceHeader, strconv.FormatUint(meta.Sequence.Stream, 10))
			stored.Header.Set(FeedCreatedHeader, created)
			return w.publish(ctx, stored, meta.NumPending)
		})
	})
	return group.Wait()
}

// feedPosition reads from the inbox how far it has followed the feed.
func (p *Pumps) feedPosition(ctx context.Context) (at feedPosition, err error) {
	// What an earlier session left on the way must be stored or refused first, or the two answers below could be of
	// before and after it.
	if err := fence(ctx, p.node.js, "in._fence"); err != nil {
		return at, err
	}
	info, err := p.node.inbox.Info(ctx)
	if err != nil {
		return at, fmt.Errorf("find the inbox's end: %w", err)
	}
	at.inbox = info.State.LastSeq
	last, err := p.node.inbox.GetLastMsgForSubject(ctx, "in.>")
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return at, nil
	} else if err != nil {
		return at, fmt.Errorf("read the last block of the inbox: %w", err)
	}
	at.data = last.Data
	if at.sequence, err = strconv.ParseUint(last.Header.Get(FeedSequenceHeader), 10, 64); err != nil {
		return at, halt(ErrStopped, "block %d of the inbox does not say where it stood in the feed: %v", last.Sequence, err)
	}
	if at.created, err = time.Parse(time.RFC3339Nano, last.Header.Get(FeedCreatedHeader)); err != nil {
		return at, halt(ErrStopped, "block %d of the inbox does not say from which feed it came: %v", last.Sequence, err)
	}
	return at, nil
}

// check halts the pump when the feed is not the one that the inbox was filled from, or has lost its end.
func (at feedPosition) check(feed *jetstream.StreamInfo) error {
	switch {
	case at.sequence == 0:
		return nil
	case !feed.Created.Equal(at.created):
		return halt(ErrStopped, "the feed was made anew at %s; the inbox was filled up to %d from the one made at %s",
			feed.Created.UTC().Format(time.RFC3339), at.sequence, at.created.UTC().Format(time.RFC3339))
	case feed.State.LastSeq < at.sequence:
		return halt(ErrStopped, "the feed was rolled back: it ends at %d, and the inbox has it up to %d", feed.State.LastSeq, at.sequence)
	}
	return nil
}

// compare halts the pump when the feed holds something else where the inbox stands.
func (at feedPosition) compare(data []byte) error {
	if !bytes.Equal(data, at.data) {
		return halt(ErrStopped, "the feed was rolled back and written on: its message %d is not the one in the inbox", at.sequence)
	}
	return nil
}
