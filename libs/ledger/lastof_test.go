package ledger_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

func TestLastOf(t *testing.T) {
	const id = "licensing/A-2026-000001"
	amendedAt := ledgertest.Start.Add(48 * time.Hour)
	amended := &licensingv1.ApplicationAmended{ApplicationId: id, Deal: &licensingv1.Deal{}}
	tx := ledgertest.Begin(t, ledgertest.Open(t, "licensing"),
		&licensingv1.ApplicationSubmitted{ApplicationId: id, Deal: &licensingv1.Deal{}},
		ledgertest.At(amendedAt, amended), &licensingv1.ConflictDeclared{ApplicationId: id, Person: "p"})
	last := func(kind proto.Message) time.Time {
		t.Helper()
		row, err := tx.Application(id)
		if err != nil {
			t.Fatal(err)
		}
		at, err := tx.LastOf(row, kind.ProtoReflect().Descriptor().FullName())
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	if at := last(amended); !at.Equal(amendedAt) {
		t.Errorf("amended at %s, want %s", at, amendedAt)
	}
	if at := last(&licensingv1.ApplicationWithdrawn{}); !at.IsZero() {
		t.Errorf("withdrawn at %s", at)
	}
	// What is applied and in no block yet may be of any kind.
	event, err := journal.NewEvent(amended, amendedAt, amendedAt)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := journal.Record(4, event, amended)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Apply(journal.ID{Agency: "licensing", Group: "all"}, entry); err != nil {
		t.Fatal(err)
	}
	if at := last(amended); !at.After(amendedAt.AddDate(1000, 0, 0)) {
		t.Errorf("one that is being recorded counts as of %s", at)
	}
}
