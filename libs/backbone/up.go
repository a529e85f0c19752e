package backbone

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/counterfoil/counterfoil/libs/journal"
)

// takeOverAtOnce is how many blocks of the hub's tail are asked for together.
const takeOverAtOnce = 32

// up brings the hub level with the journal and keeps it so, for as long as the session lasts. The hub's copy has
// the same sequence numbers as the journal.
func (p *Pumps) up(ctx context.Context) error {
	last, err := p.reconcile(ctx)
	if err != nil {
		return err
	}
	p.sent.Store(last)
	p.reconciled.open()
	w, err := newWindow(p.conn(), last+1, &p.unanswered)
	if err != nil {
		return err
	}
	defer w.close()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return w.settle(ctx, func(sequence, _ uint64) { p.sent.Store(sequence) })
	})
	group.Go(func() error {
		return follow(ctx, p.node.js, pingInterval, JournalStream, "block.>", last+1, func(msg jetstream.Msg) error {
			meta, err := msg.Metadata()
			if err != nil {
				return err
			}
			// A block that was deleted before the hub had it leaves its number empty here; there it must be filled.
			for w.next < meta.Sequence.Stream {
				if err := w.publish(ctx, erased(p.node.agency), 0); err != nil {
					return err
				}
			}
			return w.publish(ctx, copyOf(msg.Subject(), msg.Headers(), msg.Data()), 0)
		})
	})
	return group.Wait()
}

// reconcile compares the hub's copy with the journal and returns the last number that both hold. Blocks that the
// journal has lost and the hub still has are taken over first. A copy that is not the journal's halts the pump.
func (p *Pumps) reconcile(ctx context.Context) (uint64, error) {
	js, err := jetstream.New(p.conn(), jetstream.WithDefaultTimeout(requestLimit))
	if err != nil {
		return 0, err
	}
	relay, err := findStream(ctx, js, pingInterval, p.relay)
	if err != nil {
		return 0, fmt.Errorf("ask the hub for its last block: %w", err)
	}
	own, err := p.node.journal.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("find the journal's end: %w", err)
	}
	hubs, ours := relay.CachedInfo().State.LastSeq, own.State.LastSeq
	if err := p.compare(ctx, relay, min(hubs, ours)); err != nil {
		return 0, err
	}
	if hubs > ours {
		if err := p.takeOver(ctx, relay, ours+1, hubs); err != nil {
			return 0, fmt.Errorf("take over blocks %d to %d from the hub: %w", ours+1, hubs, err)
		}
	}
	return hubs, nil
}

// compare looks at the last block at or below the number that both sides hold. Since every block names its
// predecessor by hash, one that is the same on both sides makes everything before it the same.
func (p *Pumps) compare(ctx context.Context, relay jetstream.Stream, number uint64) error {
	for ; number > 0; number-- {
		own, err := p.node.journal.GetMsg(ctx, number)
		if gone(p.node.agency, own, err) {
			continue
		} else if err != nil {
			return fmt.Errorf("read block %d of the journal: %w", number, err)
		}
		theirs, err := question(ctx, pingInterval, func(ctx context.Context) (*jetstream.RawStreamMsg, error) { return relay.GetMsg(ctx, number) })
		if gone(p.node.agency, theirs, err) {
			continue
		} else if err != nil {
			return fmt.Errorf("read block %d at the hub: %w", number, err)
		}
		if journal.Redacts(own.Header) != nil {
			continue // it stands for an earlier block, and says nothing of its predecessor
		}
		if own.Subject == theirs.Subject && bytes.Equal(own.Data, theirs.Data) {
			return nil
		}
		return halt(ErrForked, "block %d of the journal (%s) is not the one that the hub holds (%s): one of the two was "+
			"written after the other was lost; nothing more is sent or taken over", number, own.Subject, theirs.Subject)
	}
	return nil
}

// takeOver appends the hub's blocks from..to to the journal, which ends before them.
func (p *Pumps) takeOver(ctx context.Context, relay jetstream.Stream, from, to uint64) error {
	p.log.Warn("the hub holds blocks that the journal has lost", "from", from, "to", to)
	for first := from; first <= to; first += takeOverAtOnce {
		batch := make([]*jetstream.RawStreamMsg, min(takeOverAtOnce, to-first+1))
		group, reading := errgroup.WithContext(ctx)
		for i := range batch {
			group.Go(func() error {
				msg, err := relay.GetMsg(reading, first+uint64(i))
				if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
					return err
				}
				batch[i] = msg
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		for i, block := range batch {
			if err := p.append(ctx, first+uint64(i), block); err != nil {
				return err
			}
		}
	}
	return nil
}

// append stores the hub's block under the number that it has there; nil is one that was deleted there.
func (p *Pumps) append(ctx context.Context, number uint64, block *jetstream.RawStreamMsg) error {
	msg := erased(p.node.agency)
	if !gone(p.node.agency, block, nil) {
		msg = copyOf(block.Subject, block.Header, block.Data)
		if p.accept != nil {
			if err := p.accept(block.Subject, block.Data); err != nil {
				return halt(ErrStopped, "the journal has lost its blocks from %d on, and block %d that the hub offers in their place is "+
					"not good: %v", number, number, err)
			}
		}
	}
	if _, err := p.node.js.PublishMsg(ctx, msg, jetstream.WithExpectLastSequence(number-1)); err != nil {
		return fmt.Errorf("append block %d: %w", number, err)
	}
	return nil
}
