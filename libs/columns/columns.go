// Package columns writes rows of a ledger's tables, and events, as files for analysts: Parquet, CSV and JSON lines. The columns come of
// the contract's own descriptors, so that every field of a row is in the file, under the name and in the order that the contract gives it.
package columns

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/counterfoil/counterfoil/libs/fault"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Kind is what a value is.
type Kind string

const (
	// Text is UTF-8.
	Text Kind = "text"
	// Word is a value of an enum in lower case without the prefix of its type, as commands print and take it. One that this program does
	// not know is its number.
	Word Kind = "word"
	// Integer has a sign and 32 or 64 bits, Unsigned has none.
	Integer  Kind = "integer"
	Unsigned Kind = "unsigned"
	Boolean  Kind = "boolean"
	// Time is an instant in UTC.
	Time Kind = "time"
	// Hex is bytes, two lower-case digits each.
	Hex Kind = "hex"
	// Fact is what an event states, as the text of a JSON object in the form of JSON lines; absent when this program does not know the kind.
	Fact Kind = "fact"
	// Nested is a record in the record.
	Nested Kind = "record"
)

// Record is the columns of one message type. It is shared, and not to be changed.
type Record struct {
	Name   protoreflect.FullName
	Fields []*Field
}

// Field is one column, or the columns of a record in it.
type Field struct {
	Name string
	Kind Kind
	// List is any number of values, in order. Map is values of Kind by texts.
	List, Map bool
	// Optional is whether a single value may be absent. Every nested record, time and fact may be; lists and maps are empty instead.
	Optional bool
	// Bits of an Integer or Unsigned: 32 or 64.
	Bits int
	// Of is what a Nested has.
	Of *Record

	in    protoreflect.FieldDescriptor
	words map[protoreflect.EnumNumber]string
}

// Of returns the columns of a table. The numbers of the tables are those of the fields of queryv1.Row.
func Of(table queryv1.Table) *Record {
	return mustRecord((&queryv1.Row{}).ProtoReflect().Descriptor().Fields().ByNumber(protoreflect.FieldNumber(table)).Message())
}

// OfKind returns what events of a kind state, by the kind's full name or the name alone. One that this program does not know is refused.
func OfKind(kind string) (*Record, error) {
	found, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(kind))
	if err != nil {
		protoregistry.GlobalTypes.RangeMessages(func(t protoreflect.MessageType) bool {
			if name := t.Descriptor().FullName(); string(name.Name()) == kind && strings.HasPrefix(string(name), ours) {
				found = t
			}
			return found == nil
		})
	}
	if found == nil {
		return nil, fault.Errorf(fault.NotFound, "this program knows no kind of event called %q; count events --by kind lists those on record", kind)
	}
	return recordOf(found.Descriptor())
}

const (
	ours     = "counterfoil."
	timeName = "google.protobuf.Timestamp"
	anyName  = "google.protobuf.Any"
)

// made are the records so far: each is made once.
var (
	making sync.Mutex
	made   = map[protoreflect.FullName]*Record{}
)

func mustRecord(of protoreflect.MessageDescriptor) *Record {
	r, err := recordOf(of)
	if err != nil {
		panic(err) // the contract has a field that has no column; a test makes every table
	}
	return r
}

func recordOf(of protoreflect.MessageDescriptor) (*Record, error) {
	making.Lock()
	defer making.Unlock()
	return makeRecord(of)
}

func makeRecord(of protoreflect.MessageDescriptor) (*Record, error) {
	if r := made[of.FullName()]; r != nil {
		return r, nil
	}
	r := &Record{Name: of.FullName()}
	made[of.FullName()] = r
	for i := range of.Fields().Len() {
		f, err := makeField(of.Fields().Get(i))
		if err != nil {
			delete(made, of.FullName())
			return nil, err
		}
		r.Fields = append(r.Fields, f)
	}
	return r, nil
}

func makeField(in protoreflect.FieldDescriptor) (*Field, error) {
	f := &Field{Name: string(in.Name()), List: in.IsList(), Map: in.IsMap(), in: in}
	value := in
	if f.Map {
		value = in.MapValue()
		if in.MapKey().Kind() != protoreflect.StringKind {
			return nil, fmt.Errorf("%s has keys that are no texts: there is no column for it", in.FullName())
		}
	}
	f.Optional = in.HasPresence()
	switch value.Kind() {
	case protoreflect.StringKind:
		f.Kind = Text
	case protoreflect.BoolKind:
		f.Kind = Boolean
	case protoreflect.BytesKind:
		f.Kind = Hex
	case protoreflect.Int32Kind, protoreflect.Sint32Kind:
		f.Kind, f.Bits = Integer, 32
	case protoreflect.Int64Kind, protoreflect.Sint64Kind:
		f.Kind, f.Bits = Integer, 64
	case protoreflect.Uint32Kind:
		f.Kind, f.Bits = Unsigned, 32
	case protoreflect.Uint64Kind:
		f.Kind, f.Bits = Unsigned, 64
	case protoreflect.EnumKind:
		f.Kind, f.words = Word, wordsOf(value.Enum())
	case protoreflect.MessageKind:
		return f, f.nest(value.Message())
	default:
		return nil, fmt.Errorf("%s is a %s: there is no column for it", in.FullName(), value.Kind())
	}
	return f, nil
}

func (f *Field) nest(of protoreflect.MessageDescriptor) (err error) {
	switch of.FullName() {
	case timeName:
		f.Kind = Time
	case anyName:
		f.Kind = Fact
	default:
		f.Kind = Nested
		f.Of, err = makeRecord(of)
	}
	return err
}

// wordsOf are the words of an enum by number. The prefix of its type is that of its unspecified value.
func wordsOf(enum protoreflect.EnumDescriptor) map[protoreflect.EnumNumber]string {
	words := map[protoreflect.EnumNumber]string{}
	prefix := strings.TrimSuffix(string(enum.Values().ByNumber(0).Name()), "UNSPECIFIED")
	for i := range enum.Values().Len() {
		v := enum.Values().Get(i)
		words[v.Number()] = strings.ToLower(strings.TrimPrefix(string(v.Name()), prefix))
	}
	return words
}

func (f *Field) word(number protoreflect.EnumNumber) string {
	if w, known := f.words[number]; known {
		return w
	}
	return strconv.Itoa(int(number))
}

// single is whether the field has one value at most.
func (f *Field) single() bool { return !f.List && !f.Map }

// has is whether a single value is there.
func (f *Field) has(m protoreflect.Message) bool { return !f.Optional || m.Has(f.in) }

// reflected is a row as its columns read it. It is an error when it is of another type.
func (r *Record) reflected(row proto.Message) (protoreflect.Message, error) {
	m := row.ProtoReflect()
	if m.Descriptor().FullName() != r.Name {
		return nil, fmt.Errorf("a row of %s was given as one of %s", m.Descriptor().FullName(), r.Name)
	}
	return m, nil
}
