package replay_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
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
	"github.com/counterfoil/counterfoil/libs/replay"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

func everyTable(v ledger.View) (map[queryv1.Table][]*queryv1.Row, error) {
	all := map[queryv1.Table][]*queryv1.Row{}
	for table := range queryv1.Table_name {
		of := queryv1.Table(table)
		if of == queryv1.Table_TABLE_UNSPECIFIED {
			continue
		}
		rows, _, err := v.List(of, &queryv1.Filter{Withdrawn: true}, "", 10_000)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if e := r.GetEvent(); e != nil {
				e.ReceivedAt = nil
			}
		}
		slices.SortFunc(rows, func(a, b *queryv1.Row) int { return strings.Compare(idOf(a), idOf(b)) }) // they stand as they came
		if len(rows) > 0 {
			all[of] = rows
		}
	}
	return all, nil
}

func foldBlocks(t interface{ Fatal(...any) }, l *ledger.Ledger, blocks ...*journal.Block) {
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for _, b := range blocks {
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// A ledger of the past that was asked for before the rest of the history came, with snapshots taken in between, says the same as one
// that is folded from all of it at the end, whichever horizon was asked for first.
func TestPastIsBroughtUp(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		home, err := os.MkdirTemp(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(home)
		h := drawn(t)
		l, err := ledger.Open(filepath.Join(home, "ledger.db"), ledger.Options{Agency: "licensing"})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		clock := func() time.Time { return now }
		snapshots := &replay.Snapshots{Live: l, Dir: filepath.Join(home, "snapshots"), Now: clock, Every: 10}
		cache, err := replay.Open(replay.Config{Live: l, Dir: filepath.Join(home, "past"), Snapshots: snapshots, Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		defer cache.Close()
		horizons := []*queryv1.Horizon{drawnHorizon(t, h), drawnHorizon(t, h), {AsOf: timestamppb.New(now)}}
		ask := func(asked *queryv1.Horizon) (rows map[queryv1.Table][]*queryv1.Row) {
			err := cache.View(t.Context(), asked, func(v ledger.View) (err error) {
				rows, err = everyTable(v)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return rows
		}
		for _, id := range inOrder(h) {
			for _, b := range h[id] {
				foldBlocks(t, l, b)
				switch rapid.IntRange(0, 7).Draw(t, "then") {
				case 0:
					ask(rapid.SampledFrom(horizons).Draw(t, "asked"))
				case 1:
					if _, err := snapshots.TakeDue(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		late := map[*queryv1.Horizon]map[queryv1.Table][]*queryv1.Row{}
		for _, asked := range horizons {
			late[asked] = ask(asked)
		}
		if err := errors.Join(cache.Drop(), snapshots.Drop()); err != nil {
			t.Fatal(err)
		}
		for _, asked := range horizons {
			if diff := cmp.Diff(ask(asked), late[asked], protocmp.Transform()); diff != "" {
				t.Fatalf("%v (-anew +brought up):\n%s", asked, diff)
			}
		}
	})
}

// worldWithReceipts is a history of licensing in which customs says what it has.
func worldWithReceipts(t testing.TB) (*ledger.Ledger, *replay.Cache, *ledgertest.Writer) {
	l := ledgertest.Open(t, "licensing")
	cache, err := replay.Open(replay.Config{Live: l, Dir: filepath.Join(t.TempDir(), "past"), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.Close() })
	w := ledgertest.NewWriter()
	foldBlocks(t, l, w.Blocks(&directoryv1.AgencyRegistered{Agency: "licensing"}, &directoryv1.AgencyRegistered{Agency: "customs"})...)
	return l, cache, w
}

func count(t testing.TB, cache *replay.Cache, asked *queryv1.Horizon) (n uint64) {
	t.Helper()
	err := cache.View(t.Context(), asked, func(v ledger.View) (err error) {
		n, _, err = v.Count(queryv1.Table_TABLE_LICENCES, nil, "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What another agency had received grows with its receipts, and what it had at a moment stays.
func TestKnownToAnotherAgencyByItsReceipts(t *testing.T) {
	l, cache, w := worldWithReceipts(t)
	receipt := func(block uint64) proto.Message {
		return ledgertest.By("customs", ledgertest.In("directory", &directoryv1.ReceiptGiven{Journals: []*directoryv1.JournalReceipt{{Journal: "licensing/all", Block: block, Events: block}}}))
	}
	all := &queryv1.Horizon{KnownTo: "customs"}
	foldBlocks(t, l, w.Blocks(&licensingv1.LicenceGranted{LicenceId: "licensing/L-1"}, &licensingv1.LicenceGranted{LicenceId: "licensing/L-2"})...)
	if n := count(t, cache, all); n != 0 {
		t.Errorf("customs gave no receipt and had %d licences", n)
	}
	foldBlocks(t, l, w.Blocks(receipt(1))...)
	if n := count(t, cache, all); n != 1 {
		t.Errorf("after the receipt for block 1 customs had %d licences", n)
	}
	then := timestamppb.New(ledgertest.Start.Add(4 * time.Second)) // the receipt's
	foldBlocks(t, l, w.Blocks(receipt(2))...)
	if n := count(t, cache, all); n != 2 {
		t.Errorf("after the receipt for block 2 customs had %d licences", n)
	}
	if n := count(t, cache, &queryv1.Horizon{KnownTo: "customs", At: then}); n != 1 {
		t.Errorf("at the first receipt customs had %d licences", n)
	}
}

// Whoever takes the blocks of a replay slowly keeps no view of the ledger open: a purge that has to wait for views comes to its end.
func TestSlowReplayHoldsNothingUp(t *testing.T) {
	l, _, w := worldWithReceipts(t)
	foldBlocks(t, l, w.Blocks(&licensingv1.LicenceGranted{LicenceId: "licensing/L-1"})...)
	all := &replay.Horizon{}
	plan, err := all.Plan(t.Context(), l, nil)
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	err = all.Blocks(t.Context(), l, nil, plan, func(*ledgerv1.FoldedBlock) error {
		blocks++
		tx, err := l.Begin()
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if err := errors.Join(tx.PutLocal("unscrubbed", []byte{1}), tx.Commit()); err != nil {
			return err
		}
		soon, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		return l.Scrub(soon)
	})
	if err != nil || blocks != 3 {
		t.Errorf("%d blocks were read: %v", blocks, err)
	}
}
