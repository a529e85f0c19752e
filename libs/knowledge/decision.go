package knowledge

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/citations"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// decision is an event by which an agency settled something, and the record that it settled it in.
type decision struct {
	event *queryv1.RecordedEvent
	fact  proto.Message
	record
	// agency is whose decision it is.
	agency string
	// moment is when it was written down.
	moment time.Time
}

// record is a row, by what made it.
type record struct {
	table queryv1.Table
	row   proto.Message
	made
}

type made interface {
	GetId() string
	GetJournal() string
	GetEvents() []uint64
}

// recordIn takes a row out of its wrapping; false for one that no events made.
func recordIn(row *queryv1.Row) (record, bool) {
	table, inner := ledger.Unwrap(row)
	of, ok := inner.(made)
	return record{table, inner, of}, ok
}

// find returns the decision that an id means: of a row the last one, or the one that is event number of its journal.
func find(view ledger.View, id string, number uint64) (*decision, error) {
	_, row, err := view.Find(id)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", id, err)
	}
	if of, ok := recordIn(row); ok {
		return decisionOn(view, of, number)
	}
	if number != 0 {
		return nil, fault.Errorf(fault.NotFound, "no record called %s is here, of which event %d could be; what there is shows: counterfoil list TABLE", id, number)
	}
	found, err := view.Get(queryv1.Table_TABLE_EVENTS, id)
	if err != nil && !errors.Is(err, fault.Invalid) {
		return nil, err
	}
	e := found.GetEvent()
	switch {
	case e == nil:
		return nil, fault.Errorf(fault.NotFound, "nothing called %s is on record at %s: give the id of a record or of an event", id, view.Agency())
	case !decides(e):
		return nil, fault.Errorf(fault.Invalid, "event %d of %s is %s, which decides nothing; decisions are such as LicenceGranted, GoodsReleased or AlertConfirmed", e.GetNumber(), e.GetJournal(), phrase(e.GetKind()))
	}
	of, err := recordMade(view, e)
	if err != nil {
		return nil, err
	}
	return decided(of, e)
}

func decides(e *queryv1.RecordedEvent) bool {
	return citations.IsDecision(protoreflect.FullName(e.GetKind())) && e.GetFact() != nil
}

func decisionOn(view ledger.View, of record, number uint64) (*decision, error) {
	events, err := view.EventsOf(of)
	if err != nil {
		return nil, fmt.Errorf("read the events of %s: %w", of.GetId(), err)
	}
	for _, e := range slices.Backward(events) {
		if decides(e) && (number == 0 || numberOf(e) == number) {
			return decided(of, e)
		}
	}
	if number != 0 {
		return nil, fault.Errorf(fault.NotFound, "event %d is no decision on %s; its events show: counterfoil explain %s", number, of.GetId(), of.GetId())
	}
	if of.table == queryv1.Table_TABLE_APPLICATIONS {
		on, err := view.DecisionOn(of.GetId())
		if err != nil {
			return nil, err
		}
		if on != "" {
			return nil, fault.Errorf(fault.Precondition, "%s was decided in %s: counterfoil knew %s", of.GetId(), on, on)
		}
	}
	return nil, fault.Errorf(fault.Precondition, "nothing has been decided on %s yet, as far as this ledger has it; its events show: counterfoil explain %s", of.GetId(), of.GetId())
}

// numberOf is the number that an event goes by in its row: of one that is repeated here, that of the event it repeats.
func numberOf(e *queryv1.RecordedEvent) uint64 {
	if e.GetOrigin() != nil {
		return e.GetOrigin().GetNumber()
	}
	return e.GetNumber()
}

// recordMade is the row that an event made or changed, which the event names.
func recordMade(view ledger.View, e *queryv1.RecordedEvent) (record, error) {
	in := e.GetJournal()
	if e.GetOrigin() != nil {
		in = e.GetOrigin().GetJournal()
	}
	fact, err := e.GetFact().UnmarshalNew()
	if err != nil {
		return record{}, fmt.Errorf("read event %d of %s: %w", e.GetNumber(), e.GetJournal(), err)
	}
	for _, id := range idsIn(fact) {
		_, row, err := view.Find(id)
		if err != nil {
			return record{}, fmt.Errorf("read %s: %w", id, err)
		}
		if of, ok := recordIn(row); ok && of.GetJournal() == in && slices.Contains(of.GetEvents(), numberOf(e)) {
			return of, nil
		}
	}
	return record{}, fault.Errorf(fault.Precondition, "event %d of %s changed no record here; whether it was set aside shows: counterfoil parked", e.GetNumber(), e.GetJournal())
}

func decided(of record, e *queryv1.RecordedEvent) (*decision, error) {
	fact, err := e.GetFact().UnmarshalNew()
	if err != nil {
		return nil, fmt.Errorf("read event %d of %s: %w", e.GetNumber(), e.GetJournal(), err)
	}
	return &decision{event: e, fact: fact, record: of, agency: ledger.AgencyOf(e.GetJournal()), moment: existed(e)}, nil
}

// knowledge is what the decision states that its agency knew; nil when it states nothing.
func (d *decision) knowledge() *eventv1.Knowledge {
	var k *eventv1.Knowledge
	switch f := d.fact.(type) {
	case interface{ GetBasis() *licensingv1.Basis }:
		k = f.GetBasis().GetKnowledge()
	case interface{ GetKnowledge() *eventv1.Knowledge }:
		k = f.GetKnowledge()
	}
	if len(k.GetJournals()) == 0 {
		return nil
	}
	return k
}

// existed is from when on an event can have been known to its own agency: when its block was written. Where only a block that
// repeats it is here, it is when the event was stated.
func existed(e *queryv1.RecordedEvent) time.Time {
	if e.GetOrigin() != nil {
		return e.GetRecordedAt().AsTime()
	}
	return e.GetWrittenAt().AsTime()
}

// mostIDs is how many different ids of a message are followed.
const mostIDs = 500

// idsIn are the texts in a message that may be ids of records, each once, in the order of its fields.
func idsIn(m proto.Message) (ids []string) {
	seen := map[string]bool{}
	var walk func(protoreflect.Message)
	take := func(f protoreflect.FieldDescriptor, x protoreflect.Value) {
		switch {
		case f.Message() != nil:
			walk(x.Message())
		case f.Kind() == protoreflect.StringKind:
			if id := x.String(); strings.Contains(id, "/") && len(id) <= 200 && !seen[id] && len(ids) < mostIDs {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	walk = func(m protoreflect.Message) {
		fields := m.Descriptor().Fields()
		for i := range fields.Len() {
			f := fields.Get(i)
			switch {
			case f.IsMap() || !m.Has(f):
			case f.IsList():
				for n := range m.Get(f).List().Len() {
					take(f, m.Get(f).List().Get(n))
				}
			default:
				take(f, m.Get(f))
			}
		}
	}
	walk(m.ProtoReflect())
	return ids
}
