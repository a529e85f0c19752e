package links

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/marks"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// event is an event that made a row.
type event struct {
	place *queryv1.EventPlace
	fact  proto.Message
}

// carrying are the events of a row that say a value, the first of them all where none says it in these words.
func (f *finding) carrying(row *queryv1.Row, v ledger.Value) ([]*queryv1.EventPlace, error) {
	events, err := f.eventsOf(row)
	if err != nil {
		return nil, err
	}
	var places []*queryv1.EventPlace
	for _, e := range events {
		if says(e.fact.ProtoReflect(), v) {
			places = append(places, e.place)
		}
	}
	if len(places) == 0 && len(events) > 0 {
		places = append(places, events[0].place)
	}
	return places, nil
}

func (f *finding) eventsOf(row *queryv1.Row) ([]event, error) {
	table, made := content(row)
	key := keyOf(table, made.GetId())
	if events, read := f.events[key]; read {
		return events, nil
	}
	recorded, err := f.view.EventsOf(made)
	if err != nil {
		return nil, fmt.Errorf("read the events of %s: %w", made.GetId(), err)
	}
	events := []event{}
	for _, e := range recorded {
		if e.Fact == nil {
			continue
		}
		fact, err := e.Fact.UnmarshalNew()
		if err != nil {
			return nil, fmt.Errorf("read event %d of %s: %w", e.Number, e.Journal, err)
		}
		events = append(events, event{&queryv1.EventPlace{Journal: e.Journal, Number: e.Number}, fact})
	}
	f.events[key] = events
	return events, nil
}

// says reports whether a fact, or anything in it, has a value as the ledger would index it.
func says(m protoreflect.Message, v ledger.Value) (found bool) {
	m.Range(func(f protoreflect.FieldDescriptor, x protoreflect.Value) bool {
		switch {
		case f.IsMap():
		case f.IsList():
			found = saysList(f, x.List(), v)
		case f.Kind() == protoreflect.StringKind:
			found = is(x.String(), v)
		case f.Message() != nil:
			found = says(x.Message(), v)
		}
		return !found
	})
	return found
}

func saysList(f protoreflect.FieldDescriptor, list protoreflect.List, v ledger.Value) bool {
	var route []string
	for i := range list.Len() {
		switch {
		case f.Kind() == protoreflect.StringKind:
			if is(list.Get(i).String(), v) {
				return true
			}
			route = append(route, list.Get(i).String())
		case f.Message() != nil:
			m := list.Get(i).Message()
			if says(m, v) {
				return true
			}
			if place, ok := m.Interface().(interface{ GetCountry() string }); ok {
				route = append(route, place.GetCountry())
			}
		}
	}
	return v.Attribute == "route" && strings.Join(route, "-") == v.Value
}

// is reports whether a text is found under a value.
func is(text string, v ledger.Value) bool {
	switch v.Attribute {
	case "serial":
		return marks.Normalize(text) == v.Value
	case "lot":
		return ledger.FoldName(text) == v.Value
	case "party":
		return text == v.Value || "name:"+ledger.FoldName(text) == v.Value
	}
	return text == v.Value
}
