package citations_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/citations"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

func event(kind string, number int, at time.Time) *queryv1.RecordedEvent {
	return &queryv1.RecordedEvent{
		Journal: "customs/all", Number: uint64(number), Id: uuid.NewSHA1(uuid.Nil, fmt.Append(nil, number)).String(), Kind: kind, RecordedAt: timestamppb.New(at),
	}
}

func numbers(causes []*eventv1.Cause) (all []uint64) {
	for _, c := range causes {
		all = append(all, c.Number)
	}
	return all
}

// Of many events the newest of each kind are cited, and none of a rare kind is crowded out.
func TestChooseTakesTheNewestOfEachKind(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	events := []*queryv1.RecordedEvent{nil, {Id: "no id"}, event("b", 1, began), event("b", 2, began.Add(time.Hour))}
	for i := 3; i <= 100; i++ {
		events = append(events, event("a", i, began.Add(time.Duration(i)*time.Minute)), event("a", i, began))
	}
	want := []uint64{1, 2}
	for n := uint64(53); n <= 100; n++ {
		want = append(want, n)
	}
	if got := numbers(citations.Choose(events)); !slices.Equal(got, want) {
		t.Errorf("cited %v, want %v", got, want)
	}
	if got := citations.Choose(nil); got != nil {
		t.Errorf("nothing to cite came to %v", got)
	}
}

// choosing holds a choice to what it says: bounded, each event once, the same whatever order they come in.
func choosing(t *rapid.T, choose func([]*queryv1.RecordedEvent) []*eventv1.Cause) error {
	n := rapid.IntRange(0, 150).Draw(t, "events")
	events := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) *queryv1.RecordedEvent {
		n := rapid.IntRange(1, 90).Draw(t, "number")
		return event(fmt.Sprint("kind ", n%3), n, time.Unix(int64(n%7), 0))
	}), n, n).Draw(t, "events")
	got, other := choose(events), choose(rapid.Permutation(events).Draw(t, "other order"))
	distinct := map[string]bool{}
	for _, e := range events {
		distinct[e.Id] = true
	}
	if len(got) != min(len(distinct), citations.Most) {
		return fmt.Errorf("%d of %d events are cited", len(got), len(distinct))
	}
	if !slices.EqualFunc(got, other, func(a, b *eventv1.Cause) bool { return proto.Equal(a, b) }) {
		return fmt.Errorf("another order gave %v instead of %v", numbers(other), numbers(got))
	}
	all := numbers(got)
	if slices.Sort(all); len(slices.Compact(all)) != len(got) {
		return fmt.Errorf("an event is cited twice: %v", got)
	}
	return nil
}

func TestChoose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := choosing(t, citations.Choose); err != nil {
			t.Fatal(err)
		}
	})
}

func TestChooseCatchesMutants(t *testing.T) {
	for name, mutant := range map[string]func([]*queryv1.RecordedEvent) []*eventv1.Cause{
		"the first that come": func(events []*queryv1.RecordedEvent) []*eventv1.Cause {
			return citations.Choose(events[:min(len(events), citations.Most)])
		},
		"one too many": func(events []*queryv1.RecordedEvent) []*eventv1.Cause {
			return append(citations.Choose(events), &eventv1.Cause{Number: 1000})
		},
	} {
		wrong := rapid.Custom(func(t *rapid.T) bool { return choosing(t, mutant) != nil })
		caught := false
		for seed := 0; seed < 300 && !caught; seed++ {
			caught = wrong.Example(seed)
		}
		if !caught {
			t.Errorf("%s: 300 draws did not catch it", name)
		}
	}
}
