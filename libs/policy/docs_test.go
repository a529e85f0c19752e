package policy_test

import (
	"os"
	"strings"
	"testing"

	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// The guide for who writes policies explains every field of the contract.
func TestGuideHasEveryField(t *testing.T) {
	data, err := os.ReadFile("../../docs/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	guide, seen := string(data), map[protoreflect.FullName]bool{}
	var look func(protoreflect.MessageDescriptor)
	look = func(m protoreflect.MessageDescriptor) {
		if seen[m.FullName()] || m.IsMapEntry() {
			return
		}
		seen[m.FullName()] = true
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			if name := string(f.Name()); !strings.Contains(guide, "`"+name+"`") && !strings.Contains(guide, name+":") {
				t.Errorf("docs/policies.md does not explain %s", f.FullName())
			}
			if f.Message() != nil {
				look(f.Message())
			}
		}
	}
	look((&policyv1.Policy{}).ProtoReflect().Descriptor())
	if len(seen) < 15 {
		t.Errorf("only %d messages", len(seen))
	}
}
