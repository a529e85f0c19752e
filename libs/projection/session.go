package projection

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/whole"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// session folds the blocks of one stream, many in a transaction. It is used by one goroutine.
type session struct {
	f      *Follower
	ctx    context.Context
	stream jetstream.Stream
	// limit is the most events in a transaction; careful checks every signature before folding; patient commits only
	// when the limit is reached or the reading ends.
	limit            int
	careful, patient bool
	// seen is the last sequence that was taken, settled the last up to which everything taken is committed or set aside;
	// upto is where the reading ends, 0 when it does not.
	seen, settled, upto uint64

	tx     *ledger.Tx
	began  time.Time
	events int
	blocks uint64
	heads  map[journal.ID]journal.Head
	// last is the last block of each journal in this transaction: its signature covers the others.
	last map[journal.ID]*journal.Block
	// filling: blocks are folded in the place of deleted ones.
	filling bool
}

// take checks one block and folds it into the open transaction.
func (s *session) take(o *opened) error {
	s.seen = o.msg.Sequence
	if erased(o.msg.Subject) {
		return nil // the number of a block that is no more
	}
	id, err := idOf(o.msg.Subject)
	if err != nil {
		return err
	}
	if s.f.halted(id) {
		return s.resume(id, o) // stopped, or waiting: read again when it is released
	}
	if err := s.ctx.Err(); err != nil {
		return err // it was released just now, and what was passed over comes first
	}
	head, err := s.head(id)
	if err != nil {
		return err
	}
	if o.msg.Sequence <= head.Sequence {
		return nil
	}
	if announces(o) {
		if given, err := s.given(id, o); !given || err != nil {
			return err
		}
	}
	if isUnknownKey(o.err) {
		if o.err = s.reopen(o); o.err != nil {
			return s.wait(id, head.Block+1, o.err)
		}
		if head, err = s.head(id); err != nil {
			return err
		}
	}
	if o.err == nil && o.block.ID != id {
		o.err = fmt.Errorf("arrived as %s, but its header says %s", id, o.block.ID)
	}
	if o.err != nil {
		return s.stop(id, head.Block+1, o.err, o.msg)
	}
	return s.fold(id, head, o)
}

func (s *session) fold(id journal.ID, head journal.Head, o *opened) error {
	b := o.block
	switch {
	case announces(o):
		return s.redact(id, o)
	case b.Header.Number <= head.Block:
		return s.again(id, o)
	}
	if b.Header.Number > head.Block+1 {
		var err error
		if head, err = s.fill(id, head, o); err != nil || s.f.halted(id) || head.Block >= b.Header.Number {
			return err
		}
	}
	if b.Header.Number > head.Block+1 {
		begins, err := s.begin(id, head, b)
		if begins == nil || err != nil {
			return err
		}
		head = *begins
	}
	next, err := head.Next(b)
	if err != nil {
		return s.stop(id, b.Header.Number, err, o.msg)
	}
	if s.careful {
		if err := s.f.Keys.Verify(b); isUnknownKey(err) {
			return s.wait(id, b.Header.Number, err)
		} else if err != nil {
			return s.stop(id, b.Header.Number, err, o.msg)
		}
	}
	if ctx, traced := o.msg.Traced(s.ctx); traced {
		ctx, span := s.f.Tracer.Start(ctx, "fold block", trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
			attribute.String("agency", s.f.Agency), attribute.String("journal", id.String()), attribute.Int64("block", int64(b.Header.Number))))
		defer span.End()
		s.f.Traces.Keep(ctx, id, b.Header.FirstEvent, next.Events)
	}
	if err := s.tx.Fold(b, next.Position()); err != nil {
		return fmt.Errorf("fold block %d of %s: %w", b.Header.Number, id, err)
	}
	s.heads[id], s.last[id] = next, b
	s.events += len(b.Entries)
	s.blocks++
	if s.events < s.limit {
		return nil
	}
	if err := s.commit(); err != nil {
		return err
	}
	if !s.filling {
		s.settled = s.seen
	}
	return nil
}

// begin has the copy of a journal go on after blocks that this agency was not given, as the journal's agency states it. It
// returns the head that the block follows then: the one there is when nothing was withheld before the block, nil when the
// journal waits for the statement.
func (s *session) begin(id journal.ID, head journal.Head, b *journal.Block) (*journal.Head, error) {
	release, err := s.tx.Release(ledger.ReleaseID(id.Agency, id.Group, s.f.Agency))
	if err != nil {
		return nil, err
	}
	starts := append(release.GetEarlierStarts(), release.GetStart())
	at := slices.IndexFunc(starts, func(s *directoryv1.JournalStart) bool { return s.GetBlock()+1 == b.Header.Number })
	switch {
	case at < 0 && !isDirectory(id) && id.Agency != s.f.Agency && release.GetState() != ledgerv1.ReleaseState_RELEASE_STATE_AGREED:
		return nil, s.wait(id, b.Header.Number, &directory.UnknownKey{What: "where the copy of " + id.String() + " begins"})
	case at < 0:
		return &head, nil
	}
	start := starts[at]
	from, err := journal.StartAt(id, start)
	if err != nil {
		return nil, s.stop(id, b.Header.Number, err, journal.Message{Data: b.HeaderBytes, Sequence: b.Sequence})
	}
	if err := s.tx.BeginAt(id, from.Position()); err != nil {
		return nil, err
	}
	return &from, nil
}

// again meets a block that is folded already. The same one twice changes nothing; another one under its number is a
// fork.
func (s *session) again(id journal.ID, o *opened) error {
	kept, err := s.tx.Block(id, o.block.Header.FirstEvent)
	if err != nil {
		return err
	}
	if kept == nil || !bytes.Equal(kept.Header, o.block.HeaderBytes) {
		return s.stop(id, o.block.Header.Number, errors.New("another block is on record under this number: the journal has forked"), o.msg)
	}
	return nil
}

