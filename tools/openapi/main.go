// Command openapi writes the contract as an OpenAPI 3.1 document, libs/openapi/contract.json: a path for each method that does not
// stream, from a descriptor set with source positions (buf build) and the JSON Schemas that protoc-gen-jsonschema made of the
// same contract, which carry its input rules. What is no part of the contract is in frame.json.
package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

//go:embed frame.json
var frame []byte

// object is one of JSON.
type object = map[string]any

func main() {
	from := flag.String("from", "", "descriptor set with source positions")
	schemas := flag.String("schemas", "", "folder of JSON Schemas, as protoc-gen-jsonschema writes them with target=json")
	to := flag.String("to", "libs/openapi/contract.json", "file to write")
	flag.Parse()
	if err := run(*from, *schemas, *to); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(from, schemas, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(data, set); err != nil {
		return fmt.Errorf("read %s: %w", from, err)
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return fmt.Errorf("read %s: %w", from, err)
	}
	w := &writer{dir: schemas}
	if err := json.Unmarshal(frame, &w.document); err != nil {
		return fmt.Errorf("read frame.json: %w", err)
	}
	w.schemas = w.document["components"].(object)["schemas"].(object)
	var services []protoreflect.ServiceDescriptor
	files.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			services = append(services, f.Services().Get(i))
		}
		return true
	})
	slices.SortFunc(services, func(a, b protoreflect.ServiceDescriptor) int {
		return strings.Compare(string(a.FullName()), string(b.FullName()))
	})
	for _, s := range services {
		if err := w.service(s); err != nil {
			return fmt.Errorf("describe %s: %w", s.FullName(), err)
		}
	}
	out, err := json.MarshalIndent(w.document, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(to, append(out, '\n'), 0o644)
}

type writer struct {
	dir      string
	document object
	schemas  object // of the document
}

func (w *writer) service(s protoreflect.ServiceDescriptor) error {
	w.document["tags"] = append(w.document["tags"].([]any), described(s, object{"name": s.Name()}))
	for i := range s.Methods().Len() {
		m := s.Methods().Get(i)
		if m.IsStreamingClient() || m.IsStreamingServer() {
			continue
		}
		for _, message := range []protoreflect.MessageDescriptor{m.Input(), m.Output()} {
			if err := w.message(message); err != nil {
				return err
			}
		}
		w.document["paths"].(object)[fmt.Sprintf("/%s/%s", s.FullName(), m.Name())] = object{"post": described(m, object{
			"tags":        []any{s.Name()},
			"summary":     inWords(string(m.Name())),
			"operationId": fmt.Sprintf("%s_%s", s.Name(), m.Name()),
			"parameters":  []any{ref("parameters", "Role"), ref("parameters", "Person")},
			"requestBody": object{"required": true, "content": content(m.Input())},
			"responses": object{
				"200":     object{"description": "The answer.", "content": content(m.Output())},
				"default": ref("responses", "Refused"),
			},
		})}
	}
	return nil
}

var humps = regexp.MustCompile(`([a-z])([A-Z])`)

// inWords is the name of a method as it is listed: "SuspendLicence" as "Suspend licence".
func inWords(name string) string {
	return name[:1] + strings.ToLower(humps.ReplaceAllString(name[1:], "$1 $2"))
}

func content(m protoreflect.MessageDescriptor) object {
	return object{"application/json": object{"schema": ref("schemas", string(m.FullName()))}}
}

func ref(kind, name string) object { return object{"$ref": "#/components/" + kind + "/" + name} }

// described puts what the contract's comment says on what is described.
func described(d protoreflect.Descriptor, on object) object {
	at := d.ParentFile().SourceLocations().ByDescriptor(d)
	comment := at.LeadingComments
	if comment == "" {
		comment = at.TrailingComments
	}
	delete(on, "description")
	if words := strings.Fields(comment); len(words) > 0 {
		on["description"] = strings.Join(words, " ")
	}
	return on
}

// message adds the schema of a message and of all that it is made of.
func (w *writer) message(m protoreflect.MessageDescriptor) error {
	name := string(m.FullName())
	if w.schemas[name] != nil {
		return nil
	}
	schema, err := w.read(name)
	if err != nil {
		return err
	}
	w.schemas[name] = schema
	if strings.HasPrefix(name, "google.protobuf.") {
		return nil
	}
	delete(schema, "additionalProperties") // fields may come
	properties := schema["properties"].(object)
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		if properties[f.JSONName()], err = w.field(f, properties[f.JSONName()].(object)); err != nil {
			return fmt.Errorf("field %s: %w", f.FullName(), err)
		}
	}
	return nil
}

// read returns a message's schema without the other spellings that it allows.
func (w *writer) read(name string) (schema object, err error) {
	data, err := os.ReadFile(filepath.Join(w.dir, name+".jsonschema.json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		return nil, fmt.Errorf("read the schema of %s: %w", name, err)
	}
	for _, key := range []string{"$id", "$schema", "title", "patternProperties"} {
		delete(schema, key)
	}
	return schema, nil
}

func (w *writer) field(f protoreflect.FieldDescriptor, schema object) (object, error) {
	var err error
	switch {
	case f.IsMap():
		schema["additionalProperties"], err = w.value(f.MapValue(), schema["additionalProperties"].(object))
	case f.IsList():
		schema["items"], err = w.value(f, schema["items"].(object))
	default:
		schema, err = w.value(f, schema)
	}
	return described(f, schema), err
}

// value writes a value as JSON has it in answers: 64-bit integers as strings, values of enums by name.
func (w *writer) value(f protoreflect.FieldDescriptor, schema object) (object, error) {
	delete(schema, "default")
	delete(schema, "title")
	switch f.Kind() {
	case protoreflect.MessageKind:
		return ref("schemas", string(f.Message().FullName())), w.message(f.Message())
	case protoreflect.EnumKind:
		return w.enum(f.Enum(), schema), nil
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return object{"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"}, nil
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return object{"type": "string", "format": "uint64", "pattern": "^[0-9]+$"}, nil
	}
	if choice, ok := schema["anyOf"].([]any); ok { // a number, or one in a string
		return choice[0].(object), nil
	}
	return schema, nil
}

// enum refers to an enum, and leaves out the value that says nothing where the contract does.
func (w *writer) enum(e protoreflect.EnumDescriptor, schema object) object {
	var names []any
	meanings := []string{}
	for i := range e.Values().Len() {
		v := e.Values().Get(i)
		names = append(names, v.Name())
		if meaning, ok := described(v, object{})["description"]; ok {
			meanings = append(meanings, fmt.Sprintf("%s: %s", v.Name(), meaning))
		}
	}
	all := described(e, object{"type": "string", "enum": names})
	if len(meanings) > 0 {
		own, _ := all["description"].(string)
		all["description"] = strings.TrimSpace(own + "\n\n- " + strings.Join(meanings, "\n- "))
	}
	w.schemas[string(e.FullName())] = all
	to := ref("schemas", string(e.FullName()))
	for _, choice := range schema["anyOf"].([]any) {
		if allowed, ok := choice.(object)["enum"].([]any); ok && !slices.Contains(allowed, any(string(e.Values().Get(0).Name()))) {
			to["not"] = object{"const": e.Values().Get(0).Name()}
		}
	}
	return to
}
