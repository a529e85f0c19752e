package casework

import (
	"slices"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/counterfoil/counterfoil/libs/plain"
)

func isTime(d protoreflect.FieldDescriptor) bool {
	return d.Message() != nil && d.Message().FullName() == "google.protobuf.Timestamp"
}

// amountOf is "quantity" or "value" of an amount that has a unit, and nothing of other fields.
func amountOf(d protoreflect.FieldDescriptor) string {
	if d.Message() == nil || d.IsList() {
		return ""
	}
	return map[protoreflect.FullName]string{"counterfoil.transfer.v1.Quantity": "quantity", "counterfoil.transfer.v1.Money": "value"}[d.Message().FullName()]
}

// unitOf is the field with the unit of an amount.
func unitOf(d protoreflect.FieldDescriptor) string {
	return map[string]string{"quantity": "unit", "value": "currency"}[amountOf(d)]
}

// enumType is a field's enum, which is linked in with the contract.
func enumType(d protoreflect.FieldDescriptor) protoreflect.EnumType {
	t, err := protoregistry.GlobalTypes.FindEnumByName(d.Enum().FullName())
	if err != nil {
		panic(err)
	}
	return t
}

func enumNumber(d protoreflect.FieldDescriptor, name string) protoreflect.EnumNumber {
	values := d.Enum().Values()
	for i := range values.Len() {
		if n := values.Get(i).Number(); plain.Enum(enumType(d).New(n)) == name {
			return n
		}
	}
	return 0
}

// rules are what the contract says of the input of a field.
type rules struct{ needed, long, country bool }

// lineEnds is the longest text that is asked for in one line.
const lineEnds = 200

func rulesOf(d protoreflect.FieldDescriptor) (r rules) {
	of, err := protovalidate.ResolveFieldRules(d)
	if err != nil || of == nil {
		return r
	}
	text := of.GetString()
	if d.IsList() {
		text = of.GetRepeated().GetItems().GetString()
	}
	r.long = text.GetMaxLen() > lineEnds
	r.country = strings.Contains(text.GetPattern(), "[A-Z]{2}")
	r.needed = of.GetRequired() || of.GetRepeated().GetMinItems() > 0 || slices.Contains(of.GetEnum().GetNotIn(), 0)
	if !d.IsList() {
		r.needed = r.needed || text.GetMinLen() > 0 || r.country && !strings.Contains(text.GetPattern(), "?")
	}
	return r
}
