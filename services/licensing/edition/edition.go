// Package edition decides how the editions of a register that somebody publishes are put on record, and what is on
// record from one.
package edition

import (
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// id is what an edition is on record as.
func id(agency, source, edition string) string { return agency + "/" + source + "-" + edition }

// latest returns the last edition of the source that was recorded to its end; nil when there is none.
func latest(view ledger.View, source string) (*ledgerv1.Edition, error) {
	editions, err := view.EditionsWith("source", source)
	if err != nil {
		return nil, err
	}
	var last *ledgerv1.Edition
	for _, e := range editions {
		if e.Id == id(view.Agency(), source, e.Edition) && (last == nil || e.Edition > last.Edition) {
			last = e
		}
	}
	return last, nil
}

// day returns midnight of an edition's date, in UTC. An edition from the future is a slip that would keep out every
// real one, so it is refused; a day's grace is for time zones.
func day(edition string, particulars *eventv1.Particulars) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, edition)
	if err != nil {
		return t, fault.Errorf(fault.Invalid, "%q is no date of an edition; write yyyy-mm-dd", edition)
	}
	if now := particulars.GetOccurredAt(); now != nil && t.After(now.AsTime().Add(24*time.Hour)) {
		return t, fault.Errorf(fault.Invalid, "the edition of %s is dated in the future", edition)
	}
	return t, nil
}

// decided returns when a published decision was taken: its day, or the first of its month where only that is known.
func decided(date string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "2006-01"} {
		if t, err := time.Parse(layout, date); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fault.Errorf(fault.Invalid, "%q is no date of a decision; write yyyy-mm-dd or yyyy-mm", date)
}
