package backbone

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
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
	// appendLimit is how long a feed may take to acknowledge a message, before it is asked again where it ends.
	appendLimit = 2 * time.Second
	// making is how long a stream or a feeder may take to be made.
	making = 15 * time.Second
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
	releases []Release
	stop     context.CancelFunc
	done     chan struct{} // closed once nothing more is written
}

func (h *Hub) startFeeder(reader string, releases []Release, accounts map[string]*nats.Conn) {
	running, stop := context.WithCancel(context.Background())
	f := &feeder{releases, stop, make(chan struct{})}
	h.feeders[reader] = f
	go func() {
		defer close(f.done)
		h.keepFeeding(running, reader, releases, accounts)
	}()
}

func (h *Hub) stopFeeder(reader string) {
	if f := h.feeders[reader]; f != nil {
		f.stop()
		<-f.done
		delete(h.feeders, reader)
	}
}

// keepFeeding feeds while this server is the one that does, until ctx ends. What goes wrong is said once, and tried
// again.
func (h *Hub) keepFeeding(ctx context.Context, reader string, releases []Release, accounts map[string]*nats.Conn) {
	said := ""
	for ctx.Err() == nil {
		if !h.copies() {
			wait(ctx, pause)
			continue
		}
		leading, end := h.leading(ctx)
		err := h.fill(leading, reader, releases, accounts)
		interrupted := leading.Err() == nil
		end()
		if !interrupted {
			continue
		}
		if said != err.Error() {
			said = err.Error()
			h.log.Warn("feed interrupted", "agency", reader, "err", err)
		}
		wait(ctx, pause)
	}
}

// leads reports whether this server is the one that makes streams and watches deadlines: JetStream has one leader.
func (h *Hub) leads() bool { return h.srv.JetStreamIsLeader() }

// copies reports whether this server copies into feeds.
func (h *Hub) copies() bool { return h.leads() || h.copiesAnyway.Load() }

// leading returns a context that ends when another server takes the feeds over. For a moment both may write: see fill.
func (h *Hub) leading(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for ctx.Err() == nil && h.copies() {
			wait(ctx, pause)
		}
		cancel()
	}()
	return ctx, cancel
}

// fill copies until ctx ends or something goes wrong. Where it stands is in the feed itself: every message says
// which number it had at its origin. Each is told which message of its journal it must follow, so that of two servers
// that copy at once, or of one that asked a server with old news, only what comes next is taken.
func (h *Hub) fill(ctx context.Context, reader string, releases []Release, accounts map[string]*nats.Conn) error {
	js, err := jetstream.New(accounts[reader])
	if err != nil {
		return err
	}
	to, err := findStream(ctx, js, prompt, FeedStream)
	if err != nil {
		return fmt.Errorf("find the feed of %s: %w", reader, err)
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, r := range releases {
		group.Go(func() error { return h.feedJournal(ctx, js, to, reader, r, accounts[r.Journal.Agency]) })
	}
	return group.Wait()
}

// feedJournal copies one journal. A block that is no more, because events of it were withdrawn before the feed came to it,
// is given redacted, in its place.
func (h *Hub) feedJournal(ctx context.Context, js jetstream.JetStream, to jetstream.Stream, reader string, r Release, account *nats.Conn) error {
	at, fed, err := lastFed(ctx, to, r.Journal)
	if err != nil {
		return err
	}
	origin, err := jetstream.New(account)
	if err != nil {
		return err
	}
	relay, err := findStream(ctx, origin, prompt, relayName(r.Journal.Agency))
	if err != nil {
		return err
	}
	from := max(fed, r.After) + 1
	redacted, err := redactedFrom(ctx, relay, r.Journal.Subject(), from, from)
	if err != nil {
		return err
	}
	give := func(number uint64, header nats.Header, data []byte) error {
		copied := copyOf(feedSubject(r.Journal), header, data)
		copied.Header.Set(OriginSequenceHeader, strconv.FormatUint(number, 10))
		defer h.span(ctx, copied, reader, r.Journal)()
		appending, end := context.WithTimeout(ctx, appendLimit)
		ack, err := js.PublishMsg(appending, copied, jetstream.WithExpectLastSequencePerSubject(at))
		end()
		if err != nil {
			return fmt.Errorf("append to the feed of %s: %w", reader, err)
		}
		at = ack.Sequence
		return nil
	}
	return follow(ctx, origin, prompt, relayName(r.Journal.Agency), r.Journal.Subject(), from, func(msg jetstream.Msg) error {
		meta, err := msg.Metadata()
		if err != nil {
			return err
		}
		err = redacted.before(meta.Sequence.Stream, func(number uint64, msg *jetstream.RawStreamMsg) error {
			return give(number, nil, msg.Data)
		})
		if err != nil {
			return err
		}
		return give(meta.Sequence.Stream, msg.Headers(), msg.Data())
	})
}

// lastFed returns where the last block of the journal stands in the feed, and its number at its origin; zeros for none.
func lastFed(ctx context.Context, feed jetstream.Stream, id journal.ID) (at, number uint64, err error) {
	last, err := lastOn(ctx, feed, feedSubject(id))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, 0, nil
	} else if err != nil {
		return 0, 0, fmt.Errorf("find the end of %s in the feed: %w", id, err)
	}
	if number, err = strconv.ParseUint(last.Header.Get(OriginSequenceHeader), 10, 64); err != nil {
		return 0, 0, fmt.Errorf("message %d of the feed was not written by the hub: %w", last.Sequence, err)
	}
	return last.Sequence, number, nil
}

// lastOn returns the last message of the stream on the subject.
func lastOn(ctx context.Context, s jetstream.Stream, subject string) (*jetstream.RawStreamMsg, error) {
	return question(ctx, prompt, func(ctx context.Context) (*jetstream.RawStreamMsg, error) {
		return s.GetLastMsgForSubject(ctx, subject)
	})
}
