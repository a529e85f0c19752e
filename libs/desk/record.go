package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/directory"
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
