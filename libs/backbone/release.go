package backbone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone/stream"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
)

// maxFeedConsumers bounds how many consumers a node can make on its feed. A pump needs one, and a line that comes
// and goes leaves some behind until they expire.
const maxFeedConsumers = 200

// Release lets the blocks of one group's journal through to the reader's feed, from the first block on, while
// everything runs. Releasing twice changes nothing. A journal released again after Unrelease goes on after the last
// block that the reader's feed holds of it.
func (h *Hub) Release(ctx context.Context, id journal.ID, reader string) error {
	r := Release{id, reader}
	return h.change(ctx, "release", r, func(s *hubState) {
		if !slices.Contains(s.Releases, r) {
			s.Releases = sorted(append(s.Releases, r))
		}
	})
}

// Unrelease stops what Release began: no further block reaches the reader's feed. What the feed holds stays there.
// Taking back what was not released changes nothing.
func (h *Hub) Unrelease(ctx context.Context, id journal.ID, reader string) error {
	r := Release{id, reader}
	return h.change(ctx, "unrelease", r, func(s *hubState) {
		s.Releases = slices.DeleteFunc(s.Releases, func(other Release) bool { return other == r })
	})
}

// Releases returns what is released to whom, sorted by journal and reader.
func (h *Hub) Releases() []Release {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.state.Releases)
}

// change records a changed set of releases and then brings the broker into line with it; a crash in between is
// made good at the next start.
func (h *Hub) change(ctx context.Context, verb string, r Release, edit func(*hubState)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, agency := range []string{r.Journal.Agency, r.Reader} {
		if err := h.known(agency); err != nil {
			return err
		}
	}
	switch {
	case !r.Journal.Valid():
		return fault.Errorf(fault.Invalid, "%q is not the name of a journal", r.Journal)
	case r.Journal.Agency == r.Reader:
		return fault.Errorf(fault.Invalid, "%s is %s's own journal and needs no release to it", r.Journal, r.Reader)
	}
	if err := h.edit(edit); err != nil {
		return fmt.Errorf("%s %s: %w", verb, r, err)
	}
	origin, to := h.agencies[r.Journal.Agency], h.agencies[r.Reader]
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return h.convergeRelay(ctx, origin) },
		func(ctx context.Context) error { return h.push(ctx, to) },
		func(ctx context.Context) error { return h.convergeFeed(ctx, to) },
	} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("%s %s: %w", verb, r, err)
		}
	}
	h.log.Info("releases changed", "change", verb, "journal", r.Journal.String(), "agency", r.Reader)
	return nil
}

// convergeRelay brings the agency's relay and the consumers on it into line with the releases.
func (h *Hub) convergeRelay(ctx context.Context, id *identity) error {
	return h.inAccount(id, func(js jetstream.JetStream) error {
		relay, err := js.CreateOrUpdateStream(ctx, stream.Relay(relayName(id.agency), id.agency))
		if err != nil {
			return fmt.Errorf("make the relay of %s: %w", id.agency, err)
		}
		return h.convergeConsumers(ctx, id, relay)
	})
}

// convergeConsumers makes the durable consumers of the agency's releases and deletes those of releases taken back.
// Deleting the consumer is what stops a flow: taking back the token alone leaves it running.
func (h *Hub) convergeConsumers(ctx context.Context, id *identity, relay jetstream.Stream) error {
	wanted := map[string]bool{}
	for _, r := range h.state.Releases {
		if r.Journal.Agency != id.agency {
			continue
		}
		wanted[r.consumer()] = true
		if _, err := relay.CreateOrUpdatePushConsumer(ctx, consumerConfig(r, h.agencies[r.Reader].public)); err != nil {
			return fmt.Errorf("make the consumer of %s: %w", r, err)
		}
	}
	names := relay.ConsumerNames(ctx)
	for name := range names.Name() {
		if wanted[name] {
			continue
		}
		if err := relay.DeleteConsumer(ctx, name); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return fmt.Errorf("delete consumer %s: %w", name, err)
		}
	}
	return names.Err()
}

func consumerConfig(r Release, reader string) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:        r.consumer(),
		DeliverSubject: r.deliver(reader),
		FilterSubjects: []string{r.Journal.Subject()},
		AckPolicy:      jetstream.AckFlowControlPolicy,
		FlowControl:    true,
		IdleHeartbeat:  time.Second,
		MaxDeliver:     -1,
		MaxAckPending:  20_000,
		DeliverPolicy:  jetstream.DeliverAllPolicy,
	}
}

// convergeFeed makes the agency's feed draw on every release to it. A feed that has to be made anew gets all
// history: the consumers would otherwise go on where the lost feed had been.
func (h *Hub) convergeFeed(ctx context.Context, id *identity) error {
	c := jetstream.StreamConfig{
		Name:         FeedStream,
		Storage:      jetstream.FileStorage,
		Retention:    jetstream.LimitsPolicy,
		Discard:      jetstream.DiscardOld,
		Duplicates:   100 * time.Millisecond,
		DenyPurge:    true,
		MaxMsgSize:   -1,
		MaxConsumers: maxFeedConsumers,
	}
	var mine []Release
	for _, r := range h.state.Releases {
		if r.Reader == id.agency {
			mine = append(mine, r)
			c.Sources = append(c.Sources, source(r, id.public))
		}
	}
	return h.inAccount(id, func(js jetstream.JetStream) error {
		_, err := js.Stream(ctx, FeedStream)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			for _, r := range mine {
				if err := h.reset(ctx, r); err != nil {
					return err
				}
			}
		} else if err != nil {
			return fmt.Errorf("look for the feed of %s: %w", id.agency, err)
		}
		if _, err := js.CreateOrUpdateStream(ctx, c); err != nil {
			return fmt.Errorf("make the feed of %s: %w", id.agency, err)
		}
		return nil
	})
}

func source(r Release, reader string) *jetstream.StreamSource {
	return &jetstream.StreamSource{
		Name:     relayName(r.Journal.Agency),
		External: &jetstream.ExternalStream{APIPrefix: r.api()},
		Consumer: &jetstream.StreamConsumerSource{Name: r.consumer(), DeliverSubject: r.deliver(reader)},
	}
}

// reset makes the release's consumer deliver from the first block again.
func (h *Hub) reset(ctx context.Context, r Release) error {
	return h.inAccount(h.agencies[r.Journal.Agency], func(js jetstream.JetStream) error {
		answer, err := js.Conn().RequestWithContext(ctx, r.resetSubject(), []byte(`{"seq":1}`))
		if err != nil {
			return fmt.Errorf("reset the consumer of %s: %w", r, err)
		}
		var result struct {
			Error *jetstream.APIError `json:"error"`
		}
		if err := json.Unmarshal(answer.Data, &result); err != nil {
			return fmt.Errorf("reset the consumer of %s: %w", r, err)
		}
		if result.Error != nil {
			return fmt.Errorf("reset the consumer of %s: %w", r, result.Error)
		}
		return nil
	})
}
