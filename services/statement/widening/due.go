package widening

import (
	"slices"
	"sort"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/statement/share"
)

// atOnce is about how many events are repeated by one command.
const atOnce = 200

// Looked is how far events have been looked at, by widening and group.
type Looked map[string]uint64

// Due returns what has to be repeated for a wider group: the agency's events of the kinds that a widening names which were
// written while it was in force, each after the earlier events of its row. It is for one widening at a time, and about 200
// events; nil when nothing is due. Events up to looked are known to be done; reached is what is once the facts are on record.
func Due(view ledger.View, looked Looked) (facts []proto.Message, reached Looked, err error) {
	reached = Looked{}
	for key, number := range looked {
		reached[key] = number
	}
	rows, err := view.Widenings()
	if err != nil {
		return nil, nil, err
	}
	for _, w := range rows {
		if w.Review != nil || !view.Owns(w.Journal) {
			continue
		}
		if facts, err = due(view, w, reached); len(facts) > 0 || err != nil {
			return facts, reached, err
		}
	}
	return nil, reached, nil
}

func due(view ledger.View, w *ledgerv1.Widening, reached Looked) ([]proto.Message, error) {
	from, to, err := force(view, w)
	if err != nil {
		return nil, err
	}
	positions, err := view.Positions()
	if err != nil {
		return nil, err
	}
	d := collected{view: view, w: w, taken: map[string]bool{}}
	for _, p := range positions {
		agency, group, _ := strings.Cut(p.Journal, "/")
		if agency != view.Agency() || group == w.Widened.GetToGroup() || group == ledger.Directory.Group {
			continue
		}
		if err := d.journal(group, p.Events, from, to, reached); err != nil {
			return nil, err
		}
	}
	return d.facts, nil
}

// force is when a widening was in force, by the times that blocks were written at: from its own block, to its time or the
// block that ended it.
func force(view ledger.View, w *ledgerv1.Widening) (from, to time.Time, err error) {
	events, err := view.EventsOf(w)
	if err != nil {
		return from, to, err
	}
	from, to = events[0].WrittenAt.AsTime(), w.Widened.GetUntil().AsTime()
	for _, e := range events {
		if at := e.WrittenAt.AsTime(); strings.HasSuffix(e.Kind, ".WideningEnded") && at.Before(to) {
			to = at
		}
	}
	return from, to, nil
}

// collected is what is due under one widening.
type collected struct {
	view  ledger.View
	w     *ledgerv1.Widening
	taken map[string]bool // events by id
	facts []proto.Message
}

// journal looks at the events of the agency's journal of a group that were written while the widening was in force.
func (d *collected) journal(group string, last uint64, from, to time.Time, reached Looked) error {
	key := d.w.Id + " " + group
	number := reached[key] + 1
	if number == 1 {
		var err error
		if number, err = since(d.view, group, last, from); err != nil {
			return err
		}
	}
	for ; number <= last && len(d.facts) < atOnce; number++ {
		e, err := d.view.Event(d.view.Own(group), number)
		if err != nil {
			return err
		}
		if !e.GetWrittenAt().AsTime().Before(to) {
			return nil
		}
		if err := d.event(e); err != nil {
			return err
		}
		reached[key] = number
	}
	return nil
}

// since is the number of the first event in the agency's journal of a group that was written at a time or later; one above the
// last when none was.
func since(view ledger.View, group string, last uint64, at time.Time) (uint64, error) {
	var failed error
	before := sort.Search(int(last), func(i int) bool {
		e, err := view.Event(view.Own(group), uint64(i)+1)
		if err != nil {
			failed = err
		}
		return !e.GetWrittenAt().AsTime().Before(at)
	})
	return uint64(before) + 1, failed
}

// event adds an event, after those that its row rests on, unless it stands in the wider group's journal already.
func (d *collected) event(e *queryv1.RecordedEvent) error {
	kinds := d.w.Widened.GetKinds()
	if e.Fact == nil || len(kinds) > 0 && !slices.Contains(kinds, e.Kind) {
		return nil
	}
	history, err := d.history(e)
	if err != nil {
		return err
	}
	history = slices.DeleteFunc(history, func(h *queryv1.RecordedEvent) bool { return d.taken[h.Id] })
	for _, h := range history {
		d.taken[h.Id] = true
	}
	facts, err := d.view.Repeat(history, d.w.Widened.GetToGroup(), d.w.Id)
	d.facts = append(d.facts, facts...)
	return err
}

// history is an event with the earlier ones of its row. An event that no row is named by stands alone.
func (d *collected) history(e *queryv1.RecordedEvent) ([]*queryv1.RecordedEvent, error) {
	about, err := subject(e)
	if err != nil {
		return nil, err
	}
	for _, id := range []string{about, d.view.Agency() + "/" + about} {
		row, err := share.Find(d.view, id)
		if err != nil {
			return nil, err
		}
		if row == nil || row.GetJournal() != e.Journal {
			continue
		}
		events, err := share.History(d.view, row)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(events, func(h *queryv1.RecordedEvent) bool { return h.Number == e.Number }) {
			return slices.DeleteFunc(events, func(h *queryv1.RecordedEvent) bool { return h.Number > e.Number }), nil
		}
	}
	return []*queryv1.RecordedEvent{e}, nil
}

// subject is what an event is about: by the contract, the first field of its fact.
func subject(e *queryv1.RecordedEvent) (string, error) {
	fact, err := e.Fact.UnmarshalNew()
	if err != nil {
		return "", err
	}
	m := fact.ProtoReflect()
	if field := m.Descriptor().Fields().ByNumber(1); field != nil && field.Kind() == protoreflect.StringKind && !field.IsList() {
		return m.Get(field).String(), nil
	}
	return "", nil
}
