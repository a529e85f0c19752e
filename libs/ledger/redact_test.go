package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// orders returns the blocks that order events of a journal to be withdrawn, after its last block.
func orders(w *ledgertest.Writer, blocks []*journal.Block, numbers []uint64) (list []*journal.Block) {
	last := blocks[len(blocks)-1]
	w.After(last)
	for _, n := range numbers {
		list = append(list, w.Together(last.ID, &directoryv1.EventWithdrawn{
			WithdrawalId: fmt.Sprintf("%s/withdrawal-%s-%06d", last.ID.Agency, last.ID.Group, n), Number: n, Due: timestamppb.New(ledgertest.Start),
		}))
	}
	return list
}

// Any events of any journals are withdrawn, in any order of what arrives: a ledger that had them and purged them equals one
// that was folded from the redacted blocks and never saw them, row for row, root for root, and in what is parked.
func TestPurgedLedgerEqualsOneThatNeverSawIt(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rough := rapid.Bool().Draw(t, "rough")
		history := ledgertest.History
		if rough {
			history = ledgertest.RoughHistory
		}
		h := history(t)
		seen, never := ledgertest.Journals{}, ledgertest.Journals{}
		var redacted []*journal.Block
		w := ledgertest.NewWriter()
		ids := slices.SortedFunc(maps.Keys(h), func(x, y journal.ID) int { return strings.Compare(x.String(), y.String()) })
		for _, id := range ids {
			blocks := h[id]
			seen[id], never[id] = slices.Clone(blocks), slices.Clone(blocks)
			if id.Group == ledger.Directory.Group {
				continue
			}
			var gone []uint64
			for i, b := range blocks {
				var here []uint64
				for _, e := range b.Entries {
					if rapid.IntRange(0, 5).Draw(t, "withdrawn") == 0 {
						here = append(here, e.Number)
					}
				}
				if len(here) > 0 {
					never[id][i] = ledgertest.Redacted(b, here...)
					redacted, gone = append(redacted, never[id][i]), append(gone, here...)
				}
			}
			more := orders(w, blocks, gone)
			seen[id], never[id] = append(seen[id], more...), append(never[id], more...)
		}
		one, other := open(t, folder), open(t, folder)
		fold(t, one, shuffled(t, seen), func() bool { return rapid.Bool().Draw(t, "commit") })
		tx, err := one.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		for _, b := range rapid.Permutation(redacted).Draw(t, "redactions") {
			for _, want := range []bool{true, false} { // the second time there is nothing to do
				if purged, err := tx.Redact(b); err != nil || purged != want {
					t.Fatalf("Redact = %v, %v", purged, err)
				}
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		fold(t, other, shuffled(t, never), func() bool { return rapid.Bool().Draw(t, "commit") })
		s, want := stateOf(t, one), stateOf(t, other)
		for _, p := range slices.Concat(s.Parked, want.Parked) {
			p.BeforeStart = p.BeforeStart && !rough // like the reason
		}
		if diff := cmp.Diff(want, s, protocmp.Transform()); diff != "" {
			t.Fatalf("the one that purged differs:\n%s", diff)
		}
		if len(s.Findings) > 0 {
			t.Fatalf("Check: %v", s.Findings)
		}
	})
}

var canary = "Canary Consignee 7b1f"

// withCanary has a licence with the canary in it, one beside it, what rests on it, and the order to withdraw it.
func withCanary() (blocks []*journal.Block) {
	named := proto.CloneOf(lines12)
	named.Parties = []*transferv1.Party{{Name: canary}}
	named.Destination = &licensingv1.Place{Country: "XC", Name: "Isle of " + canary}
	blocks = ledgertest.NewWriter().Blocks(
		&licensingv1.LicenceGranted{LicenceId: "licensing/L-000002", Deal: lines12},
		&licensingv1.LicenceGranted{LicenceId: "licensing/L-000001", Deal: named},
		suspendedL)
	return append(blocks, orders(ledgertest.NewWriter(), blocks, []uint64{2})...)
}

// folded opens a ledger that has folded the blocks.
func folded(t *testing.T, blocks []*journal.Block) *ledger.Ledger {
	t.Helper()
	l := ledgertest.Open(t, "licensing")
	fold(t, l, blocks, func() bool { return true })
	return l
}

func redact(t *testing.T, l *ledger.Ledger, b *journal.Block, end func(*ledger.Tx) error) {
	t.Helper()
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Redact(b); err != nil {
		t.Fatal(err)
	}
	if err := end(tx); err != nil {
		t.Fatal(err)
	}
}

