package ledger_test

import (
	"errors"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// Leaf hashes come in order from any event on, also from the middle of a block, and of an event that was withdrawn too.
func TestEachLeaf(t *testing.T) {
	id, other := journal.ID{Agency: "licensing", Group: "all"}, journal.ID{Agency: "customs", Group: "all"}
	w := ledgertest.NewWriter()
	beat := &licensingv1.Heartbeat{}
	blocks := []*journal.Block{w.Together(id, beat, beat, beat), w.Together(other, beat), w.Together(id, beat), w.Together(id, beat, beat)}
	var want []tlog.Hash
	for _, b := range blocks {
		for _, e := range b.Entries {
			if b.ID == id {
				want = append(want, journal.LeafHash(e.Raw))
			}
		}
	}
	position := ledgertest.Position(blocks[0])
	blocks[0] = ledgertest.Redacted(blocks[0], 2)
	tx := ledgertest.Begin(t, ledgertest.Open(t, "reporting"))
	for i, b := range blocks {
		if i > 0 {
			position = ledgertest.Position(b)
		}
		if err := tx.Fold(b, position); err != nil {
			t.Fatal(err)
		}
	}
	for after := range uint64(8) {
		var got []tlog.Hash
		next := after + 1
		err := tx.EachLeaf(id, after, func(number uint64, leaf tlog.Hash) error {
			if number != next {
				t.Errorf("event %d comes in place of %d", number, next)
			}
			next++
			got = append(got, leaf)
			return nil
		})
		if err != nil || !slices.Equal(got, want[min(int(after), len(want)):]) {
			t.Errorf("after event %d there are %d leaves, or others: %v", after, len(got), err)
		}
	}
	enough := errors.New("enough")
	if err := tx.EachLeaf(id, 0, func(uint64, tlog.Hash) error { return enough }); err != enough {
		t.Errorf("it ends with %v", err)
	}
	if err := tx.EachLeaf(journal.ID{Agency: "nobody", Group: "all"}, 0, func(uint64, tlog.Hash) error { return enough }); err != nil {
		t.Errorf("a journal that is not here: %v", err)
	}
}