// head returns where the ledger stands in a journal, in the open transaction.
func (s *session) head(id journal.ID) (journal.Head, error) {
	if s.tx == nil {
		tx, err := s.f.Ledger.Begin()
		if err != nil {
			return journal.Head{}, err
		}
		s.tx, s.heads, s.last = tx, map[journal.ID]journal.Head{}, map[journal.ID]*journal.Block{}
		s.events, s.blocks, s.began = 0, 0, time.Now()
	}
	if head, ok := s.heads[id]; ok {
		return head, nil
	}
	position, err := s.tx.Position(id)
	if err != nil {
		return journal.Head{}, err
	}
	head, err := journal.HeadAt(id, position)
	s.heads[id] = head
	return head, err
}

// reopen tries a block again that could not be opened when it was read ahead: the key may have been folded since.
func (s *session) reopen(o *opened) error {
	if err := s.commit(); err != nil {
		return err
	}
	if err := s.f.Ledger.View(s.f.Keys.Learn); err != nil {
		return err
	}
	return o.block.Open(s.f.Keys)
}

// idle is called when nothing more is ready just now: live, what was folded is shown at once.
func (s *session) idle() error {
	if s.patient {
		return nil
	}
	if err := s.commit(); err != nil {
		return err
	}
	s.settled = s.seen
	return nil
}

// commit checks the signatures of what was folded, commits it, and lets waiting journals go on when the directory moved.
func (s *session) commit() error {
	if s.tx == nil {
		return nil
	}
	if len(s.last) == 0 {
		s.abandon()
		return nil
	}
	if err := s.verify(); err != nil {
		folded := s.last
		s.abandon()
		return s.carefully(folded)
	}
	moved := slices.ContainsFunc(slices.Collect(maps.Keys(s.last)), isDirectory)
	err := s.tx.Commit()
	s.tx = nil
	if err != nil {
		return fmt.Errorf("commit to the ledger: %w", err)
	}
	s.f.Folded(s.events, time.Since(s.began))
	s.f.progress(s.blocks)
	if moved {
		return s.learned()
	}
	return nil
}

func isDirectory(id journal.ID) bool { return id.Group == directory.Group }

// verify checks one signature per journal. The directory's journals come first, the authority's before the others: they
// may hold the keys of the rest.
func (s *session) verify() error {
	ids := slices.SortedFunc(maps.Keys(s.last), directoryFirst)
	for i, id := range ids {
		if err := s.f.Keys.Verify(s.last[id]); err != nil {
			return err
		}
		if next := i + 1; isDirectory(id) && (id == directory.Journal || next == len(ids) || !isDirectory(ids[next])) {
			if err := s.f.Keys.Learn(s.tx.View); err != nil {
				return err
			}
		}
	}
	return nil
}

// directoryFirst orders journals by what they need to be read: the authority's part of the directory, the agencies', the rest.
func directoryFirst(a, b journal.ID) int {
	rank := func(id journal.ID) int {
		switch {
		case id == directory.Journal:
			return 0
		case isDirectory(id):
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.String(), b.String()))
}

// carefully folds a batch again, each block with its signature checked, to find the one that is wrong.
func (s *session) carefully(folded map[journal.ID]*journal.Block) error {
	for id := range folded {
		if err := s.f.catchUp(s.ctx, s.stream, id, s.seen, 1, true); err != nil {
			return err
		}
	}
	return nil
}

// learned lets the journals that waited for a key catch up to where this session is.
func (s *session) learned() error {
	if err := s.f.Ledger.View(s.f.Keys.Learn); err != nil {
		return err
	}
	s.f.moved.Store(true)
	for _, id := range s.f.release(s.stream == s.f.Own) {
		if err := s.f.catchUp(s.ctx, s.stream, id, max(s.seen, s.upto), s.limit, true); err != nil {
			return err
		}
	}
	return nil
}

// abandon gives up what is not committed.
func (s *session) abandon() {
	if s.tx != nil {
		s.tx.Rollback()
		s.tx = nil
	}
}

// wait sets a journal aside until the directory has its key.
func (s *session) wait(id journal.ID, block uint64, cause error) error {
	s.f.note(s.f.waiting, id, block, cause.Error())
	s.f.Logger.Warn("journal waits for a key", "agency", s.f.Agency, "journal", id.String(), "block", block, "err", cause)
	return nil
}

// stop ends the following of a journal, keeps the block that was not believed, and says why.
func (s *session) stop(id journal.ID, block uint64, cause error, m journal.Message) error {
	if err := s.commit(); err != nil { // what came before it is good
		return err
	}
	reason := cause.Error()
	var broken *journal.Broken
	if errors.As(cause, &broken) {
		block, reason = broken.Block, broken.Reason
	}
	stop := s.f.note(s.f.stopped, id, block, reason)
	s.f.Logger.Error("journal stopped", "agency", s.f.Agency, "journal", id.String(), "block", block, "err", reason)
	if err := s.f.keepEvidence(id, m); err != nil {
		return err
	}
	tx, err := s.f.Ledger.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := tx.Stop(stop); err != nil {
		return err
	}
	return tx.Commit()
}

func (f *Follower) keepEvidence(id journal.ID, m journal.Message) error {
	if err := os.MkdirAll(f.Evidence, 0o700); err != nil {
		return fmt.Errorf("keep evidence: %w", err)
	}
	name := fmt.Sprintf("%s-%s-%d.block", id.Agency, id.Group, m.Sequence)
	if err := whole.Write(filepath.Join(f.Evidence, name), m.Data, 0o600); err != nil {
		return fmt.Errorf("keep evidence: %w", err)
	}
	return nil
}
