package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/anypb"
)

// Proto returns a message as JSON, to stand inside a value that is not a message: keys are the field names of the
// .proto, every field without presence is there, 64-bit numbers are strings as protojson has them. A fact of a kind that
// this program does not know is left out; its bytes are in "raw" beside it.
func Proto(m proto.Message) (json.RawMessage, error) {
	options := protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true}
	data, err := options.Marshal(m)
	if err != nil { // rarely: a fact that cannot be expanded
		dropUnknown(m.ProtoReflect())
		data, err = options.Marshal(m)
	}
	if err != nil {
		return nil, fmt.Errorf("print %s: %w", m.ProtoReflect().Descriptor().Name(), err)
	}
	return data, nil
}

func marshal(value any) ([]byte, error) {
	switch v := value.(type) {
	case proto.Message:
		return Proto(v)
	case json.RawMessage:
		return v, nil
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return buffer.Bytes(), err
}

// encode returns one line of JSON. protojson varies its spacing on purpose, so that is taken out.
func encode(value any) ([]byte, error) {
	data, err := marshal(value)
	if err != nil {
		return nil, err
	}
	var line bytes.Buffer
	if err := json.Compact(&line, data); err != nil {
		return nil, err
	}
	return escapeControls(line.Bytes(), JSON), nil
}

func writeJSON(w io.Writer, value any, indent string) error {
	line, err := encode(value)
	if err != nil {
		return err
	}
	if indent != "" {
		var lines bytes.Buffer
		if err := json.Indent(&lines, line, "", indent); err != nil {
			return err
		}
		line = lines.Bytes()
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// escapeControls writes the characters that a terminal would act on as escapes; line ends stay. They stand in quoted
// strings only, so that the value stays the same. JSON writes those beyond \uffff as a pair, YAML with \U.
func escapeControls(data []byte, format Format) []byte {
	act := func(r rune) bool { return r != '\n' && acts(r) }
	if !bytes.ContainsFunc(data, act) {
		return data
	}
	escaped := make([]byte, 0, len(data)+64)
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch high, low := utf16.EncodeRune(r); {
		case !act(r):
			escaped = append(escaped, data[:size]...)
		case r <= 0xffff:
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		case format == YAML:
			escaped = fmt.Appendf(escaped, `\U%08x`, r)
		default:
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		}
		data = data[size:]
	}
	return escaped
}

// dropUnknown clears every fact that cannot be expanded, which protojson would refuse the whole message for.
func dropUnknown(m protoreflect.Message) {
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.Message() == nil || field.IsMap():
		case field.IsList():
			for i := range value.List().Len() {
				dropUnknown(value.List().Get(i).Message())
			}
		case field.Message().FullName() == anyName:
			if !expands(value.Message().Interface().(*anypb.Any)) {
				m.Clear(field)
			}
		default:
			dropUnknown(value.Message())
		}
		return true
	})
}

func expands(fact *anypb.Any) bool {
	kind, err := protoregistry.GlobalTypes.FindMessageByURL(fact.TypeUrl)
	if err != nil {
		return false
	}
	return proto.Unmarshal(fact.Value, kind.New().Interface()) == nil
}

const anyName protoreflect.FullName = "google.protobuf.Any"
