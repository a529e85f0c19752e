package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
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
	return &folding{tx: tx, id: id, journal: origin.Journal, number: origin.Number, event: e.Event, start: h.start, in: h.number}, nil
}

// held is where the event stands already in another journal of its agency, itself or repeated; false when it does not. An
// event that says it is the same and is not is refused.
func (tx *Tx) held(h *head, f *folding, e journal.Entry) (place, bool, error) {
	at, ok := tx.eventPlace([16]byte(e.Event.Id))
	if !ok {
		return 0, false, nil
	}
	name, err := tx.journalName(at.journal())
	if err != nil || AgencyOf(name) != f.id.Agency {
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

// mend ends that the event at a place is parked, there and where else it is: the same event has been applied where it came
// from another journal. Commands are kept as they would have been, had the events come second.
func (tx *Tx) mend(at place) error {
	p, err := decode(tx.tx.Bucket(bucketParked).Get(at.key()), &ledgerv1.ParkedEvent{})
	if err != nil {
		return err
	}
	places := []place{at}
	for _, also := range p.Also {
		n, _ := tx.journal(also.Journal)
		places = append(places, placeOf(n, also.Number))
	}
	for _, at := range places {
		if err := tx.mendOne(at); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) mendOne(at place) error {
	name, err := tx.journalName(at.journal())
	if err != nil {
		return err
	}
	id, err := journal.ParseID(name)
	if err != nil {
		return err
	}
	e, err := tx.eventAt(at)
	if err != nil {
		return err
	}
	if e != nil {
		f := &folding{tx: tx, id: id, journal: name, number: at.number(), event: e}
		if err := f.commandAgain(); err != nil {
			return err
		}
		tx.noteRepeat(at.journal(), at.number(), e)
	}
	return tx.tx.Bucket(bucketParked).Delete(at.key())
}

// commandAgain keeps the command of an event whose rows are there already. A key that is another event's stays so.
func (f *folding) commandAgain() error {
	err := f.command()
	if why := (*Unappliable)(nil); errors.As(err, &why) {
		return nil
	}
	return err
}

// parkedAs is where the same event is parked already, in another journal of its agency; false when it is not.
func (tx *Tx) parkedAs(h *head, e journal.Entry) (place, bool, error) {
	var at place
	f, err := h.folding(tx, e)
	held := false
	if err == nil {
		at, held, err = tx.held(h, f, e)
	}
	if why := (*Unappliable)(nil); errors.As(err, &why) {
		return 0, false, nil // it is not the same
	}
	return at, held && tx.isParked(at), err
}

// parkAlso notes that an event that is parked at a place is parked as this one too.
func (tx *Tx) parkAlso(at place, h *head, e journal.Entry) error {
	b := tx.tx.Bucket(bucketParked)
	p, err := decode(b.Get(at.key()), &ledgerv1.ParkedEvent{})
	if err != nil {
		return err
	}
	p.Also = append(p.Also, &eventv1.Cause{Journal: h.name, Number: e.Number, Id: e.Event.GetId()})
	raw, err := encode(nil, p)
	if err != nil {
		return err
	}
	return b.Put(at.key(), raw)
}

// parkedAlso reports whether the event at a place is parked as the one at another is.
func (v View) parkedAlso(at place, as place, name string) (bool, error) {
	raw := v.tx.Bucket(bucketParked).Get(as.key())
	if raw == nil {
		return false, nil
	}
	p, err := decode(raw, &ledgerv1.ParkedEvent{})
	return slices.ContainsFunc(p.GetAlso(), func(c *eventv1.Cause) bool { return c.Journal == name && c.Number == at.number() }), err
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

// beforeStart reports whether the copy of the journal that the event came in begins after the row does, which other
// journals brought: what it changes of the row is then incomplete, until another brings that too.
func (f *folding) beforeStart(r row) bool {
	first := r.GetEvents()[0]
	switch {
	case f.start == 0:
		return false
	case f.event.Origin != nil:
		return !f.tx.repeatedIn(&eventv1.Cause{Journal: f.journal, Number: first}, f.in)
	case first > f.start:
		return false
	}
	e, err := f.tx.Event(f.id, first)
	return e == nil && err == nil
}

// AgencyOf is the agency that an id, or the name of a journal, is of.
func AgencyOf(id string) string {
	agency, _, _ := strings.Cut(id, "/")
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

// repeatedIn reports whether an event is repeated in a journal.
func (tx *Tx) repeatedIn(origin *eventv1.Cause, in uint16) bool {
	key := repeatKey(origin, in)
	return tx.tx.Bucket(bucketRepeats).Get(key) != nil || slices.ContainsFunc(tx.repeats, func(r repeat) bool { return bytes.Equal(r.key, key) })
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

// Repeat returns what repeats events of this agency for a group, in their order, under a widening or none. Those that are
// repeated there already are left out, and those whose content was withdrawn.
func (v View) Repeat(events []*queryv1.RecordedEvent, group, widening string) (facts []proto.Message, err error) {
	for _, e := range events {
		known, err := v.stands(e, group)
		if err != nil {
			return nil, err
		}
		if known || e.Fact == nil {
			continue
		}
		fact, err := repeatFor(e, group, widening)
		if err != nil {
			return nil, err
		}
		facts = append(facts, fact)
	}
	return facts, nil
}

// stands reports whether an event of the agency is in its journal of a group, itself or repeated.
func (v View) stands(e *queryv1.RecordedEvent, group string) (bool, error) {
	in := v.Own(group).String()
	if e.Journal == in {
		return true, nil
	}
	repeats, err := v.RepeatsOf(e)
	return slices.ContainsFunc(repeats, func(r *queryv1.RecordedEvent) bool { return r.Journal == in }), err
}

func repeatFor(e *queryv1.RecordedEvent, group, widening string) (proto.Message, error) {
	recorded := &eventv1.Event{}
	if err := proto.Unmarshal(e.Raw, recorded); err != nil {
		return nil, err
	}
	fact, err := e.Fact.UnmarshalNew()
	if err != nil {
		return nil, err
	}
	recorded.WideningId = widening
	return Dated{
		Message: fact, Group: group, Repeats: recorded, Origin: &eventv1.Cause{Journal: e.Journal, Number: e.Number, Id: recorded.Id},
	}, nil
}
