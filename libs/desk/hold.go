package desk

import (
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
)

const (
	// holdFor is how long what was acknowledged may stay in the open transaction while nobody reads and commands keep
	// coming, and idleFor when none comes: one commit then serves many commands. A crash before it costs a catch-up,
	// nothing else.
	holdFor = 50 * time.Millisecond
	idleFor = 2 * time.Millisecond
	// holdEvents is the most events that are held.
	holdEvents = 2_000
)

// begin returns the transaction that is held, or begins one. Only the desk's own goroutine calls it and those below.
func (d *Desk) begin() (*ledger.Tx, error) {
	if d.tx != nil {
		return d.tx, nil
	}
	tx, err := d.Ledger.Begin()
	if err != nil {
		return nil, err
	}
	if d.last, d.directory, err = known(tx.View, d.Agency); err != nil {
		tx.Rollback()
		return nil, err
	}
	d.tx, d.events = tx, 0
	clear(d.groups)
	d.since = time.Now()
	d.Ledger.Hold(d.settle)
	return tx, nil
}

// enough commits what has been held long enough, and otherwise lets it be held a little longer.
func (d *Desk) enough() {
	switch {
	case d.tx == nil:
	case d.events >= holdEvents || time.Since(d.since) >= holdFor:
		d.commit()
	default:
		d.due.Reset(idleFor)
	}
}

// settle has the desk commit what it holds and returns once it has. It is called from other goroutines.
func (d *Desk) settle() {
	done := make(chan struct{})
	select {
	case d.settling <- done:
		<-done
	case <-d.closing:
	}
}

// commit ends the transaction that is held. When that fails the ledger lacks what the journal holds: the next append
// meets a conflict, and the ledger catches up.
func (d *Desk) commit() {
	if d.tx == nil {
		return
	}
	if err := d.tx.Commit(); err != nil {
		d.Logger.Error("what is on record is not in the ledger yet", "agency", d.Agency, "err", err)
	}
	d.release()
}

// abandon gives up the transaction that is held. What the journal holds of it has to be caught up with.
func (d *Desk) abandon() {
	if d.tx != nil {
		d.tx.Rollback()
		d.release()
	}
}

func (d *Desk) release() {
	d.tx = nil
	d.due.Stop()
	d.Ledger.Hold(nil)
}
