package webhooks

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// rule is judge, or a mutant of it.
type rule func(tries, tried int, o outcome, jitter float64) verdict

// world is what all runs of the property share: a ledger, and a receiver that answers as the run says.
type world struct {
	t   *testing.T
	ids []string
	w   func(path string, c *clock) *Webhooks
	r   *receiver
}

func newWorld(t *testing.T) world {
	l, ids := licences(t, 7)
	return world{t, ids, func(path string, c *clock) *Webhooks {
		w, err := Open(Config{Agency: "customs", Path: path, Ledger: l, Now: c.now})
		if err != nil {
			t.Fatal(err)
		}
		w.db.NoSync = true
		return w
	}, receive(t, nil)}
}

// delivering posts a ledger to a receiver that fails each event some times, while the node dies now and then after the receiver had
// the event and before that was noted. It returns what is wrong: an event that was neither taken nor parked, or both; one parked after
// more or fewer failures than it has tries; an order other than the ledger's.
func (x world) delivering(t *rapid.T, judged rule) error {
	tries := rapid.IntRange(1, 4).Draw(t, "tries")
	fails := map[string]int{}
	for _, id := range x.ids {
		fails[id] = rapid.IntRange(0, tries+1).Draw(t, "fails")
	}
	deaths := map[int]bool{}
	for range rapid.IntRange(0, 3).Draw(t, "deaths") {
		deaths[rapid.IntRange(0, 20).Draw(t, "death")] = true
	}
	c := &clock{at: start}
	dir, err := os.MkdirTemp(x.t.TempDir(), "run")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "webhooks.db")
	w := x.w(path, c)
	defer func() { w.Close() }()
	w.judge = judged
	w.named(x.t, "erp", x.r.URL, func(e *endpoint) { e.Tries = tries })

	var posted []string
	failed, taken := map[string]int{}, map[string]int{}
	died := func() {}
	x.r.answer = func(rw http.ResponseWriter, id string) {
		dies := deaths[len(posted)]
		posted = append(posted, id)
		switch {
		case failed[id] < fails[id]:
			if !dies {
				failed[id]++
			}
			rw.WriteHeader(500)
		default:
			taken[id]++
		}
		if dies {
			died()
			panic(http.ErrAbortHandler)
		}
	}
	var p poster
	for steps := 0; ; steps++ {
		ctx, cancel := context.WithCancel(x.t.Context())
		died = cancel
		again, err := w.step(ctx, "erp", &p)
		gone := ctx.Err() != nil
		cancel()
		switch {
		case steps > 200:
			return fmt.Errorf("it does not end")
		case gone: // what is not in the file is forgotten
			if err := w.Close(); err != nil {
				return err
			}
			w, p = x.w(path, c), poster{}
			w.judge = judged
			continue
		case err != nil:
			return err
		case again > 0:
			c.pass(again)
			continue
		case again < 0:
			continue
		}
		break
	}
	p.close()
	parked := w.parkedIDs(x.t, "erp")
	at := 0
	for _, id := range posted {
		i := slices.Index(x.ids, id)
		if i < at {
			return fmt.Errorf("event %d was posted after event %d", i, at)
		}
		at = i
	}
	for i, id := range x.ids {
		is := slices.Contains(parked, id)
		switch {
		case is && taken[id] > 0:
			return fmt.Errorf("event %d is parked and was taken %d times", i, taken[id])
		case is && failed[id] != tries:
			return fmt.Errorf("event %d is parked after %d tries, not %d", i, failed[id], tries)
		case !is && taken[id] == 0:
			return fmt.Errorf("event %d is lost", i)
		}
	}
	return nil
}

func TestEachEventIsTakenOrParked(t *testing.T) {
	x := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		if err := x.delivering(t, judge); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPropertyNoticesWhatIsWrong(t *testing.T) {
	x := newWorld(t)
	for name, mutant := range map[string]rule{
		"one try too few":  func(tries, tried int, o outcome, j float64) verdict { return judge(tries-1, tried, o, j) },
		"one try too many": func(tries, tried int, o outcome, j float64) verdict { return judge(tries+1, tried, o, j) },
		"taken, though not": func(tries, tried int, o outcome, j float64) verdict {
			v := judge(tries, tried, o, j)
			v.taken = v.taken || v.parked
			return v
		},
		"parked, though not": func(tries, tried int, o outcome, j float64) verdict {
			v := judge(tries, tried, o, j)
			if tried > 1 && v.taken {
				return verdict{parked: true}
			}
			return v
		},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range 40 {
				wrong := rapid.Custom(func(t *rapid.T) bool { return x.delivering(t, mutant) != nil })
				if wrong.Example(seed) {
					return
				}
			}
			t.Error("it is not noticed")
		})
	}
}
