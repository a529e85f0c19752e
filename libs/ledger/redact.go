package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"
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
	more, err := tx.redact(kept, b)
	if len(more) == 0 || err != nil {
		return false, err
	}
	if err := tx.ordered(b, more); err != nil {
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
		err = errors.Join(tx.PutLocal(unscrubbed, []byte{1}), tx.foldAnew(b.ID.Agency))
	}
	if err != nil {
		tx.err = fmt.Errorf("redact block %d of %s: %w", kept.Number, h.name, err)
	}
	return true, tx.err
}

// redact takes the events out of a kept block that the redacted one has no longer, and returns their numbers.
func (tx *Tx) redact(kept *ledgerv1.FoldedBlock, b *journal.Block) (more []uint64, err error) {
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
			more = append(more, e.Number)
			e = left
		}
		if e.Withdrawn() {
			kept.Withdrawn = append(kept.Withdrawn, &ledgerv1.WithdrawnLeaf{Number: e.Number, Leaf: e.Leaf})
		}
		kept.Body = protowire.AppendBytes(protowire.AppendTag(kept.Body, 1, protowire.BytesType), e.Raw)
	}
	return more, nil
}

// ordered checks that an order on record names every one of the events.
func (tx *Tx) ordered(b *journal.Block, numbers []uint64) error {
	orders, err := tx.Withdrawals()
	if err != nil {
		return err
	}
	for _, n := range numbers {
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

// foldAnew folds the rows of an agency's journals again from the blocks that are kept, in the order that they came.
// All of its journals, because an event that was recorded in several is folded from the first. The directory's are left
// out: nothing in them is withdrawn or repeated.
func (tx *Tx) foldAnew(agency string) error {
	heads := map[uint16]*head{}
	positions, err := tx.Positions()
	if err != nil {
		return err
	}
	for _, p := range positions {
		id, err := journal.ParseID(p.Journal)
		if err != nil {
			return err
		}
		if id.Agency != agency || id.Group == Directory.Group {
			continue
		}
		h, err := tx.journalHead(id)
		if err != nil {
			return err
		}
		if h.applied > h.events {
			return fmt.Errorf("event %d of %s was applied without its block", h.applied, h.name)
		}
		heads[h.number] = h
		if err := tx.empty(h); err != nil {
			return fmt.Errorf("empty the rows of %s: %w", h.name, err)
		}
	}
	if err := tx.dropEventIDs(heads); err != nil {
		return err
	}
	arrivals := tx.tx.Bucket(bucketArrivals).Cursor()
	for k, a := arrivals.First(); k != nil; k, a = arrivals.Next() {
		if h := heads[parsePlace(a).journal()]; h != nil {
			if err := tx.foldKept(h, parsePlace(a)); err != nil {
				return err
			}
		}
	}
	return nil
}

// empty deletes the rows that a journal's events made, what is parked of them, and the indexes over them.
func (tx *Tx) empty(h *head) error {
	for _, t := range tables {
		for _, p := range tx.placesUnder(t, byJournal, h.name) {
			r, err := tx.stored(t, p)
			if err != nil {
				return err
			}
			if err := tx.write(t, r.GetId(), nil, false); err != nil {
				return err
			}
			tx.undo = tx.undo[:0]
		}
		if err := tx.flush(); err != nil {
			return err
		}
	}
	h.withdrawn = false
	journalOnly := binary.BigEndian.AppendUint16(nil, h.number)
	return errors.Join(
		dropPrefix(tx.tx.Bucket(bucketEventPostings), journalOnly), // a chunk is the upper 32 of 48 bits of a place
		dropPrefix(tx.tx.Bucket(bucketParked), append([]byte{0, 0}, journalOnly...)))
}

func dropPrefix(b *bolt.Bucket, prefix []byte) error {
	c := b.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Seek(prefix) {
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
}

// dropEventIDs forgets where the events of these journals stand.
func (tx *Tx) dropEventIDs(heads map[uint16]*head) error {
	b := tx.tx.Bucket(bucketEventIDs)
	var ids [][16]byte
	err := b.ForEach(func(id, at []byte) error {
		if heads[parsePlace(at).journal()] != nil {
			ids = append(ids, [16]byte(id))
		}
		return nil
	})
	for i := range ids {
		err = errors.Join(err, b.Delete(ids[i][:]))
	}
	return err
}

// foldKept folds the events of the block that begins at a place.
func (tx *Tx) foldKept(h *head, first place) error {
	kept, err := decode(tx.tx.Bucket(bucketBlocks).Get(first.key()), &ledgerv1.FoldedBlock{})
	if err != nil {
		return err
	}
	b, err := journal.Reopened(kept)
	if err != nil {
		return err
	}
	h.applied = first.number() - 1
	for _, e := range b.Entries {
		if err := tx.foldEntry(h, e); err != nil {
			return err
		}
	}
	if tx.crowded() {
		return tx.flush()
	}
	return nil
}

// withdrawnKey is where it is kept that a journal has events that were withdrawn.
func withdrawnKey(journal string) string { return "withdrawn/" + journal }

// passOver leaves out an event that was withdrawn.
func (tx *Tx) passOver(h *head, e journal.Entry) error {
	h.applied, h.withdrawn = e.Number, true
	return tx.PutLocal(withdrawnKey(h.name), []byte{1})
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
