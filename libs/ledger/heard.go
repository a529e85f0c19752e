package ledger

import (
	"bytes"
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/journal"
)

// EntriesOfKind returns up to limit events of one kind that stand after event number after of a journal, in order. Those whose
// block is not written yet are left out.
func (v View) EntriesOfKind(id journal.ID, kind protoreflect.FullName, after uint64, limit int) ([]journal.Entry, error) {
	var entries []journal.Entry
	err := v.eachOfKind(id, kind, after, func(at place) error {
		if len(entries) == limit {
			return errStop
		}
		e, err := v.entry(at)
		entries = append(entries, e)
		return err
	})
	return entries, err
}

// eachOfKind calls fn with the place of every event of one kind that stands after event number after of a journal, in order,
// until fn returns an error; errStop ends it without one. Those whose block is not written yet are left out.
func (v View) eachOfKind(id journal.ID, kind protoreflect.FullName, after uint64, fn func(place) error) error {
	if err := v.written(); err != nil {
		return err
	}
	position, err := v.Position(id)
	if err != nil || position == nil {
		return err
	}
	shelf, err := v.eventShelf()
	if err != nil {
		return err
	}
	n, _ := v.journal(id.String())
	start, end := placeOf(n, after+1), placeOf(n, position.Events)
	for chunk := start.chunk(); chunk <= end.chunk(); chunk++ {
		var matched set
		matched.addPosting(shelf.postings.Get(postingKey(chunk, byKind, string(kind))))
		from := uint32(0)
		if chunk == start.chunk() {
			from = uint32(uint16(start))
		}
		matched.each(from, func(low uint16) bool {
			at := place(chunk)<<16 | place(low)
			if at <= end {
				err = fn(at)
			}
			return err == nil && at < end
		})
		switch err {
		case nil:
		case errStop:
			return nil
		default:
			return fmt.Errorf("read %s of %s: %w", kind, id, err)
		}
	}
	return nil
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
