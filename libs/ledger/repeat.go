package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// An event that its agency shares more widely afterwards is repeated, under its own id, in the wider group's journal, and
// says where it stands: its origin. It is folded as the event there, whichever of the two comes first, so that its rows are
// of the same journal and have the same numbers in every copy.

// repeating is an event that is folded as the one it repeats: of the same agency, and no part of the directory, which
// everybody reads.
func (h *head) repeating(tx *Tx, e journal.Entry) (*folding, error) {
	origin := e.Event.Origin
	id, err := journal.ParseID(origin.Journal)
	switch {
	case err != nil || id == h.id || origin.Number == 0 || origin.Number >= 1<<placeBits:
		return nil, unappliable(h.id, e, fmt.Sprintf("%q, event %d, is no place that it could repeat", origin.Journal, origin.Number))
	case id.Agency != h.id.Agency:
		return nil, unappliable(h.id, e, "it repeats an event of "+id.Agency)
	case id.Group == Directory.Group || h.id.Group == Directory.Group:
		return nil, unappliable(h.id, e, "what is said in the directory is not repeated")
	case !bytes.Equal(origin.Id, e.Event.Id):
		return nil, unappliable(h.id, e, "its id is not that of the event it repeats")
	}
	return &folding{tx: tx, id: id, journal: origin.Journal, number: origin.Number, event: e.Event}, nil
}

// held is where the event stands already in another journal of its agency, itself or repeated; false when it does not. An
// event that says it is the same and is not is refused.
func (tx *Tx) held(h *head, f *folding, e journal.Entry) (place, bool, error) {
	at, ok := tx.eventPlace([16]byte(e.Event.Id))
	if !ok {
		return 0, false, nil
	}
	name, err := tx.journalName(at.journal())
	if err != nil || agencyOf(name) != f.id.Agency {
		return 0, false, err
	}
	before, err := tx.eventAt(at)
	if err != nil {
		return 0, false, err
	}
	if before == nil && name != h.name {
		return at, true, nil // its content was withdrawn there
	}
	known := &eventv1.Cause{Journal: name, Number: at.number()}
	if before.GetOrigin() != nil {
		known = before.Origin
	}
	switch {
	case known.Journal != f.journal || known.Number != f.number:
		return 0, false, f.refuse("its id is that of event %d of %s", known.Number, known.Journal)
	case before != nil && !same(before, e.Event):
		return 0, false, f.refuse("it is not what is on record as event %d of %s", known.Number, known.Journal)
	}
	return at, true, nil
}

// isParked reports whether the event at a place could not be applied.
func (r *reader) isParked(at place) bool { return r.tx.Bucket(bucketParked).Get(at.key()) != nil }

// mend ends that the event at a place is parked: the same event has been applied where it came from another journal.
func (tx *Tx) mend(at place) error {
	before, err := tx.eventAt(at)
	if err != nil {
		return err
	}
	tx.noteRepeat(at.journal(), at.number(), before)
	return tx.tx.Bucket(bucketParked).Delete(at.key())
}

// same reports whether two events say the same, but for where they stand and the command that recorded them.
func same(a, b *eventv1.Event) bool {
	plain := func(e *eventv1.Event) *eventv1.Event {
		e = proto.CloneOf(e)
		e.Origin, e.Command, e.WideningId = nil, nil, ""
		return e
	}
	return proto.Equal(plain(a), plain(b))
}

// beforeStart reports whether the row was made by repeated events from before this copy of its journal begins: what the
// journal's own events change of it then is incomplete.
func (f *folding) beforeStart(r row) bool {
	first := r.GetEvents()[0]
	if first > f.start {
		return false
	}
	e, err := f.tx.Event(f.id, first)
	return e == nil && err == nil
}

func agencyOf(journal string) string {
	agency, _, _ := strings.Cut(journal, "/")
	return agency
}

// repeat is where an event is repeated.
type repeat struct {
	key []byte
	at  place
}

// repeatKey is the place of an event, by its journal's name, and the number of the journal that it is repeated in.
func repeatKey(origin *eventv1.Cause, in uint16) []byte {
	return binary.BigEndian.AppendUint16(repeatPrefix(origin.Journal, origin.Number), in)
}

func repeatPrefix(journal string, number uint64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(journal), 0), number)
}

// noteRepeat remembers that event number of a journal repeats another, if it does.
func (tx *Tx) noteRepeat(journal uint16, number uint64, e *eventv1.Event) {
	if e.GetOrigin() != nil {
		tx.repeats = append(tx.repeats, repeat{repeatKey(e.Origin, journal), placeOf(journal, number)})
	}
}

func (tx *Tx) flushRepeats() error {
	b := tx.tx.Bucket(bucketRepeats)
	for _, r := range tx.repeats {
		if err := b.Put(r.key, r.at.key()); err != nil {
			return err
		}
	}
	tx.repeats = tx.repeats[:0]
	return nil
}

// RepeatsOf are the events by which one was shared with further groups, in the order in which this ledger came to know
// their journals.
func (v View) RepeatsOf(e *queryv1.RecordedEvent) ([]*queryv1.RecordedEvent, error) {
	return v.repeated(e.GetJournal(), e.GetNumber())
}

func (v View) repeated(journal string, number uint64) (all []*queryv1.RecordedEvent, err error) {
	if err := v.written(); err != nil {
		return nil, err
	}
	prefix := repeatPrefix(journal, number)
	c := v.tx.Bucket(bucketRepeats).Cursor()
	for key, at := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, at = c.Next() {
		e, err := v.event(parsePlace(at))
		if err != nil {
			return nil, err
		}
		if e != nil {
			all = append(all, e)
		}
	}
	return all, nil
}

// eventOrRepeat returns event number of the journal, or where this ledger was not given that, one that repeats it.
func (v View) eventOrRepeat(id journal.ID, number uint64) (*queryv1.RecordedEvent, error) {
	e, err := v.Event(id, number)
	if e != nil || err != nil {
		return e, err
	}
	repeats, err := v.repeated(id.String(), number)
	if len(repeats) == 0 {
		return nil, err
	}
	return repeats[0], nil
}

// eventAt returns the event at a place as it was recorded; nil when its block is not folded yet or its content withdrawn.
func (v View) eventAt(at place) (*eventv1.Event, error) {
	b, err := v.openBlock(at)
	if b == nil || err != nil || len(b.events[at-b.first]) == 0 {
		return nil, err
	}
	return decode(b.events[at-b.first], &eventv1.Event{})
}
