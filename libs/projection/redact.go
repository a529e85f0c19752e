package projection

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// announces reports whether a message holds a redacted block that takes the place of an earlier message.
func announces(o *opened) bool {
	return len(o.msg.Redacts) > 0 && o.block != nil && o.block.Redacted()
}

// given reports whether this agency has the block that a redaction is about; one that it was never given is passed over.
func (s *session) given(id journal.ID, o *opened) (bool, error) {
	kept, err := s.tx.Block(id, o.block.Header.FirstEvent)
	return kept != nil, err
}

// redact meets the redacted form of a block that is folded already: what it lacks is taken out of the ledger, in the
// transaction that moves the position past it.
func (s *session) redact(id journal.ID, o *opened) error {
	_, err := s.tx.Redact(o.block)
	var broken *journal.Broken
	if errors.As(err, &broken) {
		return s.stop(id, broken.Block, err, o.msg)
	}
	if err == nil {
		err = s.tx.Passed(id, o.msg.Sequence)
	}
	if err != nil {
		return fmt.Errorf("redact block %d of %s: %w", o.block.Header.Number, id, err)
	}
	head := s.heads[id]
	head.Sequence = o.msg.Sequence
	s.heads[id] = head
	if s.last[id] == nil { // a later block's signature covers it
		s.last[id] = o.block
	}
	return nil
}

// resume lets a journal go on that was stopped because a block is missing, when its redacted form comes.
func (s *session) resume(id journal.ID, o *opened) error {
	if !announces(o) || !s.f.forget(id, o.block.Header.Number) {
		return nil
	}
	if err := s.commit(); err != nil {
		return err
	}
	tx, err := s.f.Ledger.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := errors.Join(tx.ClearStop(id), tx.Commit()); err != nil {
		return err
	}
	s.f.Logger.Info("journal goes on, the missing block was redacted", "agency", s.f.Agency, "journal", id.String(), "block", o.block.Header.Number)
	return s.f.catchUp(s.ctx, s.stream, id, s.seen, s.limit, true)
}

// forget takes back that a journal is stopped at a block, and reports whether it was.
func (f *Follower) forget(id journal.ID, block uint64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped[id].GetBlock() != block {
		return false
	}
	delete(f.stopped, id)
	return true
}

// fill folds the blocks between the head and the one that was read whose messages were deleted: they stand, redacted,
// further on in the stream. It returns the head that it came to.
func (s *session) fill(id journal.ID, head journal.Head, o *opened) (journal.Head, error) {
	if s.filling {
		return head, nil
	}
	s.filling = true
	defer func() { s.filling = false }()
	redactions, _, err := journal.Redactions(s.ctx, s.stream, s.f.subject(s.stream, id), o.msg.Sequence)
	if err != nil {
		return head, fmt.Errorf("look for what is missing of %s: %w", id, err)
	}
	missing := map[uint64]*opened{} // the last redaction of each block
	for _, r := range redactions {
		m := journal.Message{Subject: r.Message.Subject, Data: r.Message.Data, Sequence: head.Sequence, ReceivedAt: o.msg.ReceivedAt}
		if s.stream == s.f.Own {
			m.Sequence = r.Before[0]
		}
		instead := &opened{msg: m, ready: make(chan struct{})}
		instead.open(s.f.Keys)
		if b := instead.block; b != nil && b.ID == id && b.Redacted() && head.Block < b.Header.Number && b.Header.Number < o.block.Header.Number {
			missing[b.Header.Number] = instead
		}
	}
	for _, number := range slices.Sorted(maps.Keys(missing)) {
		if head, err = s.foldInstead(id, missing[number]); err != nil || s.f.halted(id) {
			return head, err
		}
	}
	return head, nil
}

func (s *session) foldInstead(id journal.ID, o *opened) (journal.Head, error) {
	if isUnknownKey(o.err) {
		o.err = s.reopen(o)
	}
	head, err := s.head(id)
	switch {
	case err != nil:
		return head, err
	case isUnknownKey(o.err):
		return head, s.wait(id, o.block.Header.Number, o.err)
	case o.err != nil:
		return head, s.stop(id, o.block.Header.Number, o.err, o.msg)
	}
	if err := s.fold(id, head, o); err != nil {
		return head, err
	}
	return s.head(id)
}

// withdrawn are the numbers of the events of a journal that orders name.
func withdrawn(view ledger.View, id journal.ID) (map[uint64]bool, error) {
	orders, err := view.Withdrawals()
	numbers := map[uint64]bool{}
	for _, w := range orders {
		if w.Journal == id.String() {
			numbers[w.Withdrawn.Number] = true
		}
	}
	return numbers, err
}

func sameLeaf(a, b *ledgerv1.WithdrawnLeaf) bool {
	return a.Number == b.Number && string(a.Leaf) == string(b.Leaf)
}
