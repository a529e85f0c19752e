package ledger_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
)

// Every kind that is listed is one that the fold knows: none is parked as unknown.
func TestKindsAreFolded(t *testing.T) {
	w := ledgertest.NewWriter()
	tx := ledgertest.Begin(t, ledgertest.Open(t, "licensing"))
	for _, kind := range slices.Concat(ledger.Kinds(), ledger.DirectoryKinds()) {
		message, err := protoregistry.GlobalTypes.FindMessageByName(kind.FullName())
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range w.Blocks(message.New().Interface()) {
			if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
				t.Fatal(err)
			}
		}
	}
	parked, err := tx.ParkedEvents()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range parked {
		if e.Unknown || strings.Contains(e.Reason, "does not know") {
			t.Errorf("%s is listed and not folded: %s", e.Kind, e.Reason)
		}
	}
	if len(ledger.Kinds()) < 20 {
		t.Errorf("%d kinds are listed", len(ledger.Kinds()))
	}
}

// Of the directory's messages, those are listed that the fold knows as events.
func TestDirectoryKindsAreFolded(t *testing.T) {
	listed := map[protoreflect.FullName]bool{}
	for _, kind := range ledger.DirectoryKinds() {
		listed[kind.FullName()] = true
	}
	w := ledgertest.NewWriter()
	tx := ledgertest.Begin(t, ledgertest.Open(t, "licensing"))
	var kinds []protoreflect.FullName
	protoregistry.GlobalTypes.RangeMessages(func(message protoreflect.MessageType) bool {
		if name := message.Descriptor().FullName(); name.Parent() == "counterfoil.directory.v1" {
			kinds = append(kinds, name)
			for _, b := range w.Blocks(message.New().Interface()) {
				if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
					t.Fatal(err)
				}
			}
		}
		return true
	})
	parked, err := tx.ParkedEvents()
	if err != nil {
		t.Fatal(err)
	}
	unknown := map[string]bool{}
	for _, e := range parked {
		unknown[e.Kind] = e.Unknown
	}
	for _, kind := range kinds {
		if listed[kind] == unknown[string(kind)] {
			t.Errorf("%s: listed %v, unknown to the fold %v", kind, listed[kind], unknown[string(kind)])
		}
	}
}
