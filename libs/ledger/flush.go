package ledger

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
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
	if len(tx.repeats) > 0 && tx.err == nil {
		tx.err = tx.flushRepeats()
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

func (tx *Tx) flushTable(t *table) error {
	changes, b := &tx.tables[t.slot], tx.of(t)
	changed := changes.order
	slices.SortFunc(changed, func(x, y *pending) int { return cmp.Compare(x.number, y.number) })

	b.rows.FillPercent = fill
	x, key := entries{}, make([]byte, 0, 4)
	for _, c := range changed {
		x.list = x.list[:0]
		key = binary.BigEndian.AppendUint32(key[:0], uint32(c.number))
		if c.row == nil {
			if !c.stored {
				continue // came and went
			}
			if err := b.rows.Delete(key); err != nil {
				return err
			}
		} else {
			t.entriesOf(c.row, &x)
			raw, err := tx.arena.encode(c.row)
			if err != nil {
				return err
			}
			if err := b.rows.Put(key, raw); err != nil {
				return err
			}
		}
		tx.deltas.change(c.number, c.was, x.list)
	}
	if changes.next > 0 {
		if err := b.rows.SetSequence(uint64(changes.next) - 1); err != nil {
			return err
		}
	}
	if err := tx.writeIDs(b.ids, changed); err != nil {
		return err
	}
	if err := errors.Join(tx.deltas.write(b.postings), tx.writePlaces(x.places), tx.writeNames(x.names)); err != nil {
		return err
	}
	next := changes.next
	changes.clear()
	changes.next = next
	return nil
}

func (tx *Tx) writeIDs(ids *bolt.Bucket, changed []*pending) error {
	slices.SortFunc(changed, func(x, y *pending) int { return strings.Compare(x.id, y.id) })
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
	list, names := make([]entry, 0, 4), map[uint16]string{}
	for _, h := range tx.heads {
		names[h.number] = h.name
	}
	for _, e := range tx.events {
		list = eventEntries(list[:0], names[e.place.journal()], e.kind, e.year)
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
func eventEntries(list []entry, journal, kind, year string) []entry {
	list = append(list, entry{all, ""}, entry{byJournal, journal}, entry{byKind, kind})
	if year != "" {
		list = append(list, entry{byYear, year})
	}
	return list
}

// deltas are changes to postings, by chunk.
type deltas struct {
	chunks map[uint32]*chunkDeltas
	slab   slab[delta]
	// recent is the delta of each attribute that was last added to, in one chunk: rows that come together share much.
	recent      [attributeCount]*delta
	recentChunk uint32
}

// chunkDeltas are by attribute, then by value.
type chunkDeltas [attributeCount]map[string]*delta

type delta struct {
	value          string
	added, removed []uint16
	few            [4]uint16 // room for the first ones added: most values are rare
}

func newDeltas() deltas { return deltas{chunks: map[uint32]*chunkDeltas{}} }

func (d *deltas) clear() {
	for chunk, changes := range d.chunks {
		if len(d.chunks) > 4 {
			delete(d.chunks, chunk)
			continue
		}
		for _, values := range changes {
			clear(values)
		}
	}
	d.slab.reset()
	d.recent = [attributeCount]*delta{}
}

// change moves a place from what it was found under to what it is found under now.
func (d *deltas) change(p place, was, is []entry) {
	before, now := membership(was), membership(is)
	for _, e := range is {
		if len(was) == 0 || !before(e) {
			x := d.of(p.chunk(), e)
			x.added = append(x.added, uint16(p))
		}
	}
	for _, e := range was {
		if !now(e) {
			x := d.of(p.chunk(), e)
			x.removed = append(x.removed, uint16(p))
		}
	}
}

// fewEntries is up to how many entries a list is looked through; of more, as of a declaration with serials, a set is made.
const fewEntries = 32

// membership reports whether a list has an entry.
func membership(list []entry) func(entry) bool {
	if len(list) <= fewEntries {
		return func(e entry) bool { return slices.Contains(list, e) }
	}
	has := make(map[entry]bool, len(list))
	for _, e := range list {
		has[e] = true
	}
	return func(e entry) bool { return has[e] }
}

func (d *deltas) of(chunk uint32, e entry) *delta {
	if d.recentChunk != chunk {
		d.recent, d.recentChunk = [attributeCount]*delta{}, chunk
	}
	if x := d.recent[e.attribute]; x != nil && x.value == e.value {
		return x
	}
	changes := d.chunks[chunk]
	if changes == nil {
		changes = &chunkDeltas{}
		d.chunks[chunk] = changes
	}
	x := changes[e.attribute][e.value]
	if x == nil {
		x = d.slab.new()
		x.value, x.added = e.value, x.few[:0]
		if changes[e.attribute] == nil {
			changes[e.attribute] = map[string]*delta{}
		}
		changes[e.attribute][e.value] = x
	}
	d.recent[e.attribute] = x
	return x
}

// write merges the changes into the postings, keys in order, and forgets them.
func (d *deltas) write(b *bolt.Bucket) error {
	var scratch set
	var key []byte
	var changes []*delta
	c := b.Cursor() // seeking again with one cursor spares its memory
	for _, chunk := range sortedKeys(d.chunks) {
		for a, values := range d.chunks[chunk] {
			changes = changes[:0]
			for _, x := range values {
				changes = append(changes, x)
			}
			slices.SortFunc(changes, func(x, y *delta) int { return strings.Compare(x.value, y.value) })
			for _, x := range changes {
				key = appendPostingKey(key[:0], chunk, attribute(a), x.value)
				k, kept := c.Seek(key)
				if !bytes.Equal(k, key) {
					kept = nil
				}
				merged := merge(kept, x.added, x.removed, &scratch)
				if merged == nil {
					if err := b.Delete(key); err != nil {
						return err
					}
				} else if err := b.Put(key, merged); err != nil {
					return err
				}
			}
		}
	}
	d.clear()
	return nil
}
