package backbone

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// heartbeat is how often a server says that it has nothing. After two without one the request is made again,
	// which also shows a consumer that is gone. One block may take longer than that over a slow line.
	heartbeat = 5 * time.Second
	// expiry is how long a server keeps a request for messages.
	expiry = 15 * time.Second
	// lookAfter is how often a reader that hears nothing looks whether its consumer is still there: the server that had it
	// may be gone, which the heartbeat shows much later.
	lookAfter = 2 * time.Second
	// leftover is how long a server keeps a consumer that a cut line left behind.
	leftover = 30 * time.Second
	// prompt is how long an answer takes at most inside a process, and between servers that are well; pingInterval is
	// that over a line.
	prompt = 250 * time.Millisecond
	// requestLimit bounds one question to a server; the answer may have to wait behind blocks on a slow line.
	requestLimit = time.Minute
)

// follow hands every message of the stream on the filter's subjects, from the given sequence on, to handle, in order
// and without a gap, and goes on with new ones as they are stored. It returns handle's error, ctx's, or what broke the order: then it is
// simply started again from where the caller stands, so the server is left with no position of ours to get wrong.
// first is how soon an answer can be missed (see question).
func follow(ctx context.Context, js jetstream.JetStream, first time.Duration, name, filter string, from uint64, handle func(jetstream.Msg) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	consumer, err := question(ctx, first, func(ctx context.Context) (jetstream.Consumer, error) {
		return js.CreateConsumer(ctx, name, jetstream.ConsumerConfig{
			DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
			OptStartSeq:       from,
			FilterSubject:     filter,
			AckPolicy:         jetstream.AckNonePolicy,
			MemoryStorage:     true,
			Replicas:          1,
			MaxDeliver:        1,
			InactiveThreshold: leftover,
		})
	})
	if err != nil {
		return fmt.Errorf("read %s from %d: %w", name, from, err)
	}
	var busy sync.Mutex // held while handle runs
	delivered := uint64(0)
	consuming, err := consumer.Consume(func(msg jetstream.Msg) {
		busy.Lock()
		defer busy.Unlock()
		if ctx.Err() != nil {
			return
		}
		meta, err := msg.Metadata()
		switch {
		case err != nil:
			cancel(fmt.Errorf("read %s: %w", name, err))
		case meta.Sequence.Consumer != delivered+1:
			cancel(fmt.Errorf("read %s: message %d of the delivery came after %d", name, meta.Sequence.Consumer, delivered))
		default:
			delivered++
			if err := handle(msg); err != nil {
				cancel(err)
			}
		}
	}, jetstream.PullMaxBytes(windowBytes), jetstream.PullExpiry(expiry), jetstream.PullHeartbeat(heartbeat),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			if !errors.Is(err, jetstream.ErrNoHeartbeat) {
				cancel(fmt.Errorf("read %s: %w", name, err))
			}
		}))
	if err != nil {
		return fmt.Errorf("read %s from %d: %w", name, from, err)
	}
	lookAt(ctx, consumer, func() uint64 {
		busy.Lock()
		defer busy.Unlock()
		return delivered
	}, cancel)
	consuming.Stop()
	busy.Lock() // handle has returned and is not called again
	defer busy.Unlock()
	return context.Cause(ctx)
}

// lookAt returns when ctx ends; until then it cancels when a consumer that delivers nothing turns out to be gone. No
// answer says nothing: the line may be slow, and whoever owns it watches it.
func lookAt(ctx context.Context, consumer jetstream.Consumer, delivered func() uint64, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(lookAfter)
	defer tick.Stop()
	for before := delivered(); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if now := delivered(); now != before {
			before = now
			continue
		}
		asked, end := context.WithTimeout(ctx, lookAfter)
		_, err := consumer.Info(asked)
		end()
		var refused *jetstream.APIError
		if errors.As(err, &refused) || errors.Is(err, nats.ErrNoResponders) {
			cancel(fmt.Errorf("read on: %w", err))
		}
	}
}

// question asks a server, and again when no answer comes: first after the given time, then less and less often. A server
// that ended may have taken the question along, a stream that is just being made or has lost its leader does not
// answer, and over a slow line the answer may only be late.
func question[T any](ctx context.Context, first time.Duration, ask func(context.Context) (T, error)) (T, error) {
	for began := time.Now(); ; {
		limit := max(first, time.Since(began)/2)
		asked, end := context.WithTimeout(ctx, limit)
		answer, err := ask(asked)
		end()
		late := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout)
		if !late || ctx.Err() != nil || limit >= requestLimit {
			return answer, err
		}
	}
}

// findStream finds the stream, asked as question says.
func findStream(ctx context.Context, js jetstream.JetStream, first time.Duration, name string) (jetstream.Stream, error) {
	return question(ctx, first, func(ctx context.Context) (jetstream.Stream, error) { return js.Stream(ctx, name) })
}
