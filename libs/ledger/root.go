package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"

	"github.com/counterfoil/counterfoil/libs/journal"
)

// Root returns the SHA-256 over all rows, and over the rows of each journal. A journal's is over its rows in the order
// of table and id, each as table, id and encoded row with their lengths before them; the ledger's is over the names and
// hashes of its journals in the order of names. Two ledgers with the same positions have the same root, whatever order
// their blocks came in. It reads every row: some seconds for a million.
func (v View) Root(ctx context.Context) (root [32]byte, perJournal map[journal.ID][32]byte, err error) {
	if err := v.written(); err != nil {
		return root, nil, err
	}
	hashes := map[string]hash.Hash{}
	positions, err := v.Positions()
	if err != nil {
		return root, nil, err
	}
	for _, p := range positions {
		hashes[p.Journal] = sha256.New()
	}
	for _, t := range tables {
		if err := v.hashTable(ctx, t, hashes); err != nil {
			return root, nil, fmt.Errorf("hash table %s: %w", t.name, err)
		}
	}
	whole := sha256.New()
	perJournal = map[journal.ID][32]byte{}
	for _, name := range sortedKeys(hashes) {
		sum := [32]byte(hashes[name].Sum(nil))
		id, err := journal.ParseID(name)
		if err != nil {
			return root, nil, err
		}
		perJournal[id] = sum
		hashPart(whole, []byte(name))
		hashPart(whole, sum[:])
	}
	return [32]byte(whole.Sum(nil)), perJournal, nil
}

func (v View) hashTable(ctx context.Context, t *table, hashes map[string]hash.Hash) error {
	b := v.of(t)
	name, n := []byte(t.name), 0
	return b.ids.ForEach(func(id, number []byte) error {
		if n++; n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		raw := b.rows.Get(number)
		if raw == nil {
			return fmt.Errorf("%s has no row", id)
		}
		of, err := journalOf(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		h := hashes[of]
		if h == nil {
			h = sha256.New()
			hashes[of] = h
		}
		hashPart(h, name)
		hashPart(h, id)
		hashPart(h, raw)
		return nil
	})
}

func hashPart(h hash.Hash, part []byte) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(part)))
	h.Write(length[:])
	h.Write(part)
}

// journalOf reads a row's journal, field 2 of every row, off the wire.
func journalOf(raw []byte) (string, error) {
	name, err := fieldOf(raw, 2)
	if err == nil && name == nil {
		err = fmt.Errorf("the row has no journal")
	}
	return string(name), err
}
