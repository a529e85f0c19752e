package columns

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// appendJSON appends a record as a JSON object that has every column: null where a single value is absent. Numbers are numbers, of 64
// bits too; times are RFC 3339 in UTC to the nanosecond.
func (r *Record) appendJSON(b []byte, m protoreflect.Message) []byte {
	b = append(b, '{')
	for i, f := range r.Fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, f.Name...)
		b = append(b, '"', ':')
		b = f.appendJSON(b, m)
	}
	return append(b, '}')
}

func (f *Field) appendJSON(b []byte, m protoreflect.Message) []byte {
	switch {
	case f.List:
		return f.appendList(b, m.Get(f.in).List())
	case f.Map:
		return f.appendMap(b, m.Get(f.in).Map())
	case !f.has(m):
		return append(b, "null"...)
	}
	return f.appendValue(b, m.Get(f.in))
}

func (f *Field) appendList(b []byte, list protoreflect.List) []byte {
	b = append(b, '[')
	for i := range list.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		b = f.appendValue(b, list.Get(i))
	}
	return append(b, ']')
}

// appendMap appends a map in the order of its keys.
func (f *Field) appendMap(b []byte, entries protoreflect.Map) []byte {
	b = append(b, '{')
	for i, key := range sortedKeys(entries) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, key.String()), ':')
		b = f.appendValue(b, entries.Get(key))
	}
	return append(b, '}')
}

func sortedKeys(entries protoreflect.Map) []protoreflect.MapKey {
	keys := make([]protoreflect.MapKey, 0, entries.Len())
	entries.Range(func(key protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, key)
		return true
	})
	slices.SortFunc(keys, func(x, y protoreflect.MapKey) int { return strings.Compare(x.String(), y.String()) })
	return keys
}

// appendValue appends one value of the field, of a list or a map too.
func (f *Field) appendValue(b []byte, v protoreflect.Value) []byte {
	switch f.Kind {
	case Integer, Unsigned, Boolean:
		return f.appendPlain(b, v)
	case Nested:
		return f.Of.appendJSON(b, v.Message())
	case Text:
		return appendQuoted(b, v.String())
	case Fact:
		text := factText(v)
		if text == nil {
			return append(b, "null"...)
		}
		return appendQuoted(b, string(text))
	}
	b = append(b, '"') // times, words and digits have nothing to escape
	return append(f.appendPlain(b, v), '"')
}

// appendPlain appends a value that is neither a text nor a record as it stands alone.
func (f *Field) appendPlain(b []byte, v protoreflect.Value) []byte {
	switch f.Kind {
	case Word:
		return append(b, f.word(v.Enum())...)
	case Integer:
		return strconv.AppendInt(b, v.Int(), 10)
	case Unsigned:
		return strconv.AppendUint(b, v.Uint(), 10)
	case Boolean:
		return strconv.AppendBool(b, v.Bool())
	case Time:
		return instant(v).AppendFormat(b, time.RFC3339Nano)
	case Hex:
		return hex.AppendEncode(b, v.Bytes())
	}
	panic("columns: " + string(f.Kind) + " is not plain")
}

func instant(v protoreflect.Value) time.Time {
	return v.Message().Interface().(*timestamppb.Timestamp).AsTime()
}

// factText is the JSON of a fact; nil when its kind is not known here or its bytes are not of that kind.
func factText(v protoreflect.Value) []byte {
	packed := v.Message().Interface().(*anypb.Any)
	kind, err := protoregistry.GlobalTypes.FindMessageByURL(packed.GetTypeUrl())
	if err != nil {
		return nil
	}
	fact := kind.New()
	if err := proto.Unmarshal(packed.GetValue(), fact.Interface()); err != nil {
		return nil
	}
	of, err := recordOf(kind.Descriptor())
	if err != nil {
		return nil
	}
	return of.appendJSON(nil, fact)
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends a text as a JSON string. Bytes that are no UTF-8 become U+FFFD.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(append(b, s[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += size
			continue
		}
		i++
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i-1]...)
		from = i
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(b, s[from:]...), '"')
}
