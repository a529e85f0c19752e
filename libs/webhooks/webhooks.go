// Package webhooks posts what a node folds to systems that its operator named: one event a request, as CloudEvents JSON, signed
// after Standard Webhooks 1.0.0, of each endpoint in the order in which the ledger came to have them.
//
// An event is posted until it is taken, or is parked after its last try, and then the next one goes. A crash between a request and
// the note that it was taken repeats that one event: its webhook-id is its UUID, by which a receiver tells.
package webhooks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/counterfoil/counterfoil/libs/access"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
)

const (
	// MaxEndpoints is how many endpoints a node has at most.
	MaxEndpoints = 50
	// maxParked is how many deliveries of an endpoint are parked at most: then it is off until a person has looked.
	maxParked = 10_000
	// mendPause is how long an endpoint rests after a fault of this machine, such as a full disk.
	mendPause = 5 * time.Second
)

// Config is what webhooks work with.
type Config struct {
	Agency string
	// Path is the file of endpoints, secrets, cursors and parked deliveries, mode 0600.
	Path   string
	Ledger *ledger.Ledger
	// Accesses is where it is kept what was posted to whom, and who said so; nil: nowhere.
	Accesses *access.Journal
	// Now defaults to time.Now.
	Now    func() time.Time
	Logger *slog.Logger
}

// Webhooks are the endpoints of a node. Methods may be called from several goroutines.
type Webhooks struct {
	Config
	db    *bolt.DB
	judge func(tries, tried int, o outcome, jitter float64) verdict
	limit time.Duration // how long a receiver has to answer
	// resolver finds addresses of names; nil: as the machine does.
	resolver *net.Resolver
	// sent are bytes that were posted, delivered events that were taken, and failed tries in vain, since the start.
	sent, delivered, failed atomic.Uint64

	mu      sync.Mutex
	changed chan struct{} // closed when endpoints change
	working map[string]bool
}

// Open opens or makes the file. Nothing is posted until Run.
func Open(cfg Config) (*Webhooks, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	w := &Webhooks{Config: cfg, judge: judge, limit: patience, changed: make(chan struct{}), working: map[string]bool{}}
	var err error
	w.db, err = bolt.Open(cfg.Path, 0o600, &bolt.Options{Timeout: 2 * time.Second, FreelistType: bolt.FreelistMapType})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("open webhooks: %s is open in another process", cfg.Path)
	case err != nil:
		return nil, fmt.Errorf("open webhooks: %w", err)
	}
	err = w.db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{endpointsBucket, parkedBucket, againBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open webhooks: %w", err), w.db.Close())
	}
	return w, nil
}

// Close closes the file. Run must have returned.
func (w *Webhooks) Close() error { return w.db.Close() }

// CopyTo writes the file as it is at one moment.
func (w *Webhooks) CopyTo(out io.Writer) error {
	return w.db.View(func(tx *bolt.Tx) error {
		if _, err := tx.WriteTo(out); err != nil {
			return fmt.Errorf("copy the webhooks: %w", err)
		}
		return nil
	})
}

// Run posts until ctx ends.
func (w *Webhooks) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	for {
		changed := w.changes()
		all, err := w.all()
		if err != nil {
			return err
		}
		for _, e := range all {
			if w.begin(e.Name) {
				running.Go(func() { w.work(ctx, e.Name) })
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// changes returns a channel that is closed when endpoints change. Take it before looking.
func (w *Webhooks) changes() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

func (w *Webhooks) change() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.changed)
	w.changed = make(chan struct{})
}

// begin reports whether nobody works for the endpoint yet; now somebody does, until end.
func (w *Webhooks) begin(name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.working[name]
	w.working[name] = true
	return !was
}

func (w *Webhooks) end(name string) {
	w.mu.Lock()
	delete(w.working, name)
	w.mu.Unlock()
	w.change() // it may have been added again meanwhile
}

// work posts what an endpoint is due until it is removed or ctx ends.
func (w *Webhooks) work(ctx context.Context, name string) {
	defer w.end(name)
	var p poster
	defer p.close()
	for ctx.Err() == nil {
		folded, changed := w.Ledger.Changed(), w.changes()
		again, err := w.step(ctx, name, &p)
		switch {
		case errors.Is(err, fault.NotFound):
			return
		case ctx.Err() != nil:
			return
		case err != nil:
			w.Logger.Error("webhook cannot go on", "agency", w.Agency, "webhook", name, "err", err)
			again = mendPause
		}
		if again < 0 {
			continue
		}
		var due <-chan time.Time
		if again > 0 {
			due = time.After(again)
		}
		select {
		case <-folded:
		case <-changed:
		case <-due:
		case <-ctx.Done():
		}
	}
}
