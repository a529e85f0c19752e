package schedules

import (
	"fmt"
	"math"
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

// many is how many schedules a property is held to: 10,000 in the long run (make soak), and the first of them otherwise.
var many = howMany()

func howMany() int {
	if os.Getenv("COUNTERFOIL_SOAK") != "" {
		return 10_000
	}
	return 4_000
}

// outcome is how a schedule ended.
type outcome struct {
	// measured is a figure of the schedule, counted whether it is one of those that a test counts.
	measured float64
	counted  bool
	err      error
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

// plays plays so many schedules and fails the test at the first that goes wrong. It returns what was measured, on average and at
// the least, and how many were counted.
func plays(t *testing.T, schedules int, open func(testing.TB) func(*rapid.T) outcome) (mean, least float64, counted int) {
	t.Helper()
	sum := 0.0
	least = math.Inf(1)
	all(t, schedules, open, func(seed int, o outcome) bool {
		if o.err != nil {
			t.Errorf("schedule %d: %v", seed, o.err)
		}
		sum, least = sum+o.measured, min(least, o.measured)
		if o.counted {
			counted++
		}
		return o.err == nil
	})
	return sum / float64(schedules), least, counted
}

// enough is how many schedules show that rules are wrong.
const enough = 1_000

// caught fails the test unless one of so many schedules goes wrong by some rules.
func caught(t *testing.T, open func(testing.TB) func(*rapid.T) outcome) {
	t.Helper()
	found := ""
	all(t, enough, open, func(seed int, o outcome) bool {
		if o.err != nil {
			found = fmt.Sprintf("schedule %d: %v", seed, o.err)
		}
		return o.err == nil
	})
	if found == "" {
		t.Errorf("no schedule of %d shows it", enough)
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
	mean, least, full := plays(t, many, escrowBy(real()))
	t.Logf("in %d schedules; more was asked than there is in %d; before lines were mended, %.1f %% of what a single counter would have used on average, %.1f %% at the least", many, full, 100*mean, 100*least)
}

// Whatever lines are cut and clocks are wrong, nothing is released later than the suspension of its licence and the age that a
// copy of it may have; and where lines are there and clocks are right, nobody is told that a copy is too old.
func TestReleases(t *testing.T) {
	t.Parallel()
	mean, _, _ := plays(t, many, releasesBy(realReleasing()))
	t.Logf("%.1f releases in a schedule", mean)
}
