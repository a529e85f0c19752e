package duedates_test

import (
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// The guide for who writes procedures explains every field of the contract.
func TestGuideHasEveryField(t *testing.T) {
	data, err := os.ReadFile("../../docs/reporting-calendar.md")
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
			if !strings.Contains(guide, "`"+string(f.Name())+"`") {
				t.Errorf("docs/reporting-calendar.md does not explain %s", f.FullName())
			}
			if f.Message() != nil {
				look(f.Message())
			}
		}
	}
	look((&reportingv1.Procedure{}).ProtoReflect().Descriptor())
	if len(seen) != 6 {
		t.Errorf("%d messages", len(seen))
	}
}
