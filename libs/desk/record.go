package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// maxBlockBytes is where a block is closed although commands are waiting: well below journal.MaxPlain, and with
// headroom below journal.MaxBody even when nothing packs.
const maxBlockBytes = 384 << 10

// block is what a batch of commands comes to: entries of one journal, one after the other.
type block struct {
	id      journal.ID
	head    journal.Head
	entries []journal.Entry
	bytes   int
	// answers are given once the block is on disk, or at once when it stays empty.
	answers []answer
	// last is the sequence in the agency's stream up to which the ledger knows it.
	last uint64
	// kept: the block is stored where it was expected, so that the transaction is right with it.
	kept bool
}

type answer struct {
	c       *command
	outcome outcome
}

// record decides a batch in one transaction, appends one block and answers. It returns the commands that have to wait
// for the next block: those of another journal, and all of them when somebody else's block came in between.
func (d *Desk) record(ctx context.Context, batch []*command) (again []*command) {
	tx, err := d.begin()
	if err != nil {
		return d.fail(batch, fmt.Errorf("begin a ledger transaction: %w", err))
	}
	if due, err := d.keep(ctx, tx, batch); due || err != nil {
		if err != nil {
			return d.fail(batch, err)
		}
		return batch
	}
	b := block{last: d.last}
	for _, c := range batch {
		if c.ctx.Err() != nil {
			continue // nobody waits for it any more, and nothing of it is recorded
		}
		switch receipt, err := d.decide(tx, &b, c); {
		case errors.Is(err, errNextBlock):
			again = append(again, c)
		default:
			b.answers = append(b.answers, answer{c, outcome{receipt, err}})
		}
	}
	if len(b.entries) == 0 {
		return d.conclude(ctx, &b, batch, again)
	}
	switch err := d.store(ctx, tx, &b); {
	case errors.Is(err, journal.ErrConflict), errors.Is(err, journal.ErrUnclear):
		d.abandon()
		return d.anew(ctx, batch, err)
	case errors.Is(err, journal.ErrTooLarge) && len(b.answers) > 1:
		d.abandon()
		return d.oneByOne(ctx, d.anew(ctx, batch, err))
	case err != nil:
		d.abandon()
		b.answer(err)
		d.anew(ctx, nil, err)
		return again
	case !b.kept:
		// Somebody else appended to another of our journals: what was refused may have been refused without it.
		refused := b.withhold()
		b.answer(nil)
		d.abandon()
		return append(again, d.anew(ctx, refused, journal.ErrConflict)...)
	default:
		d.events, d.last = d.events+len(b.entries), b.last+1
		if b.id.Group == directory.Group { // what is due may follow from it
			d.directory += uint64(len(b.entries))
		}
		b.answer(nil)
		return again
	}
}

// keep records what is due because of the directory, when the transaction knows more of it than was looked at. It reports
// whether it did: then the batch is decided on what came of it.
func (d *Desk) keep(ctx context.Context, tx *ledger.Tx, batch []*command) (bool, error) {
	if d.directory == d.kept || batch[0].keeping {
		return false, nil
	}
	facts, err := d.Due(tx.View)
	if err != nil {
		return false, fmt.Errorf("find what is due in %s: %w", directory.Own(d.Agency), err)
	}
	if len(facts) == 0 {
		d.kept = d.directory
		return false, nil
	}
	c := d.keeping(ctx)
	for again := []*command{c}; len(again) > 0; {
		again = d.record(ctx, again)
	}
	return true, (<-c.done).err
}

// keeping is the command that records what is due.
func (d *Desk) keeping(ctx context.Context) *command {
	return &command{
		particulars: &eventv1.Particulars{OccurredAt: timestamppb.New(d.Now()), Officer: &eventv1.Officer{Role: "keeper"}},
		decide:      d.Due, keeping: true, ctx: ctx, done: make(chan outcome, 1),
	}
}

// withhold takes back the answers of commands that recorded nothing, and returns them.
func (b *block) withhold() (refused []*command) {
	b.answers = slices.DeleteFunc(b.answers, func(a answer) bool {
		nothing := a.outcome.receipt.GetEvents() == 0
		if nothing {
			refused = append(refused, a.c)
		}
		return nothing
	})
	return refused
}

