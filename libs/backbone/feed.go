package backbone

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/counterfoil/counterfoil/libs/backbone/stream"
	"github.com/counterfoil/counterfoil/libs/journal"
)

const (
	// OriginSequenceHeader of a message in a feed is its number in the journal stream that it came from.
	OriginSequenceHeader = "Counterfoil-Origin-Sequence"
	// maxFeedConsumers bounds how many consumers a node can make on its feed. A pump needs one, and a line that
	// comes and goes leaves some behind until they expire. The server does not let it be changed afterwards.
	maxFeedConsumers = 200
	// making is how long a stream or a feeder may take to be made.
	making = 30 * time.Second
)

// feedSubject is where the blocks of a journal stand in the feeds that it is released to: "feed.<agency>.<group>".
func feedSubject(id journal.ID) string { return "feed." + id.Agency + "." + id.Group }

// journalOf returns the journal whose blocks stand in a feed on the subject.
func journalOf(subject string) (journal.ID, error) {
	parts := strings.Split(subject, ".")
	if len(parts) == 3 && parts[0] == "feed" {
		if id := (journal.ID{Agency: parts[1], Group: parts[2]}); id.Valid() {
			return id, nil
		}
	}
	return journal.ID{}, fmt.Errorf("%q is not the subject of a journal", subject)
}

func feedConfig() jetstream.StreamConfig {
	c := stream.Inbox()
	c.Name, c.Subjects = FeedStream, []string{"feed.>"}
	c.AllowDirect = false
	c.MaxConsumers = maxFeedConsumers
	return c
}

// feeder copies what was released to one reader from the relays into its feed. It is the only way from one account
// to another, and it copies what the hub's state says and nothing else.
//
// JetStream's own sources between accounts were tried for this and lose messages: a durable consumer that still sees
// interest when the feed asks it to start over delivers into the void, and the feed takes what was delivered for
// received.
type feeder struct {
	stop context.CancelFunc
	done chan struct{} // closed once nothing more is written
}

// restartFeeder makes the reader's feeder act on the releases as they are now. When it returns, the one that acted
// on the former ones writes nothing more.
func (h *Hub) restartFeeder(ctx context.Context, reader string) error {
	h.stopFeeder(reader)
	var mine []Release
	for _, r := range h.state.Releases {
		if r.Reader == reader {
			mine = append(mine, r)
		}
	}
	if len(mine) == 0 {
		return ctx.Err()
	}
	accounts := map[string]*nats.Conn{}
	for _, r := range mine {
		for _, agency := range []string{r.Journal.Agency, reader} {
			var err error
			if accounts[agency], err = h.standing(agency); err != nil {
				return err
			}
		}
	}
	running, stop := context.WithCancel(context.Background())
	f := &feeder{stop, make(chan struct{})}
	h.feeders[reader] = f
	go func() {
		defer close(f.done)
		h.keepFeeding(running, reader, mine, accounts)
	}()
	return nil
}

// standing returns the connection into the agency's account that all feeders share.
func (h *Hub) standing(agency string) (*nats.Conn, error) {
	if nc := h.conns[agency]; nc != nil {
		return nc, nil
	}
	nc, err := h.connect(h.agencies[agency])
	if err == nil {
		h.conns[agency] = nc
	}
	return nc, err
}

func (h *Hub) stopFeeder(reader string) {
	if f := h.feeders[reader]; f != nil {
		f.stop()
		<-f.done
		delete(h.feeders, reader)
	}
}

// keepFeeding feeds until ctx ends. What goes wrong is said once, and tried again.
func (h *Hub) keepFeeding(ctx context.Context, reader string, releases []Release, accounts map[string]*nats.Conn) {
	said := ""
	for ctx.Err() == nil {
		err := feed(ctx, reader, releases, accounts)
		if ctx.Err() != nil {
			return
		}
		if said != err.Error() {
			said = err.Error()
			h.log.Warn("feed interrupted", "agency", reader, "err", err)
		}
		wait(ctx, pause)
	}
}

// feed copies until ctx ends or something goes wrong. Where it stands is in the feed itself: every message says
// which number it had at its origin.
func feed(ctx context.Context, reader string, releases []Release, accounts map[string]*nats.Conn) error {
	js, err := jetstream.New(accounts[reader])
	if err != nil {
		return err
	}
	to, err := js.Stream(ctx, FeedStream)
	if err != nil {
		return fmt.Errorf("find the feed of %s: %w", reader, err)
	}
	last := to.CachedInfo().State.LastSeq
	from := make([]uint64, len(releases))
	for i, r := range releases {
		if from[i], err = lastFed(ctx, to, r.Journal); err != nil {
			return err
		}
	}
	// One message at a time, each told what it must follow. With several on the way one that is refused could be
	// followed by one of another journal that fits, and would be missing for ever.
	var writing sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	for i, r := range releases {
		group.Go(func() error {
			origin, err := jetstream.New(accounts[r.Journal.Agency])
			if err != nil {
				return err
			}
			return follow(ctx, origin, relayName(r.Journal.Agency), r.Journal.Subject(), from[i]+1, func(msg jetstream.Msg) error {
				meta, err := msg.Metadata()
				if err != nil {
					return err
				}
				fed := copyOf(feedSubject(r.Journal), msg.Headers(), msg.Data())
				fed.Header.Set(OriginSequenceHeader, strconv.FormatUint(meta.Sequence.Stream, 10))
				writing.Lock()
				defer writing.Unlock()
				if _, err := js.PublishMsg(ctx, fed, jetstream.WithExpectLastSequence(last)); err != nil {
					return fmt.Errorf("append to the feed of %s: %w", reader, err)
				}
				last++
				return nil
			})
		})
	}
	return group.Wait()
}

// lastFed returns the number at its origin of the last block of the journal that the feed holds, zero for none.
func lastFed(ctx context.Context, feed jetstream.Stream, id journal.ID) (uint64, error) {
	last, err := feed.GetLastMsgForSubject(ctx, feedSubject(id))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	} else if err != nil {
		return 0, fmt.Errorf("find the end of %s in the feed: %w", id, err)
	}
	number, err := strconv.ParseUint(last.Header.Get(OriginSequenceHeader), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("message %d of the feed was not written by the hub: %w", last.Sequence, err)
	}
	return number, nil
}
