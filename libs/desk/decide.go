package desk

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// errNextBlock says that a command has to wait for another block.
var errNextBlock = errors.New("does not go into this block")

// decide runs one command's rule and folds what it decides into the transaction, all of it or, with an error, nothing.
func (d *Desk) decide(tx *ledger.Tx, b *block, c *command) (*eventv1.Receipt, error) {
	p := c.particulars
	if p.IdempotencyKey != "" && !p.DryRun {
		receipt, err := repeated(tx, p.IdempotencyKey, c.digest)
		if receipt != nil {
			err = d.before(tx, c)
		}
		if receipt != nil || err != nil {
			return receipt, err
		}
	}
	end := d.span(c, "decide")
	facts, err := c.decide(tx.View)
	end()
	if err != nil {
		return nil, err
	}
	if p.DryRun {
		return d.dryRun(tx, p.Marking, facts)
	}
	if len(facts) == 0 {
		return &eventv1.Receipt{}, d.before(tx, c)
	}
	id, err := d.journalOf(tx, p.Marking, facts)
	if err != nil {
		return nil, err
	}
	if len(b.entries) > 0 && (id != b.id || len(b.entries)+len(facts) > journal.MaxEvents || b.bytes > maxBlockBytes) {
		return nil, errNextBlock
	}
	if len(b.entries) == 0 {
		if err := b.open(tx, id); err != nil {
			return nil, err
		}
	}
	return d.fold(tx, b, c, facts)
}

// open takes the head of the journal that the block will belong to.
func (b *block) open(tx *ledger.Tx, id journal.ID) error {
	position, err := tx.Position(id)
	if err != nil {
		return err
	}
	b.id = id
	b.head, err = journal.HeadAt(id, position)
	return err
}

func (d *Desk) fold(tx *ledger.Tx, b *block, c *command, facts []proto.Message) (*eventv1.Receipt, error) {
	p := c.particulars
	first := b.head.Events + uint64(len(b.entries)) + 1
	entries := make([]journal.Entry, len(facts))
	for i, fact := range facts {
		event, plain, err := d.event(p, fact)
		if err != nil {
			return nil, err
		}
		if i == 0 && p.IdempotencyKey != "" && event.Origin == nil { // a repeated event is not of this command
			event.Command = &eventv1.Command{Key: p.IdempotencyKey, Digest: c.digest, Events: uint32(len(facts))}
		}
		if entries[i], err = journal.Record(first+uint64(i), event, plain); err != nil {
			return nil, err
		}
	}
	defer d.span(c, "fold")()
	if err := tx.Apply(b.id, entries...); err != nil {
		var no *ledger.Unappliable
		if errors.As(err, &no) {
			return nil, fault.Errorf(fault.Precondition, "%s cannot be recorded in %s: %s", no.Kind, b.id, no.Reason)
		}
		return nil, fmt.Errorf("fold what was decided: %w", err)
	}
	if err := d.before(tx, c); err != nil {
		return nil, err
	}
	for i := range entries {
		b.bytes += len(entries[i].Raw)
	}
	b.entries = append(b.entries, entries...)
	return &eventv1.Receipt{Journal: b.id.String(), FirstEvent: first, Events: uint32(len(facts)), Subject: subject(facts[0])}, nil
}

func (d *Desk) before(tx *ledger.Tx, c *command) error {
	if c.before == nil {
		return nil
	}
	return c.before(tx)
}

// event wraps a fact in its envelope.
func (d *Desk) event(p *eventv1.Particulars, fact proto.Message) (*eventv1.Event, proto.Message, error) {
	occurred, recorded := p.OccurredAt.AsTime(), d.Now()
	var causes []*eventv1.Cause
	if dated, ok := fact.(ledger.Dated); ok {
		if dated.Repeats != nil {
			again := proto.CloneOf(dated.Repeats)
			again.Origin, again.Command = dated.Origin, nil
			return again, dated.Message, nil
		}
		fact, causes = dated.Message, dated.Causes
		occurred, recorded = orTime(dated.OccurredAt, occurred), orTime(dated.RecordedAt, recorded)
	}
	event, err := journal.NewEvent(fact, occurred, recorded)
	if err != nil {
		return nil, nil, err
	}
	event.Officer, event.Purpose, event.Correlation, event.Causes = p.Officer, p.Purpose, p.Correlation, causes
	return event, fact, nil
}

func orTime(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}

// repeated returns the receipt of a command that was recorded before under the same key, or nil when there is none; errNextBlock when
// that command is in the block that is being made.
func repeated(tx *ledger.Tx, key string, digest []byte) (*eventv1.Receipt, error) {
	kept, err := tx.KeptCommand(key)
	if err != nil || kept == nil {
		return nil, err
	}
	if !bytes.Equal(kept.Digest, digest) {
		return nil, fault.Errorf(fault.Conflict, "another request was recorded under idempotency key %q; if this one is meant beside it, send it again with a key of its own", key)
	}
	id, err := journal.ParseID(kept.Journal)
	if err != nil {
		return nil, err
	}
	first, err := tx.Event(id, kept.Events[0])
	switch {
	case err != nil:
		return nil, err
	case first == nil:
		return nil, errNextBlock // it is in the block that is being made
	}
	fact, err := first.Fact.UnmarshalNew()
	if err != nil {
		return nil, err
	}
	return &eventv1.Receipt{
		Journal: kept.Journal, Block: first.Block, FirstEvent: first.Number, Events: kept.Count, Subject: subject(fact), Repeated: true,
	}, nil
}