// conclude answers a batch that records nothing. What was refused was refused on the ledger: it is decided again when
// the journal holds more than that.
func (d *Desk) conclude(ctx context.Context, b *block, batch, again []*command) []*command {
	last, err := d.Last(ctx)
	switch {
	case err != nil:
		d.abandon()
		return d.fail(batch, fmt.Errorf("find the journal's end: %w", err))
	case last != b.last && last != d.caught:
		d.abandon()
		if batch = d.anew(ctx, batch, journal.ErrConflict); batch != nil {
			d.caught = last // what the ledger does not know of it are places of blocks that are no more
		}
		return batch
	}
	b.answer(nil)
	return again
}

// anew catches up with the own journal, after the transaction was given up or somebody else appended, and returns the
// commands to be decided again.
func (d *Desk) anew(ctx context.Context, batch []*command, why error) []*command {
	d.Logger.Info("catching up with the own journal", "agency", d.Agency, "err", why)
	if err := d.CatchUp(ctx); err != nil {
		return d.fail(batch, fmt.Errorf("catch up with the own journal: %w", err))
	}
	return batch
}

// known is the sequence in the agency's own stream up to which a ledger has folded it, and how many events of the
// directory's journals it has folded.
func known(v ledger.View, agency string) (last, directed uint64, err error) {
	positions, err := v.Positions()
	for _, p := range positions {
		if strings.HasPrefix(p.Journal, agency+"/") {
			last = max(last, p.Sequence)
		}
		if strings.HasSuffix(p.Journal, "/"+directory.Group) {
			directed += p.Events
		}
	}
	return last, directed, err
}

// oneByOne records commands that do not fit in one block together each in their own.
func (d *Desk) oneByOne(ctx context.Context, batch []*command) (again []*command) {
	for _, c := range batch {
		again = append(again, d.record(ctx, []*command{c})...)
	}
	return again
}

// store closes the block, folds it into the transaction with the new position, and appends it. It returns an error when
// the block is not on record; when it is and the transaction is not right with it, the block is not kept. A crash before
// the transaction commits is healed by catching up: the block is the truth.
func (d *Desk) store(ctx context.Context, tx *ledger.Tx, b *block) error {
	epoch, key, err := d.Keys.Newest(b.id)
	if err != nil {
		return d.noKey(tx.View, b.id.Group, err)
	}
	at := d.Now()
	sealer := journal.Sealer{Signer: d.Signer(), Key: key, Epoch: epoch}
	data, made, next, err := sealer.Write(&b.head, b.entries, at)
	if err != nil {
		return err
	}
	expected := b.last + 1 // unless somebody else appends to another of our journals in this moment
	d.Recorded(expected)
	made.Sequence, made.ReceivedAt = expected, at
	next.Sequence, next.ReceivedAt = expected, at
	if err := tx.Fold(made, next.Position()); err != nil {
		return fmt.Errorf("fold block %d of %s: %w", next.Block, b.id, err)
	}
	began := time.Now()
	traced, end := d.blockSpan(ctx, b, next.Block)
	sequence, err := journal.Append(traced, d.JetStream, d.Stream, b.id, data, b.head.Sequence)
	if err == nil {
		d.Traces.Keep(traced, b.id, made.Header.FirstEvent, next.Events)
	}
	end()
	if err != nil {
		return err
	}
	d.Appended(len(b.entries), time.Since(began))
	b.kept = sequence == expected
	if b.id.Group == directory.Group {
		if err := d.Keys.Learn(tx.View); err != nil {
			return err
		}
	}
	for i := range b.answers {
		if r := b.answers[i].outcome.receipt; r != nil && r.Events > 0 && !r.Repeated {
			r.Block = next.Block
		}
	}
	return nil
}

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
		return nil, fault.Errorf(fault.Conflict, "idempotency key %q was used for another request; give this one a key of its own", key)
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

func (b *block) answer(err error) {
	for _, a := range b.answers {
		if err != nil && a.outcome.err == nil {
			a.outcome = outcome{err: err}
		}
		a.c.done <- a.outcome
	}
}

// fail answers commands with an error and leaves none to do.
func (d *Desk) fail(batch []*command, err error) []*command {
	for _, c := range batch {
		c.done <- outcome{err: err}
	}
	return nil
}
