package ledger

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/counterfoil/counterfoil/libs/journal"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// EachLeaf calls fn with the number and the leaf hash of every event of the journal after number after, in order, those whose
// content was withdrawn with them, until fn returns an error, which is returned as it is. No event is decoded: a million take
// about a second.
func (v View) EachLeaf(id journal.ID, after uint64, fn func(number uint64, leaf tlog.Hash) error) error {
	n, ok := v.journal(id.String())
	if !ok {
		return nil
	}
	b, err := v.openBlock(placeOf(n, after+1))
	if err != nil {
		return err
	}
	from := placeOf(n, after+1)
	if b != nil {
		from = b.first
	}
	c := v.tx.Bucket(bucketBlocks).Cursor()
	for k, raw := c.Seek(from.key()); len(k) == 8 && parsePlace(k).journal() == n; k, raw = c.Next() {
		b, err := takeApart(parsePlace(k), raw)
		if err != nil {
			return fmt.Errorf("read the block at event %d of %s: %w", parsePlace(k).number(), id, err)
		}
		if err := b.eachLeaf(after, fn); err != nil {
			return err
		}
	}
	return nil
}

func (b *openedBlock) eachLeaf(after uint64, fn func(uint64, tlog.Hash) error) error {
	left, err := b.left()
	if err != nil {
		return err
	}
	for i, raw := range b.events {
		number := (b.first + place(i)).number()
		if number <= after {
			continue
		}
		leaf, withdrawn := left[number]
		if !withdrawn {
			leaf = journal.LeafHash(raw)
		}
		if err := fn(number, leaf); err != nil {
			return err
		}
	}
	return nil
}

// left are the leaf hashes of the block's events that were withdrawn, by their numbers.
func (b *openedBlock) left() (map[uint64]tlog.Hash, error) {
	if len(b.withdrawn) == 0 {
		return nil, nil
	}
	left := map[uint64]tlog.Hash{}
	kept, err := decode(b.raw, &ledgerv1.FoldedBlock{})
	if err != nil {
		return nil, err
	}
	for _, w := range kept.Withdrawn {
		if len(w.Leaf) != tlog.HashSize {
			return nil, fmt.Errorf("the leaf hash of event %d of %s has %d bytes", w.Number, b.journal, len(w.Leaf))
		}
		left[w.Number] = tlog.Hash(w.Leaf)
	}
	return left, nil
}
