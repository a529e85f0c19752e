package main

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// breaking lists what was in the accepted contract and is gone or otherwise now: events are for ever, so nothing may be
// renamed, renumbered, retyped or taken away. What is new does not show here.
func breaking(accepted, now *descriptorpb.FileDescriptorSet) ([]string, error) {
	was, err := files(accepted)
	if err != nil {
		return nil, fmt.Errorf("read the accepted contract: %w", err)
	}
	is, err := files(now)
	if err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	var found []string
	for _, file := range accepted.File {
		d, err := was.FindFileByPath(file.GetName())
		if err != nil {
			return nil, err
		}
		found = append(found, messages(d.Messages(), is)...)
		found = append(found, enums(d.Enums(), is)...)
		found = append(found, services(d.Services(), is)...)
	}
	return found, nil
}

// files resolves a set in which only the contract's own files are; the others come from what is linked in.
func files(set *descriptorpb.FileDescriptorSet) (*protoregistry.Files, error) {
	full := proto.Clone(set).(*descriptorpb.FileDescriptorSet)
	own := map[string]bool{}
	for _, f := range full.File {
		own[f.GetName()] = true
	}
	seen := map[string]bool{}
	var add func(path string) error
	add = func(path string) error {
		if own[path] || seen[path] {
			return nil
		}
		seen[path] = true
		d, err := protoregistry.GlobalFiles.FindFileByPath(path)
		if err != nil {
			return err
		}
		for i := range d.Imports().Len() {
			if err := add(d.Imports().Get(i).Path()); err != nil {
				return err
			}
		}
		full.File = append(full.File, protodesc.ToFileDescriptorProto(d))
		return nil
	}
	for _, f := range set.File {
		for _, path := range f.Dependency {
			if err := add(path); err != nil {
				return nil, err
			}
		}
	}
	return protodesc.NewFiles(full)
}

func messages(list protoreflect.MessageDescriptors, is *protoregistry.Files) (found []string) {
	for i := range list.Len() {
		was := list.Get(i)
		d, err := is.FindDescriptorByName(was.FullName())
		now, ok := d.(protoreflect.MessageDescriptor)
		if err != nil || !ok {
			found = append(found, fmt.Sprintf("message %s is gone", was.FullName()))
			continue
		}
		for j := range was.Fields().Len() {
			if reason := field(was.Fields().Get(j), now); reason != "" {
				found = append(found, reason)
			}
		}
		found = append(found, messages(was.Messages(), is)...)
		found = append(found, enums(was.Enums(), is)...)
	}
	return found
}

func field(was protoreflect.FieldDescriptor, in protoreflect.MessageDescriptor) string {
	now := in.Fields().ByNumber(was.Number())
	switch {
	case now == nil:
		return fmt.Sprintf("field %s = %d is gone", was.FullName(), was.Number())
	case now.Name() != was.Name():
		return fmt.Sprintf("field %s = %d is now %s", was.FullName(), was.Number(), now.Name())
	case shape(now) != shape(was):
		return fmt.Sprintf("field %s = %d was %s and is %s", was.FullName(), was.Number(), shape(was), shape(now))
	}
	return ""
}

// shape is what a field's bytes mean.
func shape(f protoreflect.FieldDescriptor) string {
	s := fmt.Sprint(f.Cardinality(), " ", f.Kind())
	if m := f.Message(); m != nil {
		s += " " + string(m.FullName())
	}
	if e := f.Enum(); e != nil {
		s += " " + string(e.FullName())
	}
	if o := f.ContainingOneof(); o != nil {
		s += " in " + string(o.Name())
	}
	return s
}

func enums(list protoreflect.EnumDescriptors, is *protoregistry.Files) (found []string) {
	for i := range list.Len() {
		was := list.Get(i)
		d, err := is.FindDescriptorByName(was.FullName())
		now, ok := d.(protoreflect.EnumDescriptor)
		if err != nil || !ok {
			found = append(found, fmt.Sprintf("enum %s is gone", was.FullName()))
			continue
		}
		for j := range was.Values().Len() {
			v := was.Values().Get(j)
			if w := now.Values().ByNumber(v.Number()); w == nil || w.Name() != v.Name() {
				found = append(found, fmt.Sprintf("enum value %s = %d is gone or has another name", v.FullName(), v.Number()))
			}
		}
	}
	return found
}

func services(list protoreflect.ServiceDescriptors, is *protoregistry.Files) (found []string) {
	for i := range list.Len() {
		was := list.Get(i)
		for j := range was.Methods().Len() {
			m := was.Methods().Get(j)
			d, err := is.FindDescriptorByName(m.FullName())
			now, ok := d.(protoreflect.MethodDescriptor)
			if err != nil || !ok || now.Input().FullName() != m.Input().FullName() || now.Output().FullName() != m.Output().FullName() ||
				now.IsStreamingClient() != m.IsStreamingClient() || now.IsStreamingServer() != m.IsStreamingServer() {
				found = append(found, fmt.Sprintf("method %s is gone or takes or gives something else", m.FullName()))
			}
		}
	}
	return found
}
