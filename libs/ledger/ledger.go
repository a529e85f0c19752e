// Package ledger is an agency's own copy of what was released to it: rows folded from events, indexes over them, and
// the opened blocks that they came from, in one bbolt file. The file is derived; it can be deleted and folded anew.
package ledger

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/counterfoil/counterfoil/libs/journal"
)

// Schema is the number of the file's layout and of the fold. It goes up when either changes, and older files are then
// built anew.
const Schema = 10

// Options says how a ledger is opened.
type Options struct {
	// Agency whose ledger it is. A file of another agency is not opened. Empty takes the file's word for it, and is
	// refused for a new file.
	Agency string
	// Timeout is how long to wait for another process that has the file open; 0 is one second.
	Timeout time.Duration
	// ReadOnly opens an existing file beside other readers, and for nothing but reading.
	ReadOnly bool
}

// Ledger is an open file. Its methods may be called from any goroutine.
type Ledger struct {
	path   string
	agency string
	marker string // the file beside it that says it is open; empty when read only

	swap sync.RWMutex // guards file
	file *file
	// retired are files that were replaced and are closed when their last view ends.
	retired sync.WaitGroup
	held    atomic.Pointer[func()]

	mu       sync.Mutex
	folded   map[journal.ID]uint64 // events folded and committed, by journal
	changed  chan struct{}
	closing  sync.Once
	closeErr error
}

// Agency is whose ledger it is.
func (l *Ledger) Agency() string { return l.agency }

// Path is where the file is.
func (l *Ledger) Path() string { return l.path }

// View calls fn with what was committed when it began, whatever is written meanwhile, and returns fn's error. The View
// and nothing reached through it may be used after fn returns, except rows, which are fn's to keep. fn must not call
// Begin: a growing file waits for open views.
//
// While a writer holds a transaction (Hold), it commits first.
func (l *Ledger) View(fn func(View) error) error {
	l.settle()
	return l.Committed(fn)
}

// Committed is View for who follows commits (Changed) and need not see what a writer still holds.
func (l *Ledger) Committed(fn func(View) error) error {
	f, tx, err := l.beginReading()
	if err != nil {
		return fmt.Errorf("read ledger %s: %w", l.path, err)
	}
	defer f.views.end(tx)
	return fn(View{l.reader(f, tx, nil)})
}

// Hold says that the caller holds a write transaction whose events have been acknowledged, and commits it when commit is
// called: by whoever wants to read or to write, from their goroutine, so that what was acknowledged is what is read.
// commit returns once that is done. Nil says that nothing is held any more.
func (l *Ledger) Hold(commit func()) {
	if commit == nil {
		l.held.Store(nil)
		return
	}
	l.held.Store(&commit)
}

func (l *Ledger) settle() {
	if commit := l.held.Load(); commit != nil {
		(*commit)()
	}
}

// Changed returns a channel that is closed at the next commit. Take it before reading, so that no commit is missed.
func (l *Ledger) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

// Follow looks now and after every commit until ctx ends, and returns its error. look says after how long it wants to look
// again if nothing is committed meanwhile; 0 is not at all.
func (l *Ledger) Follow(ctx context.Context, look func() (again time.Duration)) error {
	for {
		changed := l.Changed()
		var again <-chan time.Time
		if wait := look(); wait > 0 {
			again = time.After(wait)
		}
		select {
		case <-changed:
		case <-again:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Wait returns once event number of the journal is folded and committed, or with ctx's error; number 0 never waits. A
// journal whose follower has stopped never gets there, so give ctx a deadline.
func (l *Ledger) Wait(ctx context.Context, id journal.ID, number uint64) error {
	l.settle()
	for {
		l.mu.Lock()
		folded, changed := l.folded[id], l.changed
		l.mu.Unlock()
		if folded >= number {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for event %d of %s, at %d now: %w", number, id, folded, ctx.Err())
		}
	}
}

// Sync puts everything committed on disk. Commits do not: a ledger is derived, and after the machine stopped
// unexpectedly Open asks for it to be built anew. Call it on a schedule to bound what a slow close has to write.
func (l *Ledger) Sync() error {
	f := l.current()
	f.syncing.Lock()
	defer f.syncing.Unlock()
	if f.retired {
		return nil // one is in its place that was put on disk
	}
	if err := f.db.Sync(); err != nil {
		return fmt.Errorf("sync ledger %s: %w", l.path, err)
	}
	return nil
}

// Close waits for open transactions, puts everything on disk and marks the file as closed cleanly. Closing twice is
// closing once.
func (l *Ledger) Close() error {
	l.closing.Do(func() { l.closeErr = l.close() })
	return l.closeErr
}

func (l *Ledger) close() error {
	if l.marker == "" {
		return l.file.db.Close()
	}
	// The lock on the file ends with the database's Close, so the marker goes first: whoever opens next finds it gone.
	f, tx, err := l.beginWriting() // nobody writes from here on
	if err != nil {
		return fmt.Errorf("close ledger %s: %w", l.path, err)
	}
	if err := f.db.Sync(); err != nil {
		return fmt.Errorf("close ledger %s: %w", l.path, err)
	}
	if err := os.Remove(l.marker); err != nil {
		return fmt.Errorf("close ledger %s: %w", l.path, err)
	}
	if err := tx.Rollback(); err != nil {
		return fmt.Errorf("close ledger %s: %w", l.path, err)
	}
	l.retired.Wait()
	return f.db.Close()
}

// committed makes a commit known to those who wait for it.
func (l *Ledger) committed(heads map[journal.ID]*head) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, h := range heads {
		l.folded[id] = max(l.folded[id], h.events) // two commits may be announced out of order
	}
	close(l.changed)
	l.changed = make(chan struct{})
}