// The file holds the canary until it is scrubbed, which waits for a view that may still read it.
func TestNothingIsLeftInTheFile(t *testing.T) {
	blocks := withCanary()
	l := folded(t, blocks)
	redacted := ledgertest.Redacted(blocks[1], 2)
	redact(t, l, redacted, func(tx *ledger.Tx) error {
		tx.Rollback() // as a crash does
		return nil
	})
	held := func() bool {
		if err := l.Sync(); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(l.Path())
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(data, []byte(canary)) || bytes.Contains(data, []byte(ledger.FoldName(canary)))
	}
	reading, read := make(chan struct{}), make(chan error)
	finish := make(chan struct{})
	go func() {
		read <- l.View(func(v ledger.View) error {
			close(reading)
			<-finish
			row, err := v.Licence("licensing/L-000001")
			if err == nil && row.GetDeal().GetParties()[0].GetName() != canary {
				err = fmt.Errorf("an open view reads %v", row)
			}
			return err
		})
	}()
	<-reading
	redact(t, l, redacted, (*ledger.Tx).Commit)
	if !held() {
		t.Fatal("the canary is gone before the file was scrubbed: this test tests nothing")
	}
	scrubbed := make(chan error)
	go func() { scrubbed <- l.Scrub(t.Context()) }()
	select {
	case err := <-scrubbed:
		t.Fatalf("scrubbed under an open view: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	close(finish)
	if err := errors.Join(<-read, <-scrubbed); err != nil {
		t.Fatal(err)
	}
	if held() {
		t.Error("the canary is still in the file")
	}
	err := l.View(func(v ledger.View) error {
		findings, err := v.Check(t.Context())
		if len(findings) > 0 {
			t.Errorf("Check: %v", findings)
		}
		parked, err2 := v.Parked()
		if len(parked) > 0 {
			t.Errorf("what rested on the withdrawn event counts as trouble: %v", parked)
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A redacted block takes out only what an order names, and only from the block that it is the redacted form of.
func TestRedactionWithoutOrderIsRefused(t *testing.T) {
	blocks := withCanary()
	l := folded(t, blocks)
	other := ledgertest.NewWriter().Blocks(revokedL, revokedL)[1] // another block under number 2
	for name, b := range map[string]*journal.Block{
		"no order names it": ledgertest.Redacted(blocks[2], 3),
		"another block":     ledgertest.Redacted(other, 2),
	} {
		t.Run(name, func(t *testing.T) {
			tx, err := l.Begin()
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			var broken *journal.Broken
			if _, err := tx.Redact(b); !errors.As(err, &broken) || broken.Block != b.Header.Number {
				t.Errorf("Redact = %v, want *Broken", err)
			}
		})
	}
}

// An event that was withdrawn is said to be, and is no event any more.
func TestWithdrawnEventIsNotFound(t *testing.T) {
	blocks := withCanary()
	l := folded(t, blocks)
	redact(t, l, ledgertest.Redacted(blocks[1], 2), (*ledger.Tx).Commit)
	err := l.View(func(v ledger.View) error {
		id := blocks[1].ID
		event, err := v.Event(id, 2)
		gone, err2 := v.Withdrawn(id, 2)
		if event != nil || !gone {
			t.Errorf("event 2: %v, withdrawn %v", event, gone)
		}
		events, _, _, err3 := v.EventsAfter("", nil, 10)
		if len(events) != 3 || events[1].Number != 3 {
			t.Errorf("watched: %v; want events 1, 3 and the order", events)
		}
		return errors.Join(err, err2, err3)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What contradicts a row because an event between them was withdrawn rests on that, on the ledger that purged it and on one that never had
// it; what contradicts one that lacks nothing is refused.
func TestWhatFollowedAWithdrawnEventRestsOnIt(t *testing.T) {
	w := ledgertest.NewWriter()
	lifted := &licensingv1.LicenceReinstated{LicenceId: grantedL.LicenceId}
	other := &licensingv1.LicenceGranted{LicenceId: "licensing/L-000002", Deal: lines12}
	blocks := w.Blocks(grantedL)
	for _, fact := range []proto.Message{suspendedL, lifted, other, &licensingv1.LicenceReinstated{LicenceId: other.LicenceId}} {
		blocks = append(blocks, w.Blocks(fact)...)
	}
	blocks = append(blocks, orders(w, blocks, []uint64{2})...)
	left := ledgertest.Redacted(blocks[1], 2)
	purged := folded(t, blocks)
	redact(t, purged, left, (*ledger.Tx).Commit)
	blocks[1] = left
	for name, l := range map[string]*ledger.Ledger{"purged": purged, "never had it": folded(t, blocks)} {
		err := l.View(func(v ledger.View) error {
			parked, err := v.ParkedEvents()
			if len(parked) != 2 || parked[0].Number != 3 || !parked[0].BeforeStart || parked[1].Number != 5 || parked[1].BeforeStart {
				t.Errorf("%s: parked are %v", name, parked)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
