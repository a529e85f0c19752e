package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Make collects in spool what the request asks for, as far as the reader is entitled to it and the ledger here has verified it.
// It returns what is left out too, and refuses when nothing is left.
func (c *Courier) Make(ctx context.Context, req *queryv1.MakeBundleRequest, spool io.ReadWriteSeeker) (*Draft, []*queryv1.BundleLeftOut, error) {
	p := plan{c: c, req: req}
	if err := c.Ledger.View(func(v ledger.View) error { return p.parts(ctx, v) }); err != nil {
		return nil, nil, err
	}
	draft := NewDraft(spool, c.Agency, req.Reader, c.Now())
	for _, part := range p.all {
		if draft.Full() {
			p.leave(part.id, fmt.Sprintf("a bundle holds %d frames at most: make the next one with --since and this file", MaxFrames))
			continue
		}
		if err := p.copy(ctx, draft, part); err != nil {
			return nil, nil, fmt.Errorf("make a bundle of %s: %w", part.id, err)
		}
	}
	if len(draft.Manifest().Journals) == 0 {
		why := ""
		for _, l := range p.left {
			why += fmt.Sprintf("; %s: %s", l.Journal, l.Reason)
		}
		return nil, nil, fault.Errorf(fault.Precondition, "there is nothing to carry to %s%s. To give again what it has: --since JOURNAL:BLOCK", req.Reader, why)
	}
	return draft, p.left, nil
}

var errEnough = errors.New("enough")

// copy adds a journal to the draft, up to where the ledger here stands.
func (p *plan) copy(ctx context.Context, draft *Draft, part part) error {
	draft.Begin(part.after)
	order := order{j: part.after, id: part.id, sequence: part.after.AfterSequence, block: part.after.AfterBlock}
	frames := 0
	err := p.c.Node.Carry(ctx, part.id, part.from, part.after.AfterSequence, part.last, func(m backbone.Carried) error {
		if m.Sequence <= part.after.AfterSequence {
			return nil
		}
		if draft.Full() {
			p.leave(part.id, fmt.Sprintf("what comes after block %d: a bundle holds %d frames at most; make the next one with --since and this file", order.block, MaxFrames))
			return errEnough
		}
		block, err := journal.Parse(m.Data)
		if err != nil {
			return err
		}
		f := &queryv1.BundleFrame{Sequence: m.Sequence, Redacts: m.Redacts, Head: m.Head, Block: m.Data}
		if err := order.next(&Frame{f, block}, false); err != nil {
			p.leave(part.id, fmt.Sprintf("what comes after block %d: the sealed message is not here as its agency stored it: %v", order.block, err))
			return errEnough
		}
		frames++
		return draft.Add(f, block)
	})
	if err == nil && frames == 0 {
		p.leave(part.id, fmt.Sprintf("there is nothing after block %d, which %s has", part.after.AfterBlock, p.req.Reader))
	}
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}
