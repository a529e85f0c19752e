package lineage

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// place is where an event stands.
type place struct {
	journal string
	number  uint64
}

func (p place) String() string { return p.journal + "/" + strconv.FormatUint(p.number, 10) }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.journal, q.journal), cmp.Compare(p.number, q.number))
}

// event is one behind a report, where this ledger has it: an event that it was not given itself stands where it is repeated.
type event struct {
	place
	recorded *queryv1.RecordedEvent // nil where the content was withdrawn
	fact     proto.Message
}

// read decodes the event's fact, once; nil where there is none that this program knows.
func (e *event) read() (proto.Message, error) {
	if e.fact != nil || e.recorded.GetFact() == nil {
		return e.fact, nil
	}
	fact, err := e.recorded.GetFact().UnmarshalNew()
	if err != nil {
		return nil, fmt.Errorf("read event %s: %w", e.place, err)
	}
	e.fact = fact
	return fact, nil
}

// events are those behind contributions, by where the contributions say that they stand.
type events map[place]*event

// of are the events of a contribution, in the order that it names them.
func (found events) of(c *reportingv1.Contribution) []*event {
	list := make([]*event, len(c.GetEvents()))
	for i, n := range c.GetEvents() {
		list[i] = found[place{c.GetJournal(), n}]
	}
	return list
}

// readEvents reads places, each once and in order, as far as a report's extents go: a block is opened once.
func readEvents(view ledger.View, extents map[string]*reportingv1.Extent, wanted map[place]bool) (events, error) {
	found := events{}
	for _, p := range slices.SortedFunc(maps.Keys(wanted), place.compare) {
		e, err := readEvent(view, extents, p)
		if err != nil {
			return nil, err
		}
		found[p] = e
	}
	return found, nil
}

func readEvent(view ledger.View, extents map[string]*reportingv1.Extent, p place) (*event, error) {
	id, err := journal.ParseID(p.journal)
	if err != nil {
		return nil, err
	}
	recorded, err := view.Event(id, p.number)
	if err != nil {
		return nil, fmt.Errorf("read event %s: %w", p, err)
	}
	if recorded != nil && p.number <= extents[p.journal].GetEvents() {
		return &event{place: p, recorded: recorded}, nil
	}
	gone, err := view.Withdrawn(id, p.number)
	if gone || err != nil {
		return &event{place: p}, err
	}
	repeats, err := view.RepeatsOf(&queryv1.RecordedEvent{Journal: p.journal, Number: p.number})
	if err != nil {
		return nil, fmt.Errorf("read what repeats event %s: %w", p, err)
	}
	for _, r := range repeats {
		if r.GetNumber() <= extents[r.GetJournal()].GetEvents() {
			return &event{place: place{r.GetJournal(), r.GetNumber()}, recorded: r}, nil
		}
	}
	return nil, fault.Errorf(fault.NotFound, "event %s, which a figure rests on, is not in this ledger as far as the report goes; ask %s for it", p, id.Agency)
}

// extentsOf are how far each journal was read, by its name.
func extentsOf(t *reportingv1.Title) map[string]*reportingv1.Extent {
	extents := map[string]*reportingv1.Extent{}
	for _, e := range t.GetExtents() {
		extents[e.GetJournal()] = e
	}
	return extents
}
