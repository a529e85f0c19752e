package journal

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// NewEvent fills in what every event has of its own: id, salt, kind and the encoded fact.
func NewEvent(fact proto.Message, occurredAt, recordedAt time.Time) (*eventv1.Event, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make an event id: %w", err)
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(fact)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", fact.ProtoReflect().Descriptor().FullName(), err)
	}
	return &eventv1.Event{
		Id: id[:], Salt: salt, OccurredAt: timestamppb.New(occurredAt), RecordedAt: timestamppb.New(recordedAt),
		Kind: string(fact.ProtoReflect().Descriptor().FullName()), Fact: body,
	}, nil
}

// Record encodes an event, once and for all, as the entry with the given number. fact is what event.Fact encodes.
func Record(number uint64, event *eventv1.Event, fact proto.Message) (Entry, error) {
	raw, err := proto.Marshal(event)
	if err != nil {
		return Entry{}, fmt.Errorf("encode event %d: %w", number, err)
	}
	return Entry{Number: number, Raw: raw, Event: event, Fact: fact}, nil
}
