package web

import (
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// What is named as an id and is none of a row leads nowhere.
func TestRefers(t *testing.T) {
	for name, want := range map[string]bool{"licence_id": true, "application_id": true, "shipment_id": false, "key_id": false, "end_use": false} {
		if refers(protoreflect.Name(name)) != want {
			t.Errorf("%s leads to a record: %t", name, !want)
		}
	}
}
