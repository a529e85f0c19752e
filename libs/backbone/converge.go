package backbone

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone/stream"
	"github.com/counterfoil/counterfoil/libs/whole"
)

// tendEvery is how often a server looks whether all is as decided, and whether a deadline has passed.
const tendEvery = time.Second

// lasting is how many times in a row something fails before it is said.
const lasting = 5

// follow hears what is decided, on whichever server, until ctx ends.
func (h *Hub) follow(ctx context.Context) {
	for ctx.Err() == nil {
		h.admitting.Lock()
		from := h.sequence + 1
		h.admitting.Unlock()
		err := follow(ctx, h.js, prompt, stateStream, stateSubject, from, func(msg jetstream.Msg) error {
			meta, err := msg.Metadata()
			if err != nil {
				return err
			}
			decided, err := parseState(msg.Data())
			if err != nil {
				return err
			}
			return h.admit(decided, meta.Sequence.Stream)
		})
		if ctx.Err() == nil {
			h.log.Warn("hub's state interrupted", "err", err)
			wait(ctx, pause)
		}
	}
}

// admit lets in and shuts out, on this server, as decided under the number. A decision that is older than one heard
// before changes nothing.
func (h *Hub) admit(decided *hubState, sequence uint64) error {
	h.admitting.Lock()
	defer h.admitting.Unlock()
	if sequence < h.sequence {
		return nil
	}
	var errs []error
	for name, m := range decided.Agencies {
		errs = append(errs, h.account(name, 2, m.passes(name)...))
	}
	// Only now, so that whoever reads it reads what is in force.
	h.state.Store(decided)
	h.sequence = sequence
	select {
	case h.heard <- struct{}{}:
	default:
	}
	return errors.Join(errs...)
}

// stated is an account as this server last found or made it stated.
type stated struct {
	public  string
	streams int64
	passes  []pass
	token   string
}

// account states an account to the running server, which lets in and drops accordingly before this returns, and to its
// next start. One that is stated already is left alone, and only read: this is asked for every account at every decision
// and at every look.
func (h *Hub) account(name string, streams int64, passes ...pass) error {
	h.stating.Lock()
	defer h.stating.Unlock()
	if s := h.stated[name]; s != nil && s.streams == streams && slices.Equal(s.passes, passes) {
		if held, err := h.accounts.LoadAcc(s.public); err == nil && held == s.token {
			return nil
		}
	}
	s, err := h.stateAnew(name, streams, passes)
	if err != nil {
		return fmt.Errorf("state the account of %s: %w", name, err)
	}
	h.stated[name] = s
	return nil
}

func (h *Hub) stateAnew(name string, streams int64, passes []pass) (*stated, error) {
	public, err := h.operator.public(name)
	if err != nil {
		return nil, err
	}
	token, err := h.operator.accountJWT(name, streams, passes)
	if err != nil {
		return nil, err
	}
	// A file that a crash has torn cannot be read, and is written anew like one that is not there.
	if held, err := h.accounts.LoadAcc(public); err == nil && sameAccount(held, token) {
		return &stated{public, streams, passes, held}, nil
	}
	if err := h.accounts.SaveAcc(public, token); err != nil {
		return nil, err
	}
	// The resolver wrote the file without a sync.
	return &stated{public, streams, passes, token}, whole.Write(h.path("jwt", public+".jwt"), []byte(token), 0o600)
}

// tend keeps this server as decided, until ctx ends. What goes wrong is tried again, and said once if it lasts: the
// servers of a hub wait for each other.
func (h *Hub) tend(ctx context.Context) {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	failed := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-h.heard:
		}
		err := errors.Join(h.admitAgain(), h.furnish(ctx), h.deadlines(ctx))
		if err == nil {
			failed = 0
		} else if failed++; failed == lasting && ctx.Err() == nil {
			h.log.Warn("hub is not as decided", "err", err)
		}
	}
}

// admitAgain mends accounts that are not as decided: another server may have passed on an older statement.
func (h *Hub) admitAgain() error {
	h.admitting.Lock()
	defer h.admitting.Unlock()
	var errs []error
	for name, m := range h.state.Load().Agencies {
		errs = append(errs, h.account(name, 2, m.passes(name)...))
	}
	return errors.Join(errs...)
}

