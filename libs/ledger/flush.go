package ledger

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// fill is how full a page is packed where keys come in rising order.
const fill = 0.95

// flush writes what is in memory to bbolt, keys in order. A transaction whose flush failed can only be rolled back.
func (tx *Tx) flush() error {
	if tx.err != nil {
		return tx.err
	}
	for _, t := range tables {
		if len(tx.tables[t.slot].pending) > 0 && tx.err == nil {
			tx.err = tx.flushTable(t)
		}
	}
	if len(tx.events) > 0 && tx.err == nil {
		tx.err = tx.flushEvents()
	}
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

type numbered struct {
	id string
	*pending
}

func (tx *Tx) flushTable(t *table) error {
	changes, b := &tx.tables[t.slot], tx.of(t)
	changed := make([]numbered, 0, len(changes.pending))
	for id, p := range changes.pending {
		changed = append(changed, numbered{id, p})
	}
	slices.SortFunc(changed, func(x, y numbered) int { return cmp.Compare(x.number, y.number) })

	b.rows.FillPercent = fill
	deltas, x := deltas{}, entries{}
	for _, c := range changed {
		x.list = x.list[:0]
		key := rowKey(c.number)
		if c.row == nil {
			if !c.stored {
				continue // came and went
			}
			if err := b.rows.Delete(key); err != nil {
				return err
			}
		} else {
			t.entriesOf(c.row, &x)
			raw, err := encode(nil, c.row)
			if err != nil {
				return err
			}
			if err := b.rows.Put(key, raw); err != nil {
				return err
			}
		}
		deltas.change(c.number, c.was, x.list)
	}
	if changes.next > 0 {
		if err := b.rows.SetSequence(uint64(changes.next) - 1); err != nil {
			return err
		}
	}
	if err := tx.writeIDs(b.ids, changed); err != nil {
		return err
	}
	if err := errors.Join(deltas.write(b.postings), tx.writePlaces(x.places)); err != nil {
		return err
	}
	clear(changes.pending)
	changes.last = nil
	return nil
}

func (tx *Tx) writeIDs(ids *bolt.Bucket, changed []numbered) error {
	slices.SortFunc(changed, func(x, y numbered) int { return strings.Compare(x.id, y.id) })
	highest := map[string]uint64{}
	ids.FillPercent = fill
	for _, c := range changed {
		switch {
		case c.row == nil && c.stored:
			if err := ids.Delete([]byte(c.id)); err != nil {
				return err
			}
		case c.row != nil && !c.stored:
			if err := ids.Put([]byte(c.id), rowKey(c.number)); err != nil {
				return err
			}
			if prefix, n := tx.ownNumber(c.id); n > 0 {
				highest[prefix] = max(highest[prefix], n)
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
	rest, ok := strings.CutPrefix(id, r.l.agency+"/")
	i := strings.LastIndexByte(rest, '-')
	if !ok || i < 0 || len(rest)-i-1 < idDigits || rest[i+1] < '0' || rest[i+1] > '9' {
		return "", 0
	}
	n, err := strconv.ParseUint(rest[i+1:], 10, 62)
	if err != nil {
		return "", 0
	}
	return rest[:i], n
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
	deltas, list, names := deltas{}, make([]entry, 0, 4), map[uint16]string{}
	for _, h := range tx.heads {
		names[h.number] = h.name
	}
	for _, e := range tx.events {
		list = append(list[:0], entry{all, ""}, entry{byJournal, names[e.place.journal()]}, entry{byKind, e.kind})
		if e.year != "" {
			list = append(list, entry{byYear, e.year})
		}
		deltas.change(e.place, nil, list)
	}
	slices.SortFunc(tx.events, func(x, y eventChange) int { return bytes.Compare(x.id[:], y.id[:]) })
	b := tx.tx.Bucket(bucketEventIDs)
	b.FillPercent = fill
	for i := range tx.events {
		if e := &tx.events[i]; e.hasID {
			if err := b.Put(e.id[:], e.place.key()); err != nil {
				return err
			}
		}
	}
	tx.events = tx.events[:0]
	clear(tx.ids)
	return deltas.write(tx.tx.Bucket(bucketEventPostings))
}

// deltas are changes to postings, by chunk.
type deltas map[uint32]map[entry]*delta

type delta struct{ added, removed []uint16 }

// change moves a place from what it was found under to what it is found under now.
func (d deltas) change(p place, was, is []entry) {
	chunk := d[p.chunk()]
	if chunk == nil {
		chunk = map[entry]*delta{}
		d[p.chunk()] = chunk
	}
	of := func(e entry) *delta {
		x := chunk[e]
		if x == nil {
			x = &delta{}
			chunk[e] = x
		}
		return x
	}
	for _, e := range is {
		if len(was) == 0 || !slices.Contains(was, e) {
			x := of(e)
			x.added = append(x.added, uint16(p))
		}
	}
	for _, e := range was {
		if !slices.Contains(is, e) {
			x := of(e)
			x.removed = append(x.removed, uint16(p))
		}
	}
}

func (d deltas) write(b *bolt.Bucket) error {
	type change struct {
		key []byte
		*delta
	}
	var scratch set
	for _, chunk := range sortedKeys(d) {
		changes := make([]change, 0, len(d[chunk]))
		for e, x := range d[chunk] {
			changes = append(changes, change{postingKey(chunk, e.attribute, e.value), x})
		}
		slices.SortFunc(changes, func(x, y change) int { return bytes.Compare(x.key, y.key) })
		for _, c := range changes {
			merged := merge(b.Get(c.key), c.added, c.removed, &scratch)
			if merged == nil {
				if err := b.Delete(c.key); err != nil {
					return err
				}
			} else if err := b.Put(c.key, merged); err != nil {
				return err
			}
		}
	}
	return nil
}
