package main

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// The contract breaks nothing that was ever accepted, and what is new was accepted too.
func TestContractHolds(t *testing.T) {
	if err := run(false); err != nil {
		t.Error(err)
	}
}

func TestBreakingIsNoticed(t *testing.T) {
	find := func(set *descriptorpb.FileDescriptorSet, file string) *descriptorpb.FileDescriptorProto {
		for _, f := range set.File {
			if f.GetName() == file {
				return f
			}
		}
		t.Fatalf("no file %s", file)
		return nil
	}
	const events = "counterfoil/licensing/v1/events.proto"
	tests := map[string]struct {
		change func(*descriptorpb.FileDescriptorSet)
		want   string
	}{
		"nothing": {func(*descriptorpb.FileDescriptorSet) {}, ""},
		"a message more": {func(s *descriptorpb.FileDescriptorSet) {
			f := find(s, events)
			f.MessageType = append(f.MessageType, &descriptorpb.DescriptorProto{Name: proto.String("LicenceFramed")})
		}, ""},
		"a field less": {func(s *descriptorpb.FileDescriptorSet) {
			m := find(s, events).MessageType[0]
			m.Field = m.Field[1:]
		}, "is gone"},
		"a field renumbered": {func(s *descriptorpb.FileDescriptorSet) {
			find(s, events).MessageType[0].Field[0].Number = proto.Int32(99)
		}, "is gone"},
		"a field retyped": {func(s *descriptorpb.FileDescriptorSet) {
			find(s, events).MessageType[1].Field[0].Type = descriptorpb.FieldDescriptorProto_TYPE_BYTES.Enum()
		}, "was"},
		"a field renamed": {func(s *descriptorpb.FileDescriptorSet) {
			find(s, events).MessageType[1].Field[0].Name = proto.String("nation")
		}, "is now nation"},
		"a service less": {func(s *descriptorpb.FileDescriptorSet) {
			find(s, "counterfoil/query/v1/query.proto").Service = nil
		}, "method"},
		"an enum value renamed": {func(s *descriptorpb.FileDescriptorSet) {
			find(s, "counterfoil/transfer/v1/transfer.proto").EnumType[0].Value[1].Name = proto.String("KIND_SALE")
		}, "KIND_EXPORT"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			now := current()
			tt.change(now)
			found, err := breaking(current(), now)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(found, "\n"); (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("breaking says %q; want %q", got, tt.want)
			}
		})
	}
}
