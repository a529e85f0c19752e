package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/whole"
)

const (
	// Aside is added to the path of a ledger under which the file is kept that was there before.
	Aside = ".aside"
	// Next is added to the path of a ledger under which one stands that was built for a program to come.
	Next = ".next"
)

// file is the database that a ledger has open. Replace puts another in its place.
type file struct {
	db          *bolt.DB
	incarnation [16]byte
	desk        *desk // the write transaction's
	views       views
	syncing     sync.Mutex // held while it is put on disk, which may take its time
	retired     bool       // it was replaced, and is not put on disk any more; guarded by syncing
}

func (l *Ledger) current() *file {
	l.swap.RLock()
	defer l.swap.RUnlock()
	return l.file
}

// beginReading begins a view; views.end of the file ends it.
func (l *Ledger) beginReading() (*file, *bolt.Tx, error) {
	l.swap.RLock() // so that the file is not replaced, and closed, before the view has begun
	defer l.swap.RUnlock()
	tx, err := l.file.views.begin(l.file.db)
	return l.file, tx, err
}

// beginWriting begins the write transaction. Whoever waited for it on a file that was replaced meanwhile begins anew.
func (l *Ledger) beginWriting() (*file, *bolt.Tx, error) {
	for {
		f := l.current()
		tx, err := f.db.Begin(true)
		if f == l.current() {
			return f, tx, err
		}
		if err == nil {
			_ = tx.Rollback() // on a file that is not the ledger's any more
		}
	}
}

// Incarnation names the file that is read: it changes when the ledger is built anew. What was remembered of an earlier one may be
// other than what this one says, also where no event tells of it.
func (v View) Incarnation() string { return string(v.file.incarnation[:]) }

// Replace puts another ledger, which was built beside this one, in its place: its file is renamed to this one's path, and
// whoever holds this ledger reads and writes it from then on. Nobody writes meanwhile, for as long as it returns. Views that are
// open see their state to their end. The file that was there is kept under the path and Aside. with is used up: closing it does
// nothing.
//
// Before that, last is called on the last state of this ledger, to bring with up to it and to carry over what is only local. When
// last fails, or with lacks blocks that this ledger holds, nothing is replaced and with stays as it is. A crash at any moment leaves
// one of the two files at the path, whole.
func (l *Ledger) Replace(with *Ledger, last func(View) error) (paused time.Duration, err error) {
	tx, err := l.Begin()
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	began := time.Now()
	if err := last(tx.View); err != nil {
		return 0, err
	}
	if err := with.holds(tx.View); err != nil {
		return 0, fmt.Errorf("replace ledger %s: %w", l.path, err)
	}
	if err := with.moveTo(l.path); err != nil {
		return 0, fmt.Errorf("replace ledger %s: %w", l.path, err)
	}
	replaced := l.adopt(with)
	tx.Rollback()
	l.retired.Go(replaced.retire)
	return time.Since(began), nil
}

// retire closes a file that was replaced, once its last view has ended and not before: a database that is closing keeps those
// waiting who mean to write and would begin on the new file.
func (f *file) retire() {
	f.syncing.Lock()
	f.retired = true
	f.syncing.Unlock()
	for {
		ended := f.views.ended()
		if !f.views.before(math.MaxInt) {
			break
		}
		<-ended
	}
	_ = f.db.Close() // nobody needs what it holds
}

// holds checks that a ledger lacks nothing that another holds.
func (l *Ledger) holds(all View) error {
	if l.agency != all.Agency() {
		return fmt.Errorf("%s is the ledger of %s, not of %s", l.path, l.agency, all.Agency())
	}
	positions, err := all.Positions()
	if err != nil {
		return err
	}
	return l.Committed(func(v View) error {
		for _, want := range positions {
			id, err := journal.ParseID(want.Journal)
			if err != nil {
				return err
			}
			p, err := v.Position(id)
			if err != nil {
				return err
			}
			if p.GetBlock() < want.Block {
				return fmt.Errorf("%s holds %d blocks of %s and not %d", l.path, p.GetBlock(), id, want.Block)
			}
		}
		return nil
	})
}

// Place moves the file of a ledger that nobody else has yet to path, in the same folder or file system, and keeps what was there
// under path and Aside. A crash at any moment leaves one of the two at path, whole.
func (l *Ledger) Place(path string) error {
	boot, err := os.ReadFile(bootID)
	if err == nil {
		err = l.moveTo(path)
	}
	if err == nil {
		l.path = path
		err = l.markAt(path, boot)
	}
	if err != nil {
		return fmt.Errorf("put ledger %s in place: %w", path, err)
	}
	return nil
}

// moveTo renames the open file, with all that was committed on disk, and takes its marker away.
func (l *Ledger) moveTo(path string) error {
	if err := l.Sync(); err != nil {
		return err
	}
	if err := keepAside(path); err != nil {
		return fmt.Errorf("keep the file that was there: %w", err)
	}
	if err := os.Rename(l.path, path); err != nil {
		return err
	}
	return errors.Join(whole.SyncFolder(filepath.Dir(path)), os.Remove(l.marker))
}

// keepAside gives the file at path a second name, so that another can be renamed over the first.
func keepAside(path string) error {
	if err := os.Remove(path + Aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Link(path, path+Aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// adopt takes over the file of another ledger, tells those who wait, and returns the file before it.
func (l *Ledger) adopt(with *Ledger) (replaced *file) {
	with.closing.Do(func() {})
	l.swap.Lock()
	replaced, l.file = l.file, with.file
	l.swap.Unlock()
	with.mu.Lock()
	folded := maps.Clone(with.folded)
	with.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, events := range folded {
		l.folded[id] = max(l.folded[id], events)
	}
	close(l.changed)
	l.changed = make(chan struct{})
	return replaced
}
