// Package projection keeps a ledger up with the journals: it follows the agency's own journal and its inbox, checks
// every promise of a block before folding it, and builds a ledger anew.
package projection

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
)

// ahead is how many blocks are opened ahead of the fold, each by a goroutine of its own: it bounds memory to so many
// unpacked blocks, and lets the second core decode while the first folds.
const ahead = 6

// opened is a message on its way to the fold. ready is closed once block or err is set.
type opened struct {
	msg   journal.Message
	block *journal.Block
	err   error
	ready chan struct{}
}

// pipeline reads a stream's messages in order and opens their blocks ahead of fn. idle is called whenever nothing more
// is ready just now, so that what was folded can be committed. It ends like journal.Read.
func pipeline(ctx context.Context, stream jetstream.Stream, subject string, from, last uint64, keys *directory.Keys,
	fn func(*opened) error, idle func() error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue, end := make(chan *opened, ahead), make(chan error, 1)
	go func() {
		defer close(queue)
		end <- journal.Read(ctx, stream, subject, from, last, func(m journal.Message) error {
			o := &opened{msg: m, ready: make(chan struct{})}
			go o.open(keys)
			select {
			case queue <- o:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	for {
		var o *opened
		var ok bool
		select {
		case o, ok = <-queue:
		default:
			if err := idle(); err != nil {
				return err
			}
			o, ok = <-queue
		}
		if !ok {
			return <-end
		}
		<-o.ready
		if err := fn(o); err != nil {
			return err
		}
	}
}

func (o *opened) open(keys *directory.Keys) {
	defer close(o.ready)
	if o.block, o.err = o.msg.Block(); o.err == nil {
		o.err = o.block.Open(keys)
	}
}

// erased reports whether a subject holds the places of blocks that were deleted, which is no journal.
func erased(subject string) bool { return strings.HasSuffix(subject, "._erased") }

// idOf is the journal that a subject belongs to: "block.<agency>.<group>" or "in.<agency>.<group>".
func idOf(subject string) (journal.ID, error) {
	parts := strings.Split(subject, ".")
	if len(parts) == 3 {
		if id := (journal.ID{Agency: parts[1], Group: parts[2]}); id.Valid() {
			return id, nil
		}
	}
	return journal.ID{}, fmt.Errorf("subject %q names no journal", subject)
}
