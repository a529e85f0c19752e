package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/counterfoil/counterfoil/libs/journal"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// againEvents is the most events that a transaction of a second ledger folds.
const againEvents = 10_000

// foldAnew brings the rows of an agency's journals to what the blocks that are kept make: it folds them into a second ledger,
// beside this one and gone in the end, and takes over what differs there. All journals of the agency, because an event that
// was recorded in several is folded from the first; but for the directory's, which is folded anew alone: nothing in it is
// withdrawn or repeated.
// gone are the events that were taken out of the journal at h.
func (tx *Tx) foldAnew(h *head, gone []journal.Entry) error {
	dir, err := os.MkdirTemp(filepath.Dir(tx.l.path), "verify-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	second, err := Open(filepath.Join(dir, "ledger.db"), Options{Agency: tx.l.agency})
	if err != nil {
		return err
	}
	defer second.Close()
	heads, err := tx.headsOf(h.id)
	if err == nil {
		err = tx.foldInto(second, heads)
	}
	if err != nil {
		return fmt.Errorf("fold %s anew: %w", h.id.Agency, err)
	}
	return second.Committed(func(v View) error {
		t := takeOver{tx, v, heads, map[string]bool{}, map[string]bool{}}
		for _, e := range gone {
			if err := t.event(h, e); err != nil {
				return err
			}
		}
		if err := t.parked(); err != nil {
			return err
		}
		for _, table := range tables {
			if err := t.table(table); err != nil {
				return fmt.Errorf("take over %s: %w", table.name, err)
			}
		}
		return errors.Join(tx.flush(), t.forgetUnused())
	})
}

// headsOf are the heads of the journals that are folded anew with one, by number.
func (tx *Tx) headsOf(of journal.ID) (map[uint16]*head, error) {
	positions, err := tx.Positions()
	if err != nil {
		return nil, err
	}
	heads := map[uint16]*head{}
	for _, p := range positions {
		id, err := journal.ParseID(p.Journal)
		if err != nil {
			return nil, err
		}
		if id.Agency != of.Agency || (id.Group == Directory.Group) != (of.Group == Directory.Group) {
			continue
		}
		h, err := tx.journalHead(id)
		if err != nil {
			return nil, err
		}
		if h.applied > h.events {
			return nil, fmt.Errorf("event %d of %s was applied without its block", h.applied, h.name)
		}
		heads[h.number] = h
	}
	return heads, nil
}

// foldInto folds the kept blocks of these journals into another ledger, in the order that they came.
func (tx *Tx) foldInto(second *Ledger, heads map[uint16]*head) error {
	into, err := second.Begin()
	if err != nil {
		return err
	}
	defer func() { into.Rollback() }()
	arrivals, events := tx.tx.Bucket(bucketArrivals).Cursor(), 0
	for k, a := arrivals.First(); k != nil; k, a = arrivals.Next() {
		h := heads[parsePlace(a).journal()]
		if h == nil {
			continue
		}
		kept, err := decode(tx.tx.Bucket(bucketBlocks).Get(parsePlace(a).key()), &ledgerv1.FoldedBlock{})
		if err != nil {
			return err
		}
		b, err := journal.Reopened(kept)
		if err != nil {
			return err
		}
		if err := into.foldNext(b, h.start); err != nil {
			return err
		}
		if events += len(b.Entries); events < againEvents {
			continue
		}
		if err := into.Commit(); err != nil {
			return err
		}
		if into, err = second.Begin(); err != nil {
			return err
		}
		events = 0
	}
	return into.Commit()
}

// foldNext folds a block that another ledger kept, after whatever that was not given before it.
func (tx *Tx) foldNext(b *journal.Block, start uint64) error {
	h, err := tx.journalHead(b.ID)
	if err != nil {
		return err
	}
	if b.Header.Number > h.block+1 {
		before := &ledgerv1.Position{Block: b.Header.Number - 1, Events: b.Header.FirstEvent - 1}
		if err := tx.BeginAt(b.ID, before); err != nil {
			return err
		}
	}
	h.start = start
	return tx.Fold(b, &ledgerv1.Position{
		Journal: h.name, Block: b.Header.Number, Events: b.Header.FirstEvent + uint64(len(b.Entries)) - 1, StartEvents: start,
	})
}

// takeOver brings a ledger to what a second one has of some journals.
type takeOver struct {
	*Tx
	from  View
	heads map[uint16]*head
	// gone are names of destinations, as bucketPlaces keeps them, and folded names of parties that rows went by which are no
	// more.
	gone, goneNames map[string]bool
}

// event forgets an event that was withdrawn, and finds it where it is recorded a second time.
func (t takeOver) event(h *head, e journal.Entry) error {
	at, id := placeOf(h.number, e.Number), [16]byte(bytes.Clone(append(e.Event.GetId(), make([]byte, 16)...)[:16]))
	is, known := t.eventPlace(id)
	if known && is != at {
		name, err := t.journalName(is.journal())
		if err != nil {
			return err
		}
		if is.journal() != h.number && AgencyOf(name) == h.id.Agency {
			return nil // it is folded from another journal
		}
	}
	t.deltas.change(at, eventEntries(nil, h.name, e.Event.GetKind(), dayOf(e.Event.GetRecordedAt())), nil)
	if err := t.deltas.write(t.tx.Bucket(bucketEventPostings)); err != nil {
		return err
	}
	if !known || is != at {
		return nil
	}
	if err := t.tx.Bucket(bucketEventIDs).Delete(id[:]); err != nil {
		return err
	}
	other, again := t.from.eventPlace(id)
	if !again {
		return nil
	}
	name, err := t.from.journalName(other.journal())
	if err != nil {
		return err
	}
	for _, h := range t.heads {
		if h.name == name {
			repeated, err := t.from.entry(other)
			if err != nil {
				return err
			}
			t.note(h, repeated)
		}
	}
	return t.flush()
}

// parked takes over which events could not be applied, and finds those that can be by now where they repeat others.
func (t takeOver) parked() error {
	b := t.tx.Bucket(bucketParked)
	var keys [][]byte
	err := b.ForEach(func(k, _ []byte) error {
		if t.heads[parsePlace(k).journal()] != nil {
			keys = append(keys, bytes.Clone(k))
		}
		return nil
	})
	for _, k := range keys {
		err = errors.Join(err, b.Delete(k))
	}
	if err != nil {
		return err
	}
	numbers := map[string]uint16{}
	for n, h := range t.heads {
		numbers[h.name] = n
		if kept := t.from.Local(withdrawnKey(h.name)); kept != nil {
			h.withdrawn, err = true, errors.Join(err, t.PutLocal(withdrawnKey(h.name), kept))
		}
	}
	events, parkedErr := t.from.ParkedEvents()
	err = errors.Join(err, parkedErr)
	for _, e := range events {
		raw, encodeErr := encode(nil, e)
		err = errors.Join(err, encodeErr, b.Put(placeOf(numbers[e.Journal], e.Number).key(), raw))
	}
	for _, k := range keys {
		if at := parsePlace(k); !t.isParked(at) {
			e, eventErr := t.eventAt(at)
			err = errors.Join(err, eventErr)
			t.noteRepeat(at.journal(), at.number(), e)
		}
	}
	return err
}

// table takes over the rows that differ.
func (t takeOver) table(of *table) error {
	for _, h := range t.heads {
		for _, p := range t.placesUnder(of, byJournal, h.name) {
			r, err := t.stored(of, p)
			if err != nil {
				return err
			}
			wanted, _, err := t.from.peek(of, r.GetId())
			if err != nil {
				return err
			}
			if err := t.row(of, r, wanted); err != nil {
				return err
			}
		}
	}
	for _, p := range t.from.placesUnder(of, all, "") {
		r, err := t.from.stored(of, p)
		if err != nil {
			return err
		}
		if _, there := t.number(of, r.GetId()); !there {
			if err := t.row(of, nil, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// row writes a row as the second ledger has it; nil where one of the two has none.
func (t takeOver) row(of *table, is, wanted row) error {
	if is != nil && wanted != nil {
		one, err := encode(nil, is)
		if err != nil {
			return err
		}
		other, err := encode(nil, wanted)
		if err != nil || bytes.Equal(one, other) {
			return err
		}
	}
	id := ""
	if is != nil {
		id = is.GetId()
		var x entries
		of.entriesOf(is, &x)
		for _, n := range x.places {
			t.gone[string(placeKey(n.name, n.indexed))] = true
		}
		for _, n := range x.names {
			t.goneNames[n] = true
		}
	} else {
		id = wanted.GetId()
	}
	t.undo = t.undo[:0]
	return t.write(of, id, wanted, false)
}

// forgetUnused forgets the names of destinations and parties that no row goes by any more.
func (t takeOver) forgetUnused() error {
	for _, of := range tables {
		if len(t.gone)+len(t.goneNames) == 0 {
			return nil
		}
		err := t.of(of).rows.ForEach(func(_, raw []byte) error {
			r, err := decode(raw, of.fresh())
			if err != nil {
				return err
			}
			var x entries
			of.entriesOf(r, &x)
			for _, n := range x.places {
				delete(t.gone, string(placeKey(n.name, n.indexed)))
			}
			for _, n := range x.names {
				delete(t.goneNames, n)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for name := range t.gone {
		if err := t.tx.Bucket(bucketPlaces).Delete([]byte(name)); err != nil {
			return err
		}
	}
	for name := range t.goneNames {
		if err := t.forgetName(name); err != nil {
			return err
		}
	}
	return nil
}
