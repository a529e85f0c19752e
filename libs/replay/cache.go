package replay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// maxKept is how many ledgers of the past are kept at a time.
const maxKept = 4

// Config is what a Cache works with.
type Config struct {
	// Live is the ledger whose past is asked for.
	Live *ledger.Ledger
	// Dir is where ledgers of the past are kept; what is in it from before is removed.
	Dir string
	// Snapshots shorten replays; nil: there are none.
	Snapshots *Snapshots
	Now       func() time.Time
	Logger    *slog.Logger
}

// Cache answers from the past of a ledger. A part of history that is asked for is folded into a ledger of its own, which is kept for
// as long as few others are asked for, and brought up with what comes late. Nothing in it is relied on after a restart. Safe for
// concurrent use.
type Cache struct {
	Config
	past *ledger.Past

	mu   sync.Mutex
	kept map[string]*then
	uses uint64
}

// then is the ledger of one horizon. Whoever holds turn brings it up.
type then struct {
	turn    chan struct{}
	path    string
	ledger  *ledger.Ledger // nil until it was opened
	looked  map[journal.ID]Extent
	readers sync.WaitGroup
	used    uint64
	wanted  int // by how many it is waited for or read
}

// Open returns a cache; Close removes what it keeps.
func Open(cfg Config) (*Cache, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.RemoveAll(cfg.Dir); err != nil {
		return nil, fmt.Errorf("clear ledgers of the past: %w", err)
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make room for ledgers of the past: %w", err)
	}
	past, err := ledger.OpenPast(cfg.Live)
	if err != nil {
		return nil, err
	}
	return &Cache{Config: cfg, past: past, kept: map[string]*then{}}, nil
}

// Close waits for whoever reads, and removes what is kept.
func (c *Cache) Close() error { return errors.Join(c.Drop(), c.past.Close()) }

// Drop removes what is kept, so that nothing is left in it of what was withdrawn since. Whoever reads is waited for.
func (c *Cache) Drop() error {
	c.mu.Lock()
	kept := c.kept
	c.kept = map[string]*then{}
	c.mu.Unlock()
	var errs []error
	for _, t := range kept {
		errs = append(errs, t.remove())
	}
	return errors.Join(errs...)
}

func (t *then) remove() error {
	t.turn <- struct{}{}
	defer func() { <-t.turn }()
	t.readers.Wait()
	var err error
	if t.ledger != nil {
		err = t.ledger.Close()
		t.ledger = nil
	}
	return errors.Join(err, os.RemoveAll(filepath.Dir(t.path)))
}

// View calls fn with a view of the part of history that is asked for: of the live ledger, where that is all of it. The first time it
// folds that part, at some 100,000 events a second, unless a snapshot has the beginning of it. ctx ends that; what was folded is kept
// for the next time.
func (c *Cache) View(ctx context.Context, asked *queryv1.Horizon, fn func(ledger.View) error) error {
	if Whole(asked) {
		return c.Live.View(fn)
	}
	l, done, err := c.at(ctx, asked)
	if err != nil {
		return err
	}
	defer done()
	return l.View(fn)
}

// Row returns one row as it was within a horizon, with the events that made it, as ledger.Past does; where that cannot tell, from the
// ledger of the horizon.
func (c *Cache) Row(ctx context.Context, asked *queryv1.Horizon, of queryv1.Table, id string) (table queryv1.Table, row *queryv1.Row, events []*queryv1.RecordedEvent, err error) {
	err = c.Live.View(func(v ledger.View) error {
		h, err := Resolve(v, asked, c.Now())
		if err != nil {
			return err
		}
		table, row, events, err = c.past.Row(v, of, id, h.Within)
		return err
	})
	if !errors.Is(err, ledger.ErrReplay) {
		return table, row, events, err
	}
	err = c.View(ctx, asked, func(v ledger.View) (err error) {
		if of == queryv1.Table_TABLE_UNSPECIFIED {
			table, row, err = v.Find(id)
		} else {
			table = of
			row, err = v.Get(of, id)
		}
		if _, m := ledger.Unwrap(row); m != nil && err == nil {
			events, err = v.EventsOf(m.(ledger.Made))
		}
		return err
	})
	return table, row, events, err
}

