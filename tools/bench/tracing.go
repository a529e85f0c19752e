package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/counterfoil/counterfoil/libs/custody"
	"github.com/counterfoil/counterfoil/libs/custody/custodytest"
	"github.com/counterfoil/counterfoil/libs/ledger"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// traces times who had an item, by its serial alone, among 100,000 items whose serials several share; and how fast their history
// is folded.
func traces(_ context.Context, dir string, _ options) ([]row, error) {
	const items, asked = 100_000, 2_000
	l, err := ledger.Open(filepath.Join(dir, "tracing.db"), ledger.Options{Agency: "enforcement"})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	w := custodytest.Make(1, items, 40)
	began := time.Now()
	if err := w.Fold(l); err != nil {
		return nil, err
	}
	folded, facts := time.Since(began), len(w.Facts)
	serials := make([]string, items)
	for i, it := range w.Items {
		serials[i] = it.Mark.Serial
	}
	w = nil
	runtime.GC() // a node does not hold what was folded
	r := rand.New(rand.NewPCG(1, 2))
	var took, used []float64 // seconds
	chains := 0
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for range asked {
		began, before := time.Now(), processorTime()
		err := l.View(func(v ledger.View) error {
			found, err := custody.Of(v, &transferv1.Mark{Serial: serials[r.IntN(items)]})
			chains += len(found)
			return err
		})
		if err != nil {
			return nil, err
		}
		took, used = append(took, time.Since(began).Seconds()), append(used, (processorTime()-before).Seconds())
	}
	slices.Sort(took)
	slices.Sort(used)
	p99 := took[asked*99/100]
	return []row{{
		what:     fmt.Sprintf("trace a serial among %d items, %.1f of which share it", items, float64(chains)/asked),
		measured: fmt.Sprintf("median %.1f ms, 99 %% %.1f ms", took[asked/2]*1e3, p99*1e3),
		limit:    fmt.Sprintf("of the processor: median %.1f ms, 99 %% %.1f ms", used[asked/2]*1e3, used[asked*99/100]*1e3),
		target:   "99 % within 10 ms", ok: p99 < 0.01,
	}, {
		what:     fmt.Sprintf("fold the history of %d items with serials, an event to a block", items),
		measured: fmt.Sprintf("%.0f events/s", float64(facts)/folded.Seconds()),
		ok:       true,
	}}, nil
}

// processorTime is what the thread has used of the processor.
func processorTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0 // not on this system
	}
	return time.Duration(t.Nano())
}
