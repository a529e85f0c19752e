package web

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// An event that is shown with another person, time or kind than its bytes have is not what was recorded.
func TestWhatIsShownIsWhatTheBytesSay(t *testing.T) {
	at := timestamppb.New(timestamppb.Now().AsTime())
	raw, err := proto.Marshal(&eventv1.Event{Kind: "a.B", OccurredAt: at, RecordedAt: at, Officer: &eventv1.Officer{Role: "officer", Person: "p-1"}})
	if err != nil {
		t.Fatal(err)
	}
	shown := func(change func(*queryv1.RecordedEvent)) *queryv1.RecordedEvent {
		e := &queryv1.RecordedEvent{Kind: "a.B", OccurredAt: proto.CloneOf(at), RecordedAt: proto.CloneOf(at), Officer: &eventv1.Officer{Role: "officer", Person: "p-1"}, Raw: raw}
		change(e)
		return e
	}
	if !says(raw, shown(func(*queryv1.RecordedEvent) {})) {
		t.Error("what was recorded is not taken for what is shown")
	}
	for what, change := range map[string]func(*queryv1.RecordedEvent){
		"another person": func(e *queryv1.RecordedEvent) { e.Officer.Person = "p-2" },
		"nobody":         func(e *queryv1.RecordedEvent) { e.Officer = nil },
		"another time":   func(e *queryv1.RecordedEvent) { e.RecordedAt.Nanos++ },
		"another day":    func(e *queryv1.RecordedEvent) { e.OccurredAt.Seconds += 86400 },
		"another kind":   func(e *queryv1.RecordedEvent) { e.Kind = "a.C" },
		"other bytes":    func(e *queryv1.RecordedEvent) { e.Raw = append([]byte{8, 1}, raw...) },
	} {
		if says(raw, shown(change)) {
			t.Errorf("%s: taken for what was recorded", what)
		}
	}
}
