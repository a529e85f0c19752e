// Package cloudevent shows an event of the ledger as a CloudEvent 1.0, for systems that know nothing of this one.
package cloudevent

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	// Protobuf is the content type of a fact as it was recorded.
	Protobuf = "application/protobuf"
	// JSON is the content type of a fact in protobuf's JSON mapping.
	JSON = "application/json"
	// Structured is the content type of a whole event in JSON.
	Structured = "application/cloudevents+json"

	// nameless is the type of an event that does not say its kind.
	nameless = "counterfoil.event.v1.Event"
)

// Event is a CloudEvent. An empty optional attribute, and a zero Time, is absent.
type Event struct {
	ID, Source, Type, Subject   string
	DataContentType, DataSchema string
	Time                        time.Time
	// Extensions are in their canonical string form. Numbers of this system are strings, because a CloudEvents Integer
	// ends at 2^31-1.
	Extensions map[string]string
	Data       []byte
}

// New shows an event with its fact as recorded, of content type Protobuf. position is the watch token that goes on after it;
// empty: none is given.
//
//	id               UUID: the same for one event everywhere and for ever
//	source           "/counterfoil/<agency>/<group>" of its journal
//	type             full name of the fact's message
//	subject          id of what it is about: the fact's first field, where that is an id
//	time             when it was true
//	dataschema       "https://type.googleapis.com/" and the full name of the message: its type URL
//	journal          "<agency>/<group>"
//	eventnumber      its number in the journal, from 1 without gaps, in decimal
//	block            number of the block that carries it
//	agency           who recorded it
//	recordedtime     when the agency came to state it
//	writtentime      when the block was written
//	receivedtime     when this node stored it
//	position         the watch token
//	correlationid, purpose, officerrole, wideningid   as recorded, where they were
//	repeats          "<agency>/<group>/<number>" of the event that it repeats for more readers, under the same id
func New(e *queryv1.RecordedEvent, position string) (*Event, error) {
	recorded := &eventv1.Event{}
	if err := proto.Unmarshal(e.Raw, recorded); err != nil {
		return nil, fmt.Errorf("show event %d of %s as a CloudEvent: %w", e.Number, e.Journal, err)
	}
	agency, _, _ := strings.Cut(e.Journal, "/")
	c := &Event{
		ID: e.Id, Source: "/counterfoil/" + e.Journal, Type: cmp.Or(e.Kind, nameless), Subject: subject(e.Kind, recorded.Fact),
		DataContentType: Protobuf, DataSchema: "https://type.googleapis.com/" + url.PathEscape(e.Kind), Data: recorded.Fact,
		Extensions: map[string]string{
			"journal": e.Journal, "eventnumber": strconv.FormatUint(e.Number, 10), "block": strconv.FormatUint(e.Block, 10), "agency": agency,
		},
	}
	if e.OccurredAt.IsValid() {
		c.Time = e.OccurredAt.AsTime()
	}
	optional := map[string]string{
		"recordedtime": moment(e.RecordedAt), "writtentime": moment(e.WrittenAt), "receivedtime": moment(e.ReceivedAt),
		"position": position, "correlationid": e.Correlation, "purpose": e.Purpose, "officerrole": e.Officer.GetRole(),
		"wideningid": e.WideningId,
	}
	if o := e.Origin; o != nil {
		optional["repeats"] = fmt.Sprintf("%s/%d", o.Journal, o.Number)
	}
	for name, value := range optional {
		if value != "" {
			c.Extensions[name] = value
		}
	}
	return c, nil
}

// NewJSON is New with the fact in protobuf's JSON mapping, of content type JSON. A fact that this program cannot show so, because
// it does not know its kind or something in it, stays as recorded.
func NewJSON(e *queryv1.RecordedEvent, position string) (*Event, error) {
	c, err := New(e, position)
	if err != nil || e.Fact == nil {
		return c, err
	}
	fact, err := e.Fact.UnmarshalNew()
	if err != nil {
		return c, nil
	}
	if data, err := protojson.Marshal(fact); err == nil {
		c.Data, c.DataContentType = data, JSON
	}
	return c, nil
}

// subject is the fact's first field where that is an id; empty otherwise, and of a kind that this program does not know.
func subject(kind string, fact []byte) string {
	t, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(kind))
	if err != nil {
		return ""
	}
	first := t.Descriptor().Fields().ByNumber(1)
	if first == nil || first.Kind() != protoreflect.StringKind || first.IsList() || !strings.HasSuffix(string(first.Name()), "_id") {
		return ""
	}
	m := t.New()
	if proto.Unmarshal(fact, m.Interface()) != nil {
		return ""
	}
	return m.Get(first).String()
}

// moment is empty for a time that is not known, or is none.
func moment(t *timestamppb.Timestamp) string {
	if !t.IsValid() {
		return ""
	}
	return t.AsTime().Format(time.RFC3339Nano)
}
