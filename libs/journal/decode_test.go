package journal_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// Whatever an event has, and however its bytes were damaged, it decodes to what the wire format says of it.
func TestEventsDecodeAsTheWireFormatSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := drawEvent(t)
		switch rapid.IntRange(0, 3).Draw(t, "damage") {
		case 0:
			raw[rapid.IntRange(0, len(raw)-1).Draw(t, "at")] ^= byte(1 << rapid.IntRange(0, 7).Draw(t, "bit"))
		case 1:
			raw = append(raw, drawEvent(t)...)
		case 2:
			raw = raw[:rapid.IntRange(0, len(raw)).Draw(t, "cut")]
		}
		want := &eventv1.Event{}
		wantErr := proto.Unmarshal(raw, want)
		got, err := journal.DecodeEntry(1, raw)
		switch {
		case wantErr != nil && err == nil:
			t.Fatalf("decoded %x, which is no event: %v", raw, wantErr)
		case wantErr == nil && err == nil && !proto.Equal(got.Event, want):
			t.Fatalf("decoded %v, want %v", got.Event, want)
		case wantErr == nil && err == nil && (got.Fact != nil) != (want.Kind == kindOfFact):
			t.Fatalf("fact %v of kind %q", got.Fact, want.Kind)
		}
	})
}

var kindOfFact = string((&licensingv1.LicenceSuspended{}).ProtoReflect().Descriptor().FullName())

func drawEvent(t *rapid.T) []byte {
	maybe := rapid.Bool()
	e := &eventv1.Event{Kind: kindOfFact, Id: []byte("0123456789abcdef"), Salt: []byte("fedcba9876543210")}
	if maybe.Draw(t, "dated") {
		e.OccurredAt, e.RecordedAt = timestamppb.New(time.Unix(1_700_000_000, 1)), &timestamppb.Timestamp{Seconds: rapid.Int64().Draw(t, "seconds"), Nanos: rapid.Int32().Draw(t, "nanos")}
	}
	if maybe.Draw(t, "of a fact") {
		e.Fact, _ = proto.Marshal(&licensingv1.LicenceSuspended{LicenceId: "licensing/L-1", Reason: rapid.String().Draw(t, "reason")})
	}
	if maybe.Draw(t, "particular") {
		e.Officer, e.Purpose = &eventv1.Officer{Role: "officer"}, "ATT 7(7)"
		e.Causes = append(e.Causes, &eventv1.Cause{Journal: "licensing/all", Number: 1})
	}
	if maybe.Draw(t, "unknown") {
		e.Kind = rapid.String().Draw(t, "kind")
	}
	raw, err := proto.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
