package output

import (
	"encoding/base64"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// writeCSV writes records as RFC 4180 has them, lines ending in CR LF.
func writeCSV(w io.Writer, heads []string, rows [][]string) error {
	writer := csv.NewWriter(w)
	writer.UseCRLF = true
	if heads != nil {
		if err := writer.Write(heads); err != nil {
			return err
		}
	}
	return writer.WriteAll(rows)
}

// WriteCSV writes records, after the heads where they are given: for a grid that comes in parts.
func WriteCSV(w io.Writer, heads []string, rows [][]string) error { return writeCSV(w, heads, rows) }

// column is one field of a message, or of a message in it: "deal.destination.country".
type column struct {
	name string
	path []protoreflect.FieldDescriptor
}

// columnsOf returns a column for every field that is not itself a message, in the order of the .proto. It depends on
// the type alone, so that every export has the same header. Lists and facts are one column each.
func columnsOf(message protoreflect.MessageDescriptor) []column {
	return appendColumns(nil, message, nil)
}

func appendColumns(columns []column, message protoreflect.MessageDescriptor, above []protoreflect.FieldDescriptor) []column {
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		path := append(above[:len(above):len(above)], field)
		if field.Message() != nil && !field.IsList() && !field.IsMap() && !isLeaf(field.Message()) {
			columns = appendColumns(columns, field.Message(), path)
			continue
		}
		names := make([]string, len(path))
		for i, step := range path {
			names[i] = string(step.Name())
		}
		columns = append(columns, column{strings.Join(names, "."), path})
	}
	return columns
}

func isLeaf(message protoreflect.MessageDescriptor) bool {
	return message.FullName() == anyName || message.FullName() == "google.protobuf.Timestamp"
}

// text returns what the field holds; empty when it or a message above it is absent. The texts of a list are joined by
// semicolons, a list of messages is JSON, and a map has "key=value" in order of its keys.
func (c column) text(m protoreflect.Message) (string, error) {
	last := len(c.path) - 1
	for _, step := range c.path[:last] {
		if !m.Has(step) {
			return "", nil
		}
		m = m.Get(step).Message()
	}
	field := c.path[last]
	if field.HasPresence() && !m.Has(field) {
		return "", nil
	}
	value := m.Get(field)
	switch {
	case field.IsMap():
		return mapText(field, value.Map())
	case !field.IsList():
		return scalar(field, value)
	}
	texts := make([]string, value.List().Len())
	for i := range texts {
		text, err := scalar(field, value.List().Get(i))
		if err != nil {
			return "", err
		}
		texts[i] = text
	}
	if field.Message() != nil && len(texts) > 0 {
		return "[" + strings.Join(texts, ",") + "]", nil
	}
	return strings.Join(texts, ";"), nil
}

func mapText(field protoreflect.FieldDescriptor, entries protoreflect.Map) (string, error) {
	var texts []string
	var failed error
	entries.Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
		text, err := scalar(field.MapValue(), value)
		texts, failed = append(texts, key.String()+"="+text), err
		return err == nil
	})
	slices.Sort(texts)
	return strings.Join(texts, ";"), failed
}

func scalar(field protoreflect.FieldDescriptor, value protoreflect.Value) (string, error) {
	switch field.Kind() {
	case protoreflect.MessageKind:
		return messageText(value.Message().Interface())
	case protoreflect.EnumKind:
		if known := field.Enum().Values().ByNumber(value.Enum()); known != nil {
			return string(known.Name()), nil
		}
		return strconv.Itoa(int(value.Enum())), nil
	case protoreflect.BytesKind:
		return base64.StdEncoding.EncodeToString(value.Bytes()), nil
	}
	return value.String(), nil
}

func messageText(m proto.Message) (string, error) {
	switch leaf := m.(type) {
	case *timestamppb.Timestamp:
		return leaf.AsTime().Format(time.RFC3339Nano), nil
	case *anypb.Any:
		if !expands(leaf) {
			return "", nil // its bytes are in "raw" beside it
		}
	}
	line, err := encode(m)
	return string(line), err
}
