package query

import (
	"errors"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// standing is events of one journal, in its order.
type standing struct {
	id     journal.ID
	events []*queryv1.RecordedEvent
}

// stands finds the events that an id means: those that made a row, the event itself (UUID, or agency/group/number), or the
// last of a journal ("agency/group").
func stands(v ledger.View, id string) (s standing, err error) {
	_, row, err := v.Find(id)
	if err != nil {
		return s, err
	}
	if made, ok := inner(row).(made); ok {
		if s.id, err = journal.ParseID(made.GetJournal()); err != nil {
			return s, err
		}
		s.events, err = v.EventsOf(made)
		return s, err
	}
	e, err := eventCalled(v, id)
	if err != nil {
		return s, err
	}
	if e == nil {
		return s, fault.Errorf(fault.NotFound, "nothing called %s is on record at %s: give the id of a row or an event, or a journal as agency/group", id, v.Agency())
	}
	s.events = []*queryv1.RecordedEvent{e}
	s.id, err = journal.ParseID(e.Journal)
	return s, err
}

// sharedOn is where the events were repeated for further groups, by the name of the journal.
func sharedOn(v ledger.View, at standing) (shared []standing, err error) {
	for _, e := range at.events {
		repeats, err := v.RepeatsOf(e)
		if err != nil {
			return nil, err
		}
		for _, r := range repeats {
			id, err := journal.ParseID(r.Journal)
			if err != nil {
				return nil, err
			}
			i := slices.IndexFunc(shared, func(s standing) bool { return s.id == id })
			if i < 0 {
				i, shared = len(shared), append(shared, standing{id: id})
			}
			shared[i].events = append(shared[i].events, r)
		}
	}
	slices.SortFunc(shared, func(a, b standing) int { return strings.Compare(a.id.String(), b.id.String()) })
	return shared, nil
}

// eventCalled is the event with this id, or the last one of the journal with this name; nil when there is neither.
func eventCalled(v ledger.View, id string) (*queryv1.RecordedEvent, error) {
	if of, err := journal.ParseID(id); err == nil {
		p, err := v.Position(of)
		if p == nil || err != nil {
			return nil, err
		}
		return v.Event(of, p.Events)
	}
	row, err := v.Get(queryv1.Table_TABLE_EVENTS, id)
	if errors.Is(err, fault.Invalid) {
		return nil, nil // the name of nothing
	}
	return row.GetEvent(), err
}
