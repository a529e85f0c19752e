// Package columnstest draws rows of any table, and says plainly what a file that was made of them has to hold.
package columnstest

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Tables are all there are.
func Tables() (all []queryv1.Table) {
	for n := queryv1.Table(1); queryv1.Table_name[int32(n)] != ""; n++ {
		all = append(all, n)
	}
	return all
}

// TypeOf is the type of a table's rows.
func TypeOf(table queryv1.Table) protoreflect.MessageType {
	row := (&queryv1.Row{}).ProtoReflect()
	return row.NewField(row.Descriptor().Fields().ByNumber(protoreflect.FieldNumber(table))).Message().Type()
}

// Rows draws up to n rows of a type.
func Rows(t *rapid.T, of protoreflect.MessageType, n int) (rows []proto.Message) {
	for range rapid.IntRange(0, n).Draw(t, "rows") {
		m := of.New()
		fill(t, m, 0)
		rows = append(rows, m.Interface())
	}
	return rows
}

// fill draws some fields of a message, fewer the deeper it stands.
func fill(t *rapid.T, m protoreflect.Message, depth int) {
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		if rapid.IntRange(0, 3+depth).Draw(t, "there") > 2 {
			continue
		}
		switch {
		case f.IsMap():
			for range rapid.IntRange(0, 3).Draw(t, "entries") {
				key := protoreflect.ValueOfString(text.Draw(t, "key")).MapKey()
				m.Mutable(f).Map().Set(key, value(t, f.MapValue(), m.Mutable(f).Map().NewValue, depth))
			}
		case f.IsList():
			for range rapid.IntRange(0, 3).Draw(t, "elements") {
				m.Mutable(f).List().Append(value(t, f, m.Mutable(f).List().NewElement, depth))
			}
		default:
			m.Set(f, value(t, f, func() protoreflect.Value { return m.NewField(f) }, depth))
		}
	}
}

// text has what readers of lines, quotes, formulas and JSON stumble over.
var text = rapid.OneOf(
	rapid.SampledFrom([]string{
		"", " ", "a", "XB", "=1+1", "'=1", "'", " -2", "@x", "+44", "\uff1dA1", "a,b", `say "x"`, "two\nlines", "cr\rlf\r\n", "\t", "\x00", "null", "NULL", "NaN",
		"[]", "{}", "1e5", "007", "true", "é", "\u2028", "\U0001f6a2", "روريتانيا", "\ufeff", `\`, `\u0000`, ";", "a;b", "-",
	}),
	rapid.String(),
)

func value(t *rapid.T, f protoreflect.FieldDescriptor, fresh func() protoreflect.Value, depth int) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(text.Draw(t, "text"))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, "bool"))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "bytes"))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, "int"))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "int"))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(rapid.Uint32().Draw(t, "uint"))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(rapid.OneOf(rapid.Uint64(), rapid.Just(uint64(math.MaxUint64))).Draw(t, "uint"))
	case protoreflect.EnumKind: // one more than there are: of a later version of the contract
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.IntRange(0, f.Enum().Values().Len()).Draw(t, "enum")))
	case protoreflect.MessageKind:
		return message(t, fresh(), depth)
	}
	panic(fmt.Sprintf("columnstest: %s is a %s", f.FullName(), f.Kind()))
}

func message(t *rapid.T, v protoreflect.Value, depth int) protoreflect.Value {
	switch m := v.Message().Interface().(type) {
	case *timestamppb.Timestamp:
		from, until := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
		m.Seconds = rapid.Int64Range(from, until).Draw(t, "seconds")
		m.Nanos = rapid.SampledFrom([]int32{0, 0, 120_000_000, 1, 999_999_999}).Draw(t, "nanos")
	case *anypb.Any:
		facts := []proto.Message{&licensingv1.LicenceGranted{}, &customsv1.DeclarationAccepted{}, &enforcementv1.DiversionAlertRaised{}}
		fact := rapid.SampledFrom(facts).Draw(t, "kind").ProtoReflect().New()
		fill(t, fact, depth+1)
		packed, err := anypb.New(fact.Interface())
		if err != nil {
			t.Fatal(err)
		}
		if rapid.IntRange(0, 4).Draw(t, "known") == 0 {
			packed.TypeUrl += "Unknown"
		}
		m.TypeUrl, m.Value = packed.TypeUrl, packed.Value
	default:
		fill(t, v.Message(), depth+1)
	}
	return v
}

// Tree is what a file holds of a message: map[string]any with every field; []any; nil where a single value is absent; text of every
// number and word; map[string]any of a map. A fact is the Tree of what it states. Times are texts, cut off at a precision.
func Tree(m protoreflect.Message, precision time.Duration) map[string]any {
	tree := map[string]any{}
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		switch v := m.Get(f); {
		case f.IsMap():
			entries := map[string]any{}
			v.Map().Range(func(key protoreflect.MapKey, v protoreflect.Value) bool {
				entries[key.String()] = leaf(f.MapValue(), v, precision)
				return true
			})
			tree[f.TextName()] = entries
		case f.IsList():
			list := []any{}
			for i := range v.List().Len() {
				list = append(list, leaf(f, v.List().Get(i), precision))
			}
			tree[f.TextName()] = list
		case f.HasPresence() && !m.Has(f):
			tree[f.TextName()] = nil
		default:
			tree[f.TextName()] = leaf(f, v, precision)
		}
	}
	return tree
}

func leaf(f protoreflect.FieldDescriptor, v protoreflect.Value, precision time.Duration) any {
	switch f.Kind() {
	case protoreflect.BytesKind:
		return hex.EncodeToString(v.Bytes())
	case protoreflect.EnumKind:
		return word(f.Enum(), v.Enum())
	case protoreflect.BoolKind:
		return v.Bool()
	case protoreflect.MessageKind:
		switch m := v.Message().Interface().(type) {
		case *timestamppb.Timestamp:
			return Instant(m.AsTime(), precision)
		case *anypb.Any:
			kind, err := protoregistry.GlobalTypes.FindMessageByURL(m.TypeUrl)
			if err != nil {
				return nil
			}
			fact := kind.New()
			if err := proto.Unmarshal(m.Value, fact.Interface()); err != nil {
				return nil
			}
			return Tree(fact, time.Nanosecond) // text, whatever the file
		}
		return Tree(v.Message(), precision)
	}
	return v.String()
}

// Instant is a time as Tree has it.
func Instant(t time.Time, precision time.Duration) string {
	t = t.UTC()
	return t.Add(-time.Duration(t.Nanosecond()) % precision).Format(time.RFC3339Nano)
}

func word(enum protoreflect.EnumDescriptor, n protoreflect.EnumNumber) string {
	v := enum.Values().ByNumber(n)
	if v == nil {
		return fmt.Sprint(n)
	}
	typed := strings.TrimSuffix(string(enum.Values().ByNumber(0).Name()), "UNSPECIFIED")
	return strings.ToLower(strings.TrimPrefix(string(v.Name()), typed))
}
