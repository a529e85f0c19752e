package people

import (
	"sync"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// throttle makes whoever fails often wait, longer each time. The zero value with its limits set is ready; it may be used
// by several goroutines.
type throttle struct {
	// free failures cost nothing; after them the wait doubles from a second up to most. A key that has not failed for
	// forget starts anew.
	free         int
	most, forget time.Duration

	mu   sync.Mutex
	keys map[string]failures
}

type failures struct {
	n    int
	last time.Time
}

// maxKeys bounds the memory that made-up names can take.
const maxKeys = 20_000

// take counts an attempt as failed before it is known, so that many at once are not better than one after the other, or
// refuses it because the key has to wait.
func (t *throttle) take(key string, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.keys[key]
	if now.Sub(f.last) >= t.forget {
		f = failures{}
	}
	if f.n >= t.free {
		if wait := f.last.Add(t.wait(f.n - t.free)).Sub(now); wait > 0 {
			return fault.Errorf(fault.Unavailable, "too many wrong secrets were given; try again in %s", wait.Round(time.Second)+time.Second)
		}
	}
	if t.keys == nil {
		t.keys = map[string]failures{}
	}
	if len(t.keys) >= maxKeys {
		t.makeRoom(now)
	}
	t.keys[key] = failures{f.n + 1, now}
	return nil
}

func (t *throttle) wait(beyond int) time.Duration {
	return min(time.Second<<min(beyond, 20), t.most)
}

// makeRoom drops keys that start anew, or any when there are none.
func (t *throttle) makeRoom(now time.Time) {
	for key, f := range t.keys {
		if now.Sub(f.last) >= t.forget {
			delete(t.keys, key)
		}
	}
	for key := range t.keys {
		if len(t.keys) < maxKeys {
			return
		}
		delete(t.keys, key)
	}
}

// clear forgets a key's failures.
func (t *throttle) clear(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.keys, key)
}

// giveBack takes one failure off: the attempt was right, which says nothing about those before.
func (t *throttle) giveBack(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f, ok := t.keys[key]; ok && f.n > 0 {
		f.n--
		t.keys[key] = f
	}
}
