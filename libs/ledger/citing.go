package ledger

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/journal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Fields of an event that say what it rests on and whether it repeats another.
const (
	eventCauses protowire.Number = 8
	eventOrigin protowire.Number = 12
)

// EachCiting calls fn with every event of a kind in a journal that names causes, in order: when its block was written, and
// the causes. An event that repeats another is left out, and so is one that was withdrawn or whose block is not written yet.
func (v View) EachCiting(id journal.ID, kind protoreflect.FullName, fn func(written time.Time, causes []*eventv1.Cause) error) error {
	return v.eachOfKind(id, kind, 0, func(at place) error {
		b, err := v.openBlock(at)
		if b == nil || err != nil {
			return err
		}
		causes, err := causesOf(b.events[at-b.first])
		if len(causes) == 0 || err != nil {
			return err
		}
		return fn(b.header.GetRecordedAt().AsTime(), causes)
	})
}

// causesOf reads an event's causes off the wire; none where it repeats another.
func causesOf(raw []byte) (causes []*eventv1.Cause, err error) {
	err = eachField(raw, func(field protowire.Number, value []byte) error {
		switch field {
		case eventOrigin:
			causes = nil
			return errStop
		case eventCauses:
			c, err := decode(value, &eventv1.Cause{})
			causes = append(causes, c)
			return err
		}
		return nil
	})
	if err == errStop {
		err = nil
	}
	return causes, err
}

// Cited returns the event that a cause points at, or one that repeats it where this ledger was not given that; nil when it
// has neither, when the event was withdrawn, and when another stands there.
func (v View) Cited(c *eventv1.Cause) (*queryv1.RecordedEvent, error) {
	id, err := journal.ParseID(c.GetJournal())
	if err != nil {
		return nil, nil
	}
	e, err := v.eventOrRepeat(id, c.GetNumber())
	if err != nil {
		return nil, fmt.Errorf("read event %d of %s: %w", c.GetNumber(), id, err)
	}
	if e.GetId() != formatUUID(c.GetId()) {
		return nil, nil
	}
	return e, nil
}

// Made returns the events of these kinds that made or changed a row, in the order of its journal. Those that were withdrawn,
// and those whose block is not written yet, are passed over.
func (v View) Made(r interface {
	GetJournal() string
	GetEvents() []uint64
}, kinds ...proto.Message) (events []*queryv1.RecordedEvent, err error) {
	if len(r.GetEvents()) == 0 {
		return nil, nil
	}
	id, err := journal.ParseID(r.GetJournal())
	if err != nil {
		return nil, err
	}
	for _, number := range r.GetEvents() {
		e, err := v.eventOrRepeat(id, number)
		if err != nil {
			return nil, fmt.Errorf("read event %d of %s: %w", number, id, err)
		}
		if slices.ContainsFunc(kinds, func(k proto.Message) bool { return e.GetKind() == string(k.ProtoReflect().Descriptor().FullName()) }) {
			events = append(events, e)
		}
	}
	return events, nil
}
