package citations

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Most is how many events a decision cites at most.
const Most = 50

// Choose returns pointers at the events that a decision cites of those that it rests on: each once, at most Most. When there
// are more, the newest of each kind come first, then the second newest of each, and so on. The result depends on the events
// alone, not on their order; it is ordered by journal and number. Nil events and those without an id are passed over.
func Choose(events []*queryv1.RecordedEvent) []*eventv1.Cause {
	events = slices.Clone(events)
	slices.SortFunc(events, newestFirst)
	ranks, seen := map[string]int{}, map[uuid.UUID]bool{}
	type candidate struct {
		cause *eventv1.Cause
		kind  string
		rank  int
	}
	var all []candidate
	for _, e := range events {
		id, err := uuid.Parse(e.GetId())
		if err != nil || seen[id] {
			continue
		}
		seen[id] = true
		ranks[e.GetKind()]++
		all = append(all, candidate{&eventv1.Cause{Journal: e.GetJournal(), Number: e.GetNumber(), Id: id[:]}, e.GetKind(), ranks[e.GetKind()]})
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.kind, b.kind)) })
	var causes []*eventv1.Cause
	for _, c := range all[:min(len(all), Most)] {
		causes = append(causes, c.cause)
	}
	slices.SortFunc(causes, func(a, b *eventv1.Cause) int {
		return cmp.Or(cmp.Compare(a.GetJournal(), b.GetJournal()), cmp.Compare(a.GetNumber(), b.GetNumber()))
	})
	return causes
}

func newestFirst(a, b *queryv1.RecordedEvent) int {
	return cmp.Or(b.GetRecordedAt().AsTime().Compare(a.GetRecordedAt().AsTime()), cmp.Compare(a.GetJournal(), b.GetJournal()), cmp.Compare(b.GetNumber(), a.GetNumber()))
}
