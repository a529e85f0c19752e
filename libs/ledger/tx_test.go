package ledger_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

func TestLocalAndStops(t *testing.T) {
	l := ledgertest.Open(t, "customs")
	tx := ledgertest.Begin(t, l, grantedL)
	root := func() (r [32]byte) {
		r, _, err := tx.Root(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	before := root()
	stop := &ledgerv1.Stop{Journal: "licensing/all", Block: 7, Reason: "signature"}
	if err := errors.Join(tx.PutLocal("cursor", []byte("7")), tx.PutLocal("gone", []byte("x")), tx.PutLocal("gone", nil), tx.Stop(stop)); err != nil {
		t.Fatal(err)
	}
	if got := tx.Local("cursor"); string(got) != "7" || tx.Local("gone") != nil {
		t.Errorf("Local: %q, %q", got, tx.Local("gone"))
	}
	if got, err := tx.Stops(); err != nil || len(got) != 1 || !proto.Equal(got[0], stop) {
		t.Errorf("Stops: %v, %v", got, err)
	}
	if err := tx.ClearStop(journal.ID{Agency: "licensing", Group: "all"}); err != nil {
		t.Fatal(err)
	}
	if got, err := tx.Stops(); err != nil || len(got) != 0 {
		t.Errorf("Stops: %v, %v", got, err)
	}
	if root() != before {
		t.Error("what is local changed the root")
	}
}

func TestCommitNeedsTheBlock(t *testing.T) {
	l := ledgertest.Open(t, "licensing")
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	b := ledgertest.NewWriter().Blocks(grantedL)[0]
	if err := tx.Apply(b.ID, b.Entries...); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err == nil || !strings.Contains(err.Error(), "without its block") {
		t.Errorf("Commit: %v", err)
	}
	if err := l.View(func(v ledger.View) error {
		row, err := v.Licence(grantedL.LicenceId)
		if row != nil {
			t.Errorf("Licence: %v", row)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestFoldWantsTheNextBlock(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*journal.Block, *ledgerv1.Position)
		want  string
	}{
		{"a block left out", func(b *journal.Block, _ *ledgerv1.Position) { b.Header.Number = 3 }, "block 3 of licensing/all does not follow, the next is 2"},
		{"a block again", func(b *journal.Block, _ *ledgerv1.Position) { b.Header.Number = 1 }, "block 1 of licensing/all is folded already"},
		{"events left out", func(b *journal.Block, _ *ledgerv1.Position) { b.Header.FirstEvent = 3 }, "event 3 of licensing/all does not follow"},
		{"an event of another number", func(b *journal.Block, _ *ledgerv1.Position) { b.Entries[0].Number = 7 }, "event 7 of licensing/all does not follow"},
		{"another count", func(b *journal.Block, _ *ledgerv1.Position) { b.Header.Count = 2 }, "its header says 2"},
		{"no events", func(b *journal.Block, _ *ledgerv1.Position) { b.Header.Count, b.Entries = 0, nil }, "has 0 events"},
		{"another position", func(_ *journal.Block, p *ledgerv1.Position) { p.Events = 9 }, "does not lead to position"},
		{"a position of another journal", func(_ *journal.Block, p *ledgerv1.Position) { p.Journal = "customs/all" }, "does not lead to position"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := ledgertest.Open(t, "licensing")
			blocks := ledgertest.NewWriter().Blocks(grantedL, suspendedL)
			fold(t, l, blocks[:1], never)
			before := viewOf(t, l)
			p := ledgertest.Position(blocks[1])
			tt.spoil(blocks[1], p)
			tx, err := l.Begin()
			if err != nil {
				t.Fatal(err)
			}
			if err := tx.Fold(blocks[1], p); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Fold: %v, want %q", err, tt.want)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, viewOf(t, l), protocmp.Transform()); diff != "" {
				t.Errorf("the rows changed:\n%s", diff)
			}
		})
	}
}

func TestCheckFindsDamage(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*ledger.Tx) error
		want  string
	}{
		{"nothing", func(*ledger.Tx) error { return nil }, ""},
		{"index", func(tx *ledger.Tx) error { return tx.BreakPosting("licences", "status", "granted") }, `licences: the index by status "granted" is wrong`},
		{"id", func(tx *ledger.Tx) error { return tx.BreakID("lines", "licensing/L-000001#1") }, "licensing/L-000001#1 is not found by its id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := ledgertest.Open(t, "licensing")
			fold(t, l, ledgertest.NewWriter().Blocks(grantedL), never)
			tx, err := l.Begin()
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(tt.spoil(tx), tx.Commit()); err != nil {
				t.Fatal(err)
			}
			err = l.View(func(v ledger.View) error {
				findings, err := v.Check(t.Context())
				if tt.want == "" && len(findings) > 0 || tt.want != "" && (len(findings) == 0 || !strings.Contains(findings[0], tt.want)) {
					t.Errorf("Check: %v", findings)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
