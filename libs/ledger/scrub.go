package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// unscrubbed is where it is kept that something was purged whose pages are still in the file.
const unscrubbed = "unscrubbed"

// Scrub, after something was purged, overwrites every page of the file that is not in use with zeros, so that nothing of
// earlier states is left in it, and returns once that is on disk. It waits for the views that are open to end, or for ctx.
func (l *Ledger) Scrub(ctx context.Context) error {
	for {
		var purged bool
		err := l.View(func(v View) error {
			purged = v.Local(unscrubbed) != nil
			return nil
		})
		if err != nil || !purged {
			return err
		}
		done, ended, err := l.scrub()
		if err == nil && done {
			err = l.scrubbed()
		}
		if err != nil {
			return fmt.Errorf("scrub ledger %s: %w", l.path, err)
		}
		if done {
			return nil
		}
		select {
		case <-ended:
		case <-ctx.Done():
			return fmt.Errorf("scrub ledger %s: wait for open views: %w", l.path, ctx.Err())
		}
	}
}

// scrub does it unless a view of an earlier state is open, which may still read pages that are free since: then ended is
// closed when a view ends. It holds the write transaction, so that no page is taken into use meanwhile.
func (l *Ledger) scrub() (done bool, ended <-chan struct{}, err error) {
	f, tx, err := l.beginWriting()
	if err != nil {
		return false, nil, err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	ended = f.views.ended()
	if f.views.before(tx.ID() - 1) {
		return false, ended, nil
	}
	file, err := os.OpenFile(l.path, os.O_WRONLY, 0)
	if err != nil {
		return false, ended, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	size := f.db.Info().PageSize
	zeros := make([]byte, size)
	for id := 2; ; id++ { // the first two are the meta pages
		page, err := tx.Page(id)
		if err != nil {
			return false, ended, err
		}
		if page == nil {
			break
		}
		if page.Type != "free" {
			id += page.OverflowCount
			continue
		}
		if _, err := file.WriteAt(zeros, int64(id)*int64(size)); err != nil {
			return false, ended, err
		}
	}
	return true, ended, file.Sync()
}

func (l *Ledger) scrubbed() error {
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := tx.PutLocal(unscrubbed, nil); err != nil {
		return err
	}
	return tx.Commit()
}

// views are the read transactions that are open, by the state that they read.
type views struct {
	mu   sync.Mutex
	open map[int]int // how many, by transaction id
	next chan struct{}
}

func (v *views) begin(db *bolt.DB) (*bolt.Tx, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	tx, err := db.Begin(false)
	if err != nil {
		return nil, err
	}
	if v.open == nil {
		v.open = map[int]int{}
	}
	v.open[tx.ID()]++
	return tx, nil
}

// end ends the transaction first: whoever begins one while the file grows waits for that, holding mu.
func (v *views) end(tx *bolt.Tx) {
	id := tx.ID()
	_ = tx.Rollback() // fails only when it has ended
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open[id]--; v.open[id] == 0 {
		delete(v.open, id)
	}
	if v.next != nil {
		close(v.next)
		v.next = nil
	}
}

// before reports whether a view is open of a state before the one with this id.
func (v *views) before(id int) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for open := range v.open {
		if open < id {
			return true
		}
	}
	return false
}

// ended returns a channel that is closed when a view ends.
func (v *views) ended() <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.next == nil {
		v.next = make(chan struct{})
	}
	return v.next
}
