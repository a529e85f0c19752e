package backbone

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

// CompareRelay reads every block of the journal that the hub should hold and calls different, in order, with each that
// its copy has lost or has otherwise; altered tells the two apart. It returns how many blocks were compared. It wraps
// ErrUnreachable when there is no line.
func (p *Pumps) CompareRelay(ctx context.Context, different func(own *jetstream.RawStreamMsg, altered bool)) (compared uint64, err error) {
	if since, _ := p.line.state(); since.IsZero() {
		return 0, fmt.Errorf("compare the journal with the hub's copy: %w", ErrUnreachable)
	}
	js, err := jetstream.New(p.conn(), jetstream.WithDefaultTimeout(requestLimit))
	if err != nil {
		return 0, err
	}
	relay, err := js.Stream(ctx, p.relay)
	if err != nil {
		return 0, fmt.Errorf("ask the hub for its last block: %w", err)
	}
	for first, last := uint64(1), p.sent.Load(); first <= last; first += takeOverAtOnce {
		pairs := make([]pair, min(takeOverAtOnce, last-first+1))
		group, reading := errgroup.WithContext(ctx)
		for i := range pairs {
			group.Go(func() (err error) {
				pairs[i], err = p.pair(reading, relay, first+uint64(i))
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return compared, err
		}
		for _, both := range pairs {
			switch {
			case both.own == nil:
				continue // withdrawn here: there is nothing to compare
			case both.theirs == nil || both.own.Subject != both.theirs.Subject || !bytes.Equal(both.own.Data, both.theirs.Data):
				different(both.own, both.theirs != nil)
			}
			compared++
		}
	}
	return compared, nil
}

// pair is a block as the journal and as the hub holds it; nil where there is none.
type pair struct{ own, theirs *jetstream.RawStreamMsg }

func (p *Pumps) pair(ctx context.Context, relay jetstream.Stream, number uint64) (both pair, err error) {
	if both.own, err = p.node.journal.GetMsg(ctx, number); gone(p.node.agency, both.own, err) {
		return pair{}, nil
	} else if err != nil {
		return pair{}, fmt.Errorf("read block %d of the journal: %w", number, err)
	}
	both.theirs, err = relay.GetMsg(ctx, number)
	if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return pair{}, fmt.Errorf("read block %d at the hub: %w", number, err)
	}
	return both, nil
}
