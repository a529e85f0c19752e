package schedules

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// The schedules leave much to collect and little that stays.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// many is how many schedules a property is held to.
const many = 10_000

// outcome is how a schedule ended.
type outcome struct {
	// early is the share of use before lines were mended; full: something waited for room at the end.
	early float64
	full  bool
	err   error
}

// all plays so many schedules, each drawn from its number, on the processors that there are, and hands over how each ended.
// It stops at the first that is handed over for the last time.
func all(t *testing.T, schedules int, open func(testing.TB) func(*rapid.T) outcome, ended func(seed int, o outcome) (more bool)) {
	t.Helper()
	var next atomic.Int64
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		play := rapid.Custom(open(t))
		workers.Go(func() {
			for seed := int(next.Add(1)); seed <= schedules; seed = int(next.Add(1)) {
				o := play.Example(seed)
				mu.Lock()
				if !ended(seed, o) {
					next.Store(int64(schedules))
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
}

// plays plays so many schedules and fails the test at the first that goes wrong.
func plays(t *testing.T, schedules int, open func(testing.TB) func(*rapid.T) outcome) {
	t.Helper()
	sum, lowest, full := 0.0, 2.0, 0
	all(t, schedules, open, func(seed int, o outcome) bool {
		if o.err != nil {
			t.Errorf("schedule %d: %v", seed, o.err)
		}
		sum, lowest = sum+o.early, min(lowest, o.early)
		if o.full {
			full++
		}
		return o.err == nil
	})
	t.Logf("%d schedules; all was used up in %d; before lines were mended %.1f %% of it on average, %.1f %% at the least", schedules, full, 100*sum/float64(schedules), 100*lowest)
}

// caught fails the test when few schedules go wrong by none of some rules.
func caught(t *testing.T, open func(testing.TB) func(*rapid.T) outcome) {
	t.Helper()
	found := ""
	all(t, many/10, open, func(seed int, o outcome) bool {
		if o.err != nil {
			found = fmt.Sprintf("schedule %d: %v", seed, o.err)
		}
		return o.err == nil
	})
	if found == "" {
		t.Errorf("no schedule of %d shows it", many/10)
		return
	}
	t.Log(found[max(0, len(found)-200):])
}

func escrowBy(r rules) func(testing.TB) func(*rapid.T) outcome {
	return func(t testing.TB) func(*rapid.T) outcome {
		o := open(t, directory, append([]string{"licensing", counter}, allPosts...)...)
		return func(t *rapid.T) outcome {
			return o.playEscrow(t, r)
		}
	}
}

// Whatever lines are cut, no more is written off than a licence allows, nobody writes off more than it was lent, and when the
// lines are back, as good as all is used that a single counter would have used.
func TestEscrow(t *testing.T) {
	t.Parallel()
	plays(t, many, escrowBy(real()))
}
