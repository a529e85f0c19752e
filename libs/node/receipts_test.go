package node

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// due is what enforcement has to give a receipt for, less dates and roots.
func due(t *testing.T, v ledger.View, stops map[journal.ID]*ledgerv1.Stop) []*directoryv1.JournalReceipt {
	t.Helper()
	facts, err := receiptDue(v, stops)
	if err != nil || len(facts) > 1 {
		t.Fatalf("receiptDue: %v, %v", facts, err)
	}
	if len(facts) == 0 {
		return nil
	}
	journals := proto.CloneOf(facts[0].(*directoryv1.ReceiptGiven)).Journals
	for _, j := range journals {
		j.RecordedAt, j.Root = nil, nil
	}
	return journals
}

func TestReceiptDue(t *testing.T) {
	registered := &directoryv1.AgencyRegistered{Agency: "enforcement"}
	granted := &licensingv1.LicenceGranted{LicenceId: "licensing/L-1"}
	suspended := &licensingv1.LicenceSuspended{LicenceId: "licensing/L-1"}
	unknown := &licensingv1.LicenceSuspended{LicenceId: "licensing/L-2"} // cannot be applied
	others := ledgertest.By("customs", &directoryv1.ReceiptGiven{Journals: []*directoryv1.JournalReceipt{{Journal: "licensing/all", Block: 1, Events: 1}}})
	all := journal.ID{Agency: "licensing", Group: "all"}
	border := journal.ID{Agency: "customs", Group: "border"}
	directory := &directoryv1.JournalReceipt{Journal: "authority/directory", Block: 1, Events: 1}

	tx := ledgertest.Begin(t, ledgertest.Open(t, "enforcement"))
	writer := ledgertest.NewWriter()
	fold := func(facts ...proto.Message) {
		t.Helper()
		for _, b := range writer.Blocks(facts...) {
			if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(what string, stops map[journal.ID]*ledgerv1.Stop, want ...*directoryv1.JournalReceipt) {
		t.Helper()
		if diff := cmp.Diff(want, due(t, tx.View, stops), protocmp.Transform()); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", what, diff)
		}
	}
	check("nothing has arrived", nil)
	fold(registered, granted, others)
	check("two journals have arrived, and another's receipt", nil, directory, &directoryv1.JournalReceipt{Journal: "licensing/all", Block: 1, Events: 1})
	facts, err := receiptDue(tx.View, nil)
	if err != nil {
		t.Fatal(err)
	}
	fold(ledgertest.By("enforcement", facts[0]))
	check("all of it was said", nil)
	fold(others)
	check("receipts alone call for none", nil)
	fold(suspended, unknown)
	check("one moved, with an event that cannot be applied", nil, &directoryv1.JournalReceipt{Journal: "licensing/all", Block: 3, Events: 3, Failed: 1})
	check("it is stopped, and so is one before its first block", map[journal.ID]*ledgerv1.Stop{all: {Reason: "altered"}, border: {Reason: "no key"}},
		&directoryv1.JournalReceipt{Journal: "customs/border", Stopped: "no key"},
		&directoryv1.JournalReceipt{Journal: "licensing/all", Block: 3, Events: 3, Failed: 1, Stopped: "altered"})
}

// What a look costs when there is nothing to say, with 24 journals: what an idle node does every few seconds.
func BenchmarkReceiptDue(b *testing.B) {
	l := ledgertest.Open(b, "enforcement")
	tx := ledgertest.Begin(b, l)
	writer := ledgertest.NewWriter()
	fold := func(fact proto.Message) {
		for _, block := range writer.Blocks(fact) {
			if err := tx.Fold(block, ledgertest.Position(block)); err != nil {
				b.Fatal(err)
			}
		}
	}
	for n := range 24 {
		fold(ledgertest.In(fmt.Sprintf("group-%d", n), &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-%d", n)}))
	}
	facts, err := receiptDue(tx.View, nil)
	if err != nil {
		b.Fatal(err)
	}
	size := proto.Size(facts[0])
	fold(ledgertest.By("enforcement", facts[0]))
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		err := l.Committed(func(v ledger.View) error {
			facts, err := receiptDue(v, nil)
			if len(facts) > 0 {
				b.Fatal("a receipt is due")
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size), "bytes/receipt")
}
