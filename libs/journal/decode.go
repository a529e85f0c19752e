package journal

import (
	"fmt"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// DecodeEntry decodes one event as recorded. A fact of a kind that this program does not know is left nil; one that is
// not what its kind says is an error. What the entry has of bytes may be parts of raw, which belongs to it.
func DecodeEntry(number uint64, raw []byte) (Entry, error) { return newDecoding(1).entry(number, raw) }

// decoding makes the entries of a block, and takes the memory that each needs from what it took for all.
type decoding struct {
	events []eventv1.Event
	times  []timestamppb.Timestamp
}

func newDecoding(n int) *decoding {
	return &decoding{make([]eventv1.Event, n), make([]timestamppb.Timestamp, 2*n)}
}

// entry decodes one of the events that the decoding was made for.
func (d *decoding) entry(number uint64, raw []byte) (Entry, error) {
	e := Entry{Number: number, Raw: raw, Event: &d.events[0]}
	at := d.times[:2]
	d.events, d.times = d.events[1:], d.times[2:]
	if !readPlain(e.Event, raw, at) {
		e.Event = &eventv1.Event{}
		if err := proto.Unmarshal(raw, e.Event); err != nil {
			return Entry{}, fmt.Errorf("event %d is not an event: %w", number, err)
		}
	}
	kind := kinds()[e.Event.Kind]
	if kind == nil {
		return e, nil // newer than this program: kept aside and counted by the ledger
	}
	fact := kind.New().Interface()
	if err := proto.Unmarshal(e.Event.Fact, fact); err != nil {
		return Entry{}, fmt.Errorf("event %d is not a %s: %w", number, e.Event.Kind, err)
	}
	e.Fact = fact
	return e, nil
}

// kinds are the messages that a fact may be, by their full names.
var kinds = sync.OnceValue(func() map[string]protoreflect.MessageType {
	all := map[string]protoreflect.MessageType{}
	protoregistry.GlobalTypes.RangeMessages(func(m protoreflect.MessageType) bool {
		all[string(m.Descriptor().FullName())] = m
		return true
	})
	return all
})

// readPlain reads an event that has an id, a salt, both times, a known kind and a fact, in this order, and nothing else, as
// an event that was recorded without further particulars has: without copying any of it, and in a third of the time. It
// reports false of any other, which is to be decoded in full.
func readPlain(e *eventv1.Event, raw []byte, at []timestamppb.Timestamp) bool {
	for _, want := range [...]protowire.Number{1, 2, 3, 4, 10, 11} {
		field, kind, n := protowire.ConsumeTag(raw)
		if field != want || kind != protowire.BytesType {
			return false
		}
		value, m := protowire.ConsumeBytes(raw[n:])
		if m <= 0 || len(value) == 0 {
			return false
		}
		raw, value = raw[n+m:], value[:len(value):len(value)]
		switch field {
		case 1:
			e.Id = value
		case 2:
			e.Salt = value
		case 3:
			e.OccurredAt = &at[0]
			if proto.Unmarshal(value, e.OccurredAt) != nil {
				return false
			}
		case 4:
			e.RecordedAt = &at[1]
			if proto.Unmarshal(value, e.RecordedAt) != nil {
				return false
			}
		case 10:
			m := kinds()[string(value)]
			if m == nil {
				return false
			}
			e.Kind = string(m.Descriptor().FullName())
		case 11:
			e.Fact = value
		}
	}
	return len(raw) == 0
}
