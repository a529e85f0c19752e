package ledger_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
)

// A ledger is replaced under those who have it: who waits to write does so in the new file, an open view keeps its state, a page token of
// the old file is refused and a watch goes on after what it saw. One that holds less, or is another agency's, does not come in its place.
func TestReplace(t *testing.T) {
	blocks := syntheticBlocks(ledgertest.NewWriter(), 0, 3_000)
	last := len(blocks) - 1
	l, anew, less := ledgertest.Open(t, "licensing"), ledgertest.Open(t, "licensing"), ledgertest.Open(t, "licensing")
	foldBatch(t, l, blocks[:last])
	foldBatch(t, less, blocks[:last-1])
	other := ledgertest.Open(t, "customs")
	bring := func(ledger.View) error { foldBatch(t, anew, blocks[:last]); return nil }
	for _, tt := range []struct {
		with *ledger.Ledger
		want string
	}{{less, "holds"}, {other, "not of licensing"}} {
		if _, err := l.Replace(tt.with, func(ledger.View) error { return nil }); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Replace: %v; want %q", err, tt.want)
		}
	}
	var page, watch, before string
	err := l.View(func(old ledger.View) (err error) {
		before = old.Incarnation()
		if _, page, err = old.List(tableLicences, nil, "", 1); err != nil {
			return err
		}
		if watch, err = old.WatchToken(); err != nil {
			return err
		}
		waited := make(chan error, 1)
		_, err = l.Replace(anew, func(v ledger.View) error {
			go func() { // it waits for the old file, and begins on the new one
				tx, err := l.Begin()
				if err == nil {
					err = tx.Fold(blocks[last], ledgertest.Position(blocks[last]))
				}
				if err == nil {
					err = tx.Commit()
				}
				waited <- err
			}()
			return bring(v)
		})
		if err != nil {
			return err
		}
		if err := <-waited; err != nil {
			return err
		}
		if n, _, err := old.Count(tableLicences, nil, ""); err != nil || n != events(blocks[:last]) || old.Incarnation() != before {
			t.Errorf("the open view has %d licences, %v", n, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = l.View(func(v ledger.View) error {
		if n, _, err := v.Count(tableLicences, nil, ""); err != nil || n != events(blocks) || v.Incarnation() == before {
			t.Errorf("the new file has %d licences, %v", n, err)
		}
		if _, _, err := v.List(tableLicences, nil, page, 1); err == nil || !strings.Contains(err.Error(), "built anew") {
			t.Errorf("the page token: %v", err)
		}
		seen, _, _, err := v.EventsAfter(watch, nil, 10_000)
		if uint64(len(seen)) != events(blocks[last:]) {
			t.Errorf("the watch sees %d events; want those of the last block", len(seen))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Wait(t.Context(), blocks[0].ID, events(blocks)); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(filepath.Dir(l.Path()))
	if err != nil || len(entries) != 3 { // the file, its marker, and the one aside
		t.Errorf("in the folder: %v, %v", entries, err)
	}
}

func events(blocks []*journal.Block) (n uint64) {
	for _, b := range blocks {
		n += uint64(len(b.Entries))
	}
	return n
}
