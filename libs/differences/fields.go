package differences

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// unknown stands in a path for fields that this program does not know.
const unknown = "(unknown fields)"

// keys are the fields that tell the entries of a list apart, the first that does: an entry that comes or goes then leaves the others
// where they are.
var keys = []protoreflect.Name{"number", "id", "line", "condition_id", "agency", "post", "unit", "name"}

// Fields returns how one row became another of the same type, in the order of the contract, without the events that it lists. Messages that come
// or go are one change, as are lists of plain values; lists of messages are compared entry by entry, by what tells them apart where
// something does, else by index.
func Fields(was, is proto.Message) ([]*queryv1.FieldChange, error) {
	c := changes{}
	err := c.message("", was.ProtoReflect(), is.ProtoReflect(), "events")
	return c.all, err
}

type changes struct {
	all []*queryv1.FieldChange
}

func (c *changes) message(path string, was, is protoreflect.Message, except protoreflect.Name) error {
	fields := is.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Name() == except || !was.Has(f) && !is.Has(f) {
			continue
		}
		at := string(f.Name())
		if path != "" {
			at = path + "." + at
		}
		if err := c.field(at, f, was, is); err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
	}
	if !bytes.Equal(was.GetUnknown(), is.GetUnknown()) {
		at := unknown
		if path != "" {
			at = path + "." + at
		}
		c.add(at, encoded(was.GetUnknown()), encoded(is.GetUnknown()))
	}
	return nil
}

func (c *changes) field(path string, f protoreflect.FieldDescriptor, was, is protoreflect.Message) error {
	x, y := was.Get(f), is.Get(f)
	switch {
	case was.Has(f) && is.Has(f) && x.Equal(y):
		return nil
	case f.IsList() && f.Message() != nil:
		return c.list(path, x.List(), y.List())
	case f.Message() != nil && !f.IsMap() && !isPlain(f.Message()) && was.Has(f) && is.Has(f):
		return c.message(path, x.Message(), y.Message(), "")
	}
	before, err := textIn(was, f)
	if err != nil {
		return err
	}
	after, err := textIn(is, f)
	if err != nil {
		return err
	}
	c.add(path, before, after)
	return nil
}

func (c *changes) add(path string, before, after *string) {
	c.all = append(c.all, &queryv1.FieldChange{Path: path, Before: before, After: after})
}

// list compares lists of messages.
func (c *changes) list(path string, was, is protoreflect.List) error {
	for _, name := range keys {
		if key := keyedBy(name, was, is); key != nil {
			return c.keyed(path, key, was, is)
		}
	}
	for i := range max(was.Len(), is.Len()) {
		if err := c.entry(fmt.Sprintf("%s[%d]", path, i), entryAt(was, i), entryAt(is, i)); err != nil {
			return err
		}
	}
	return nil
}

func entryAt(l protoreflect.List, i int) protoreflect.Message {
	if i < 0 || i >= l.Len() {
		return nil
	}
	return l.Get(i).Message()
}

// entry compares one entry; nil where there is none.
func (c *changes) entry(path string, was, is protoreflect.Message) error {
	if was != nil && is != nil && !isPlain(is.Descriptor()) {
		return c.message(path, was, is, "")
	}
	before, err := textOf(was)
	if err != nil {
		return err
	}
	after, err := textOf(is)
	if err != nil || before != nil && after != nil && *before == *after {
		return err
	}
	c.add(path, before, after)
	return nil
}

// keyedBy returns the field of that name if it tells the entries of both lists apart, and those that both have stand in the same order, before
// those that are new; else nil.
func keyedBy(name protoreflect.Name, was, is protoreflect.List) protoreflect.FieldDescriptor {
	f := is.NewElement().Message().Descriptor().Fields().ByName(name)
	if f == nil || f.IsList() || f.IsMap() || f.Message() != nil {
		return nil
	}
	before, ok := keysOf(f, was)
	after, alsoOK := keysOf(f, is)
	if !ok || !alsoOK {
		return nil
	}
	stay := slices.DeleteFunc(slices.Clone(before), func(k string) bool { return !slices.Contains(after, k) })
	fresh := slices.DeleteFunc(slices.Clone(after), func(k string) bool { return slices.Contains(before, k) })
	if !slices.Equal(slices.Concat(stay, fresh), after) {
		return nil
	}
	return f
}

func keysOf(f protoreflect.FieldDescriptor, l protoreflect.List) (all []string, ok bool) {
	for i := range l.Len() {
		entry := l.Get(i).Message()
		key := entry.Get(f).String()
		if !entry.Has(f) || slices.Contains(all, key) {
			return nil, false
		}
		all = append(all, key)
	}
	return all, true
}

func (c *changes) keyed(path string, key protoreflect.FieldDescriptor, was, is protoreflect.List) error {
	before, _ := keysOf(key, was)
	after, _ := keysOf(key, is)
	for _, k := range slices.Concat(before, slices.DeleteFunc(slices.Clone(after), func(k string) bool { return slices.Contains(before, k) })) {
		at := fmt.Sprintf("%s[%s=%s]", path, key.Name(), k)
		if err := c.entry(at, entryAt(was, slices.Index(before, k)), entryAt(is, slices.Index(after, k))); err != nil {
			return err
		}
	}
	return nil
}

// isPlain reports whether messages of this type are shown as one value: those that JSON writes otherwise than as their fields.
func isPlain(d protoreflect.MessageDescriptor) bool {
	return d.ParentFile().Package() == "google.protobuf"
}

// textIn is a field's value as text; nil when there is none.
func textIn(m protoreflect.Message, f protoreflect.FieldDescriptor) (*string, error) {
	if !m.Has(f) {
		return nil, nil
	}
	v := m.Get(f)
	switch {
	case f.IsList() || f.IsMap():
		return textOfList(m, f)
	case f.Message() != nil:
		return textOf(v.Message())
	}
	text := plain(f, v)
	return &text, nil
}

// textOfList is a list of plain values, or a map, in JSON.
func textOfList(m protoreflect.Message, f protoreflect.FieldDescriptor) (*string, error) {
	alone := m.New()
	alone.Set(f, m.Get(f))
	whole, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(alone.Interface())
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(whole, &fields); err != nil {
		return nil, err
	}
	return compact(fields[string(f.Name())])
}

// textOf is a message in JSON, without the quotes where that is a text; nil of none.
func textOf(m protoreflect.Message) (*string, error) {
	if m == nil {
		return nil, nil
	}
	if at, isTime := m.Interface().(*timestamppb.Timestamp); isTime && at.CheckValid() != nil {
		text := fmt.Sprintf("%d.%09d s", at.Seconds, at.Nanos) // no time that JSON could say
		return &text, nil
	}
	data, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m.Interface())
	if err != nil {
		return nil, err
	}
	return compact(data)
}

// compact takes the spacing out, which protobuf's JSON varies, and the quotes.
func compact(data []byte) (*string, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		return nil, err
	}
	text := b.String()
	var unquoted string
	if json.Unmarshal(data, &unquoted) == nil {
		text = unquoted
	}
	return &text, nil
}

func plain(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch f.Kind() {
	case protoreflect.BytesKind:
		return base64.StdEncoding.EncodeToString(v.Bytes())
	case protoreflect.EnumKind:
		if named := f.Enum().Values().ByNumber(v.Enum()); named != nil {
			return string(named.Name())
		}
		return strconv.Itoa(int(v.Enum()))
	}
	return v.String()
}

func encoded(raw []byte) *string {
	if len(raw) == 0 {
		return nil
	}
	text := base64.StdEncoding.EncodeToString(raw)
	return &text
}
