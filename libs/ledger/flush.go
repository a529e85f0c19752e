package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// fill is how full a page is packed where keys come in rising order.
const fill = 0.95

// flush writes what is in memory to bbolt, keys in order. A transaction whose flush failed can only be rolled back.
func (tx *Tx) flush() error {
	if tx.err == nil {
		tx.err = tx.flushAll()
	}
	if tx.err == nil {
		tx.err = tx.writeNames()
	}
	return tx.err
}

// flushAll makes tables ready on other goroutines while this one, the only one that touches the file, writes.
func (tx *Tx) flushAll() error {
	var making sync.WaitGroup
	defer making.Wait()
	var changed []*table
	for _, t := range tables {
		if c := &tx.tables[t.slot]; len(c.pending) > 0 {
			changed = append(changed, t)
			c.make(t, &making)
		}
	}
	if err := tx.flushEvents(); err != nil {
		return err
	}
	for _, t := range changed {
		if err := tx.flushTable(t); err != nil {
			return err
		}
	}
	return tx.flushRepeats()
}

// lighten writes what is in memory once that is much, and gives the memory back. It is called between events. Names wait for
// the commit: they come in any order, which is dear while a bucket's new pages are one.
func (tx *Tx) lighten() error {
	if tx.err != nil || !tx.crowded() {
		return tx.err
	}
	clear(tx.undo)
	tx.undo = tx.undo[:0]
	tx.err = tx.flushAll()
	tx.rows.reset()
	return tx.err
}

// crowded reports whether enough is in memory to write it.
func (tx *Tx) crowded() bool {
	n := len(tx.events)
	for i := range tx.tables {
		n += len(tx.tables[i].pending)
	}
	return n > pendingLimit
}

func (tx *Tx) flushTable(t *table) error {
	c, b := &tx.tables[t.slot], tx.of(t)
	if <-c.made; c.err != nil {
		return c.err
	}
	b.rows.FillPercent = fill
	key := make([]byte, 0, 4)
	for _, p := range c.order {
		key = binary.BigEndian.AppendUint32(key[:0], uint32(p.number))
		var err error
		switch {
		case p.row != nil:
			err = b.rows.Put(key, p.raw)
		case p.stored:
			err = b.rows.Delete(key)
		}
		if err != nil {
			return err
		}
	}
	if c.next > 0 {
		if err := b.rows.SetSequence(uint64(c.next) - 1); err != nil {
			return err
		}
	}
	err := errors.Join(tx.writeIDs(b.ids, c.byID), writePostings(b.postings, c.postings), tx.writePlaces(c.found.places))
	for _, name := range c.found.names {
		tx.names[name] = true
	}
	c.flushed()
	return err
}

func (tx *Tx) writeIDs(ids *bolt.Bucket, changed []*pending) error {
	highest, key := map[string]uint64{}, make([]byte, 0, 64)
	values := make([]byte, 0, 4*len(changed)) // bbolt holds on to values, not to keys
	ids.FillPercent = fill
	for _, c := range changed {
		switch {
		case c.row == nil && c.stored:
			if err := ids.Delete([]byte(c.id)); err != nil {
				return err
			}
		case c.row != nil && !c.stored:
			key = append(key[:0], c.id...)
			values = binary.BigEndian.AppendUint32(values, uint32(c.number))
			if err := ids.Put(key, values[len(values)-4:]); err != nil {
				return err
			}
			if prefix, n := tx.ownNumber(c.id); n > highest[prefix] {
				highest[prefix] = n
			}
		}
	}
	numbers := tx.tx.Bucket(bucketNumbers)
	for prefix, n := range highest {
		if before := numbers.Get([]byte(prefix)); before != nil && binary.BigEndian.Uint64(before) >= n {
			continue
		}
		if err := numbers.Put([]byte(prefix), binary.BigEndian.AppendUint64(nil, n)); err != nil {
			return err
		}
	}
	return nil
}

// idDigits is how many digits the number in an id has at least.
const idDigits = 6

// ownNumber takes an id that NextID may have made apart; 0 when it is of another shape or agency.
func (r *reader) ownNumber(id string) (prefix string, n uint64) {
	i := len(id)
	for i > 0 && '0' <= id[i-1] && id[i-1] <= '9' {
		i--
	}
	own := len(r.l.agency) + 1
	if digits := len(id) - i; digits < idDigits || digits > 18 || i <= own || id[i-1] != '-' || id[:own-1] != r.l.agency || id[own-1] != '/' {
		return "", 0
	}
	for _, d := range []byte(id[i:]) {
		n = 10*n + uint64(d-'0')
	}
	return id[own : i-1], n
}

// writePlaces learns the names that destinations went by.
func (tx *Tx) writePlaces(names []placeName) error {
	seen := map[placeName]bool{}
	b := tx.tx.Bucket(bucketPlaces)
	for _, n := range names {
		if seen[n] {
			continue
		}
		seen[n] = true
		if key := placeKey(n.name, n.indexed); b.Get(key) == nil {
			if err := b.Put(key, []byte{}); err != nil {
				return err
			}
		}
	}
	return nil
}

func placeKey(name, indexed string) []byte {
	return append(append([]byte(FoldName(name)), 0), indexed...)
}

func (tx *Tx) flushEvents() error {
	if len(tx.events) == 0 {
		return nil
	}
	list, names := make([]entry, 0, 4), map[uint16]string{}
	for _, h := range tx.heads {
		names[h.number] = h.name
	}
	for _, e := range tx.events {
		list = eventEntries(list[:0], names[e.place.journal()], e.kind, e.day)
		tx.deltas.change(e.place, nil, list)
	}
	slices.SortFunc(tx.events, func(x, y eventChange) int { return bytes.Compare(x.id[:], y.id[:]) })
	b := tx.tx.Bucket(bucketEventIDs)
	b.FillPercent = fill
	places := make([]byte, 0, 8*len(tx.events))
	for i := range tx.events {
		if e := &tx.events[i]; e.hasID {
			places = binary.BigEndian.AppendUint64(places, uint64(e.place))
			if err := b.Put(e.id[:], places[len(places)-8:]); err != nil {
				return err
			}
		}
	}
	tx.events = tx.events[:0]
	tx.forgetIDs()
	tx.lastID = nil
	return tx.deltas.write(tx.tx.Bucket(bucketEventPostings))
}

// eventEntries appends what an event is found under.
func eventEntries(list []entry, journal, kind, day string) []entry {
	list = append(list, entry{all, ""}, entry{byJournal, journal}, entry{byKind, kind})
	if day != "" {
		list = append(list, entry{byDay, day})
	}
	return list
}