// furnish makes the streams that are missing, deletes those of agencies that were removed, answers in every account and
// sets every feeder to work on what is released. One agency's trouble does not keep it from the others.
func (h *Hub) furnish(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.left {
		return errors.New("the hub is closed")
	}
	decided := h.state.Load()
	var errs []error
	for name, m := range decided.Agencies {
		if err := h.furnishAgency(ctx, name, m); err != nil {
			errs = append(errs, fmt.Errorf("account of %s: %w", name, err))
		}
	}
	for reader := range decided.Agencies {
		if err := h.feed(reader, decided.released(reader)); err != nil {
			errs = append(errs, fmt.Errorf("feed of %s: %w", reader, err))
		}
	}
	return errors.Join(errs...)
}

func (h *Hub) furnishAgency(ctx context.Context, name string, m member) error {
	nc, err := h.standing(name)
	if err != nil {
		return err
	}
	there, known := h.made[name]
	if known && there != m.Removed {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, making)
	defer cancel()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	wanted := []jetstream.StreamConfig{stream.Relay(relayName(name), name), feedConfig()}
	if m.Removed {
		h.stopFeeder(name)
		wanted = wanted[:1]
	}
	if !h.leads() {
		return h.seeStreams(ctx, js, name, m, wanted)
	}
	if m.Removed {
		if err := js.DeleteStream(ctx, FeedStream); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("delete the feed: %w", err)
		}
	}
	for _, c := range wanted {
		c.Replicas = h.replicas
		if err := makeStream(ctx, js, c); err != nil {
			return fmt.Errorf("make stream %s: %w", c.Name, err)
		}
	}
	h.made[name] = !m.Removed
	return nil
}

// makeStream makes the stream, or finds it made.
func makeStream(ctx context.Context, js jetstream.JetStream, c jetstream.StreamConfig) error {
	_, err := question(ctx, 4*prompt, func(ctx context.Context) (jetstream.Stream, error) { return js.CreateOrUpdateStream(ctx, c) })
	return err
}

// seeStreams looks whether the server that leads has made the streams and deleted the feed. Servers that make a stream
// at the same time may all wait in vain for an answer.
func (h *Hub) seeStreams(ctx context.Context, js jetstream.JetStream, name string, m member, wanted []jetstream.StreamConfig) error {
	for _, c := range wanted {
		if _, err := findStream(ctx, js, prompt, c.Name); err != nil {
			return fmt.Errorf("see stream %s: %w", c.Name, err)
		}
	}
	if m.Removed {
		if _, err := findStream(ctx, js, prompt, FeedStream); err == nil {
			return errors.New("the feed is not deleted yet")
		} else if !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("see that the feed is deleted: %w", err)
		}
	}
	h.made[name] = !m.Removed
	return nil
}

// standing returns the connection into the agency's account that all feeders share, and on which the agency's requests
// are answered.
func (h *Hub) standing(agency string) (*nats.Conn, error) {
	if nc := h.conns[agency]; nc != nil {
		return nc, nil
	}
	nc, err := h.connect(agency)
	if err != nil {
		return nil, err
	}
	if err := h.answer(nc, agency); err != nil {
		nc.Close()
		return nil, err
	}
	h.conns[agency] = nc
	return nc, nil
}

// feed makes the reader's feeder act on the releases. When it returns, one that acted on others writes nothing more.
func (h *Hub) feed(reader string, releases []Release) error {
	if f := h.feeders[reader]; f != nil && slices.Equal(f.releases, releases) {
		return nil
	}
	h.stopFeeder(reader)
	if len(releases) == 0 {
		return nil
	}
	accounts := map[string]*nats.Conn{}
	for _, r := range releases {
		for _, agency := range []string{r.Journal.Agency, reader} {
			var err error
			if accounts[agency], err = h.standing(agency); err != nil {
				return err
			}
		}
	}
	h.startFeeder(reader, releases, accounts)
	return nil
}
