package ledgertest

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

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