// at returns the ledger of a horizon, brought up, and what to call when it was read.
func (c *Cache) at(ctx context.Context, asked *queryv1.Horizon) (*ledger.Ledger, func(), error) {
	t, err := c.entry(asked)
	if err == nil {
		err = c.ready(ctx, t, asked)
	}
	done := func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		t.wanted--
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return t.ledger, func() {
		t.readers.Done()
		done()
	}, nil
}

// ready opens the ledger of a horizon, brings it up, and counts its reader.
func (c *Cache) ready(ctx context.Context, t *then, asked *queryv1.Horizon) error {
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-t.turn }()
	if t.ledger == nil {
		if err := c.start(ctx, t, asked); err != nil {
			return fmt.Errorf("open a ledger of the past: %w", err)
		}
	}
	if err := c.bringUp(ctx, t, asked); err != nil {
		return err
	}
	t.readers.Add(1)
	return nil
}

// entry finds the ledger of a horizon, or makes room for it in the place of the one that was asked for longest ago.
func (c *Cache) entry(asked *queryv1.Horizon) (*then, error) {
	key, err := proto.MarshalOptions{Deterministic: true}.Marshal(asked)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(key)
	name := hex.EncodeToString(sum[:12])
	c.mu.Lock()
	c.uses++
	t := c.kept[name]
	var oldest *then
	if t == nil {
		if len(c.kept) >= maxKept {
			oldest = c.evict()
		}
		t = &then{turn: make(chan struct{}, 1), path: filepath.Join(c.Dir, fmt.Sprintf("%s-%d", name, c.uses), "ledger.db"), looked: map[journal.ID]Extent{}}
		c.kept[name] = t
	}
	t.used = c.uses
	t.wanted++
	c.mu.Unlock()
	if oldest != nil {
		return t, oldest.remove()
	}
	return t, nil
}

// evict forgets the ledger that was asked for longest ago and that nobody wants: who reads two points at once must not wait for
// themselves, nor for others who wait for them. Where all are wanted, there is one more for a while.
func (c *Cache) evict() (oldest *then) {
	var name string
	for n, t := range c.kept {
		if t.wanted == 0 && (oldest == nil || t.used < oldest.used) {
			oldest, name = t, n
		}
	}
	delete(c.kept, name)
	return oldest
}

// start opens the ledger of a horizon: empty, or from the latest snapshot that lies within it.
func (c *Cache) start(ctx context.Context, t *then, asked *queryv1.Horizon) error {
	if err := os.MkdirAll(filepath.Dir(t.path), 0o700); err != nil {
		return err
	}
	base := false
	if c.Snapshots != nil {
		var h *Horizon
		err := c.Live.View(func(v ledger.View) (err error) {
			h, err = Resolve(v, asked, c.Now())
			return err
		})
		if err != nil {
			return err
		}
		if base, err = c.Snapshots.copyWithin(ctx, h, t.path); err != nil {
			return err
		}
	}
	l, err := ledger.Open(t.path, ledger.Options{Agency: c.Live.Agency()})
	if err == nil && base {
		err = l.Part()
	}
	if err != nil {
		return err
	}
	t.ledger = l
	return nil
}

// bringUp folds what there is within the horizon that the ledger of it does not have.
func (c *Cache) bringUp(ctx context.Context, t *then, asked *queryv1.Horizon) error {
	var h *Horizon
	err := c.Live.View(func(v ledger.View) (err error) {
		h, err = Resolve(v, asked, c.Now())
		return err
	})
	if err != nil {
		return err
	}
	has, err := At(t.ledger)
	if err != nil {
		return err
	}
	from := maps.Clone(has)
	for id, looked := range t.looked {
		if looked.Block > from[id].Block && !h.grows() {
			from[id] = looked
		}
	}
	plan, err := h.Plan(ctx, c.Live, from)
	if err != nil {
		return err
	}
	if plan.Events > 0 {
		into := &Into{Ledger: t.ledger}
		if err := into.Fold(ctx, h.Source(c.Live, has, plan)); err != nil {
			return fmt.Errorf("fold the past: %w", err)
		}
	}
	maps.Copy(t.looked, plan.Looked)
	return nil
}
