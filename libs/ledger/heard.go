package ledger

import (
	"bytes"
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/journal"
)

// EntriesOfKind returns up to limit events of one kind that stand after event number after of a journal, in order.
func (v View) EntriesOfKind(id journal.ID, kind protoreflect.FullName, after uint64, limit int) ([]journal.Entry, error) {
	position, err := v.Position(id)
	if err != nil || position == nil {
		return nil, err
	}
	shelf, err := v.eventShelf()
	if err != nil {
		return nil, err
	}
	n, _ := v.journal(id.String())
	start := placeOf(n, after+1)
	var entries []journal.Entry
	for chunk := start.chunk(); chunk <= placeOf(n, position.Events).chunk() && len(entries) < limit; chunk++ {
		var matched set
		matched.addPosting(shelf.postings.Get(postingKey(chunk, byKind, string(kind))))
		from := uint32(0)
		if chunk == start.chunk() {
			from = uint32(uint16(start))
		}
		matched.each(from, func(low uint16) bool {
			var e journal.Entry
			if e, err = v.entry(place(chunk)<<16 | place(low)); err == nil {
				entries = append(entries, e)
			}
			return err == nil && len(entries) < limit
		})
		if err != nil {
			return nil, fmt.Errorf("read %s of %s: %w", kind, id, err)
		}
	}
	return entries, nil
}

// entry decodes the event at a place. Its bytes are a copy.
func (v View) entry(at place) (journal.Entry, error) {
	b, err := v.openBlock(at)
	if err != nil {
		return journal.Entry{}, err
	}
	if b == nil {
		return journal.Entry{}, fmt.Errorf("event %d is indexed and in no block", at.number())
	}
	return journal.DecodeEntry(at.number(), bytes.Clone(b.events[at-b.first]))
}

// LastCommand returns the highest idempotency key of this agency that starts with prefix; empty when there is none.
func (v View) LastCommand(prefix string) (string, error) {
	if err := v.written(); err != nil {
		return "", err
	}
	own := []byte(v.l.agency + "/")
	full := append(bytes.Clone(own), prefix...)
	c := v.of(commands.table).ids.Cursor()
	k, _ := c.Seek(append(bytes.Clone(full), 0xff))
	if k == nil {
		k, _ = c.Last()
	} else {
		k, _ = c.Prev()
	}
	if !bytes.HasPrefix(k, full) {
		return "", nil
	}
	return string(k[len(own):]), nil
}
