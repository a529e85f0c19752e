package ledger

import (
	"bytes"
	"context"
	"fmt"

	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/counterfoil/counterfoil/libs/journal"
)

// Difference is a row that two ledgers do not have alike.
type Difference struct {
	Journal, Table, ID string
	// Here and There say which of the two has it; both, where it is another row.
	Here, There bool
}

// Differences compares the rows of this ledger with those of another, by table and id, and calls differs with each that is not
// the same. looked is told how many rows were compared, now and then. A ledger whose pages make no sense comes back as *Rebuild.
func (v View) Differences(ctx context.Context, other View, looked func(rows uint64), differs func(Difference) error) error {
	return guarded(v.l.path, func() error {
		rows := uint64(0)
		for _, t := range tables {
			err := v.differencesIn(t, other, func() error {
				if rows++; rows%1024 != 0 {
					return nil
				}
				looked(rows)
				return ctx.Err()
			}, differs)
			if err != nil {
				return fmt.Errorf("compare table %s: %w", t.name, err)
			}
		}
		looked(rows)
		return nil
	})
}

// Rows is how many rows there are about, over all tables: as many as ever came.
func (v View) Rows() (rows uint64) {
	for _, t := range tables {
		rows += v.of(t).rows.Sequence()
	}
	return rows
}

func (v View) differencesIn(t *table, other View, next func() error, differs func(Difference) error) error {
	here, there := rowsByID{v, t, v.of(t).ids.Cursor()}, rowsByID{other, t, other.of(t).ids.Cursor()}
	a, b := here.first(), there.first()
	for a.id != nil || b.id != nil {
		if err := next(); err != nil {
			return err
		}
		order := bytes.Compare(a.id, b.id)
		if a.id == nil {
			order = 1
		} else if b.id == nil {
			order = -1
		}
		if order != 0 || !bytes.Equal(a.raw, b.raw) {
			if err := differs(difference(t, a, b, order)); err != nil {
				return err
			}
		}
		if order <= 0 {
			a = here.next()
		}
		if order >= 0 {
			b = there.next()
		}
	}
	return nil
}

// difference names a row by whichever side has it; the other's word for the journal is taken first, as this side is the one in doubt.
func difference(t *table, a, b rawRow, order int) Difference {
	d := Difference{Table: t.name, Here: order <= 0, There: order >= 0}
	of := b.raw
	if d.ID = string(b.id); !d.There {
		d.ID, of = string(a.id), a.raw
	}
	d.Journal, _ = journalOf(of) // empty where the row makes no sense
	return d
}

// rowsByID reads the rows of a table as they are kept, in the order of their ids.
type rowsByID struct {
	view   View
	table  *table
	cursor *bolt.Cursor
}

// rawRow has no id at the end, and no bytes where the id has no row.
type rawRow struct{ id, raw []byte }

func (r rowsByID) first() rawRow { return r.row(r.cursor.First()) }
func (r rowsByID) next() rawRow  { return r.row(r.cursor.Next()) }

func (r rowsByID) row(id, number []byte) rawRow {
	if id == nil {
		return rawRow{}
	}
	return rawRow{id, r.view.of(r.table).rows.Get(number)}
}

// OtherBlock returns the number of the first event of the first block of a journal that this ledger keeps otherwise than another
// does, of those that both hold; 0 when there is none. When it came, and where it stood in a stream, do not count.
func (v View) OtherBlock(id journal.ID, other View) (event uint64, err error) {
	err = guarded(v.l.path, func() error {
		here, there := v.rawBlocks(id), other.rawBlocks(id)
		for a, b := here.first(), there.first(); a.first != 0 && b.first != 0; a, b = here.next(), there.next() {
			same, err := sameBlock(a.raw, b.raw)
			if err != nil || !same || a.first != b.first {
				event = min(a.first, b.first)
				return err
			}
		}
		return nil
	})
	return event, err
}

// keptBlocks reads the blocks of a journal as they are kept, in order.
type keptBlocks struct {
	journal uint16
	cursor  *bolt.Cursor
}

// rawBlock begins with event number first; 0 at the end.
type rawBlock struct {
	first uint64
	raw   []byte
}

func (v View) rawBlocks(id journal.ID) keptBlocks {
	n, _ := v.journal(id.String()) // 0 has no blocks
	return keptBlocks{n, v.tx.Bucket(bucketBlocks).Cursor()}
}

func (k keptBlocks) first() rawBlock { return k.block(k.cursor.Seek(placeOf(k.journal, 0).key())) }
func (k keptBlocks) next() rawBlock  { return k.block(k.cursor.Next()) }

func (k keptBlocks) block(key, raw []byte) rawBlock {
	if len(key) != 8 || parsePlace(key).journal() != k.journal {
		return rawBlock{}
	}
	return rawBlock{parsePlace(key).number(), raw}
}

// sameBlock compares the header, the signature, the body and the leaves of what was withdrawn.
func sameBlock(a, b []byte) (bool, error) {
	if bytes.Equal(a, b) {
		return true, nil
	}
	one, err := vouchedFor(a)
	if err != nil {
		return false, nil // one that makes no sense is another one
	}
	other, err := vouchedFor(b)
	return bytes.Equal(one, other), err
}

// vouchedFor puts together what of a kept block its agency's signature vouches for.
func vouchedFor(raw []byte) (fields []byte, err error) {
	err = eachField(raw, func(field protowire.Number, value []byte) error {
		if field != blockReceivedAt {
			fields = protowire.AppendBytes(protowire.AppendTag(fields, field, protowire.BytesType), value)
		}
		return nil
	})
	return fields, err
}

// blockReceivedAt is the field of received_at in a kept block; the others that are no plain numbers are its agency's.
const blockReceivedAt protowire.Number = 5
