package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/counterfoil/counterfoil/libs/journal"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Redact puts an opened redacted block in the place of the one that was folded, so that nothing is left here of the
// events that were withdrawn: the rows of the agency's journals are folded anew from the blocks that are kept, as a ledger
// would that never saw them. It reports whether that changed anything. It returns *journal.Broken when the block is not the
// one on record, or lacks an event that no order names. Scrub clears the file of what is left of the old pages.
func (tx *Tx) Redact(b *journal.Block) (bool, error) {
	if tx.err != nil {
		return false, tx.err
	}
	h, err := tx.journalHead(b.ID)
	if err != nil {
		return false, err
	}
	key := placeOf(h.number, b.Header.FirstEvent).key()
	raw := tx.tx.Bucket(bucketBlocks).Get(key)
	if raw == nil {
		return false, nil // it was never given to this agency
	}
	kept, err := decode(raw, &ledgerv1.FoldedBlock{})
	if err != nil {
		return false, err
	}
	gone, err := tx.redact(kept, b)
	if len(gone) == 0 || err != nil {
		return false, err
	}
	if err := tx.ordered(b, gone); err != nil {
		return false, err
	}
	if err := tx.flush(); err != nil {
		return false, err
	}
	tx.blocks.last = nil
	block, err := encode(nil, kept)
	if err == nil {
		err = tx.tx.Bucket(bucketBlocks).Put(key, block)
	}
	if err == nil {
		err = errors.Join(tx.PutLocal(unscrubbed, []byte{1}), tx.foldAnew(h, gone))
	}
	if err != nil {
		tx.err = fmt.Errorf("redact block %d of %s: %w", kept.Number, h.name, err)
	}
	return true, tx.err
}

// redact takes the events out of a kept block that the redacted one has no longer, and returns them as they were.
func (tx *Tx) redact(kept *ledgerv1.FoldedBlock, b *journal.Block) (gone []journal.Entry, err error) {
	before, err := journal.Reopened(kept)
	if err != nil {
		return nil, err
	}
	if !b.Same(before) {
		return nil, &journal.Broken{ID: b.ID, Block: b.Header.Number, Reason: "the redacted block that came for it is not the block on record"}
	}
	kept.Body, kept.Withdrawn = nil, nil
	for i, e := range before.Entries {
		if left := b.Entries[i]; left.Withdrawn() && !e.Withdrawn() {
			gone = append(gone, e)
			e = left
		}
		if e.Withdrawn() {
			kept.Withdrawn = append(kept.Withdrawn, &ledgerv1.WithdrawnLeaf{Number: e.Number, Leaf: e.Leaf})
		}
		kept.Body = protowire.AppendBytes(protowire.AppendTag(kept.Body, 1, protowire.BytesType), e.Raw)
	}
	return gone, nil
}

// ordered checks that an order on record names every one of the events.
func (tx *Tx) ordered(b *journal.Block, gone []journal.Entry) error {
	orders, err := tx.Withdrawals()
	if err != nil {
		return err
	}
	for _, e := range gone {
		n := e.Number
		if !slices.ContainsFunc(orders, func(w *ledgerv1.Withdrawal) bool { return w.Journal == b.ID.String() && w.Withdrawn.Number == n }) {
			return &journal.Broken{ID: b.ID, Block: b.Header.Number, Reason: fmt.Sprintf("event %d was taken out of it and no order on record names it", n)}
		}
	}
	return nil
}

// Passed moves the position of a journal past a message that is no next block of it.
func (tx *Tx) Passed(id journal.ID, sequence uint64) error {
	position, err := tx.Position(id)
	if err != nil || position == nil {
		return err
	}
	n, _ := tx.journal(id.String())
	position.Sequence = sequence
	raw, err := encode(nil, position)
	if err != nil {
		return err
	}
	return tx.tx.Bucket(bucketPositions).Put(binary.BigEndian.AppendUint16(nil, n), raw)
}

// withdrawnKey is where it is kept which events of a journal were withdrawn: a 1, and their numbers as uvarints.
func withdrawnKey(journal string) string { return "withdrawn/" + journal }

// passOver leaves out an event that was withdrawn.
func (tx *Tx) passOver(h *head, e journal.Entry) error {
	h.applied, h.withdrawn = e.Number, true
	kept := tx.Local(withdrawnKey(h.name))
	if slices.Contains(withdrawnIn(kept), e.Number) {
		return nil
	}
	if kept == nil {
		kept = []byte{1}
	}
	return tx.PutLocal(withdrawnKey(h.name), binary.AppendUvarint(kept, e.Number))
}

// withdrawnIn are the numbers that are kept under a journal's withdrawnKey.
func withdrawnIn(kept []byte) (numbers []uint64) {
	for kept = kept[min(1, len(kept)):]; ; {
		number, n := binary.Uvarint(kept)
		if n <= 0 {
			return numbers
		}
		numbers, kept = append(numbers, number), kept[n:]
	}
}

// lost reports whether an event was withdrawn that may have stood between one that made a row and one that cannot be applied to it.
func (tx *Tx) lost(h *head, since, number uint64) bool {
	return since > 0 && h.withdrawn && slices.ContainsFunc(withdrawnIn(tx.Local(withdrawnKey(h.name))), func(n uint64) bool { return since < n && n < number })
}

// Withdrawn reports whether the content of an event was withdrawn and is gone from this ledger. An event that is not on
// record was not.
func (v View) Withdrawn(id journal.ID, number uint64) (bool, error) {
	b, err := v.Block(id, number)
	if b == nil || err != nil {
		return false, err
	}
	return slices.ContainsFunc(b.Withdrawn, func(w *ledgerv1.WithdrawnLeaf) bool { return w.Number == number }), nil
}

// OpenedBlock returns the block that holds an event as journal.Block.Open would; nil when it is not there.
func (v View) OpenedBlock(id journal.ID, number uint64) (*journal.Block, error) {
	kept, err := v.Block(id, number)
	if kept == nil || err != nil {
		return nil, err
	}
	return journal.Reopened(kept)
}
