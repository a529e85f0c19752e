package proofs_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/proofs"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// benchEvents is how many events the exported journal has; 1,000,000 in a long run.
func benchEvents() int {
	if os.Getenv("COUNTERFOIL_SOAK") != "" {
		return 1_000_000
	}
	return 50_000
}

// BenchmarkExport reads the leaves of a journal as a node does and writes its tiles, with and without the entries, each time into a
// folder of its own. It says how much was held in memory at most, above what was before.
func BenchmarkExport(b *testing.B) {
	w := newWorld(b, b.TempDir())
	defer w.ledger.Close()
	for n := benchEvents(); n > 0; n -= 1000 {
		w.grow(others, 1000, 100)
	}
	total := len(w.raw[others])
	w.raw = nil
	for name, entries := range map[string]bool{"hashes": false, "entries": true} {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			most := uint64(0)
			var m runtime.MemStats
			held := func() uint64 {
				runtime.GC()
				runtime.ReadMemStats(&m)
				return m.HeapAlloc
			}
			before := held()
			n, looks := 0, 0
			for b.Loop() {
				n++
				exportAsServed(b, w, filepath.Join(dir, strconv.Itoa(n)), entries, func() {
					if looks++; looks%8 == 0 {
						now := held()
						most = max(most, now-min(now, before))
					}
				})
			}
			b.ReportMetric(float64(total)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(most)/(1<<20), "MiB/held")
		})
	}
}

// exportAsServed writes a folder from what each view gives, as a node serves it and a command writes it.
func exportAsServed(b *testing.B, w *world, dir string, entries bool, look func()) {
	var head *queryv1.SignedHead
	w.view(func(v ledger.View) { head = must(w.source.Whole(v, others)) })
	f := must(proofs.OpenFolder(dir, must(proofs.SignedHeadOf(head)), nil, entries))
	for f.Size() < head.Events {
		w.view(func(v ledger.View) {
			if entries {
				for _, e := range must(proofs.Entries(v, others, f.Size(), head.Events)) {
					if err := f.Event(e.GetEvent()); err != nil {
						b.Fatal(err)
					}
				}
				return
			}
			hashes := must(proofs.Leaves(v, others, f.Size(), head.Events, 1<<16))
			for i := 0; i < len(hashes); i += tlog.HashSize {
				if err := f.Leaf(tlog.Hash(hashes[i : i+tlog.HashSize])); err != nil {
					b.Fatal(err)
				}
			}
		})
		look()
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}
