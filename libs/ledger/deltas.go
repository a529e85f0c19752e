package ledger

import (
	"bytes"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
)

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
	if len(was) == 0 {
		for _, e := range is {
			d.add(p, e)
		}
		return
	}
	before, now := membership(was), membership(is)
	for _, e := range is {
		if !before(e) {
			d.add(p, e)
		}
	}
	for _, e := range was {
		if !now(e) {
			x := d.of(p.chunk(), e)
			x.removed = append(x.removed, uint16(p))
		}
	}
}

func (d *deltas) add(p place, e entry) {
	x := d.of(p.chunk(), e)
	x.added = append(x.added, uint16(p))
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
		if d.chunks == nil {
			d.chunks = map[uint32]*chunkDeltas{}
		}
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

// postingChange is what changes in one posting.
type postingChange struct {
	chunk     uint32
	attribute attribute
	*delta
}

// inOrder appends the changes in the order of their keys.
func (d *deltas) inOrder(to []postingChange) []postingChange {
	for _, chunk := range sortedKeys(d.chunks) {
		for a, values := range d.chunks[chunk] {
			first := len(to)
			for _, x := range values {
				to = append(to, postingChange{chunk, attribute(a), x})
			}
			slices.SortFunc(to[first:], func(x, y postingChange) int { return strings.Compare(x.value, y.value) })
		}
	}
	return to
}

// write merges the changes into the postings and forgets them.
func (d *deltas) write(b *bolt.Bucket) error {
	err := writePostings(b, d.inOrder(nil))
	d.clear()
	return err
}

// writePostings merges changes, in the order of their keys, into the postings.
func writePostings(b *bolt.Bucket, changes []postingChange) error {
	var scratch set
	var key []byte
	c := b.Cursor() // seeking again with one cursor spares its memory
	for _, x := range changes {
		key = appendPostingKey(key[:0], x.chunk, x.attribute, x.value)
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
	return nil
}
