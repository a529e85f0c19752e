package ledgertest

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// factOf decodes an event's fact; nil when its kind is not known.
func factOf(e *eventv1.Event) proto.Message {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(e.Kind))
	if err != nil {
		return nil
	}
	fact := kind.New().Interface()
	if err := proto.Unmarshal(e.Fact, fact); err != nil {
		panic(err) // it was encoded here
	}
	return fact
}

// Registered are the facts by which the authority registers agencies of State XA. Each is of the service that its name begins
// with, and "customs-…" is a post of customs.
func Registered(names ...string) []proto.Message {
	var facts []proto.Message
	for _, name := range names {
		service, rest, _ := strings.Cut(name, "-")
		a := &directoryv1.AgencyRegistered{Agency: name, State: "XA", Service: service}
		if service == "customs" && rest != "" {
			a.PostOf = service
		}
		facts = append(facts, a)
	}
	return facts
}
