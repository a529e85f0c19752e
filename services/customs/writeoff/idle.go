package writeoff

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Idle gives back what this agency was lent and does not use: of one licence line, that was neither given more nor used for the
// time idle, or whose licence can no longer be used. It says when the next will be due; zero: none.
func Idle(view ledger.View, now time.Time, idle time.Duration) (facts []proto.Message, next time.Time, err error) {
	tallies, err := view.TalliesWith("post", view.Agency())
	if err != nil {
		return nil, next, fmt.Errorf("read what was lent to %s: %w", view.Agency(), err)
	}
	for _, t := range tallies {
		a, l, unused, err := lentOn(view, t)
		if err != nil {
			return nil, next, err
		}
		if unused == (amounts{}) {
			continue
		}
		due, err := idleFrom(view, a.licence, l.GetNumber(), now, idle)
		switch {
		case err != nil:
			return nil, next, err
		case !due.After(now):
			facts, err := returning(view, l, a.licence, unused, now.Year())
			return facts, next, err
		case next.IsZero() || due.Before(next):
			next = due
		}
	}
	return nil, next, nil
}

// lentOn is what this agency has left of a line that another lent it. A line that the licence has no longer, or is no longer
// counted in the units of what was written off, has nothing.
func lentOn(view ledger.View, t *ledgerv1.Tally) (*Account, *line, amounts, error) {
	licence, err := view.Licence(t.GetLicenceId())
	if err != nil || licence == nil {
		return nil, nil, amounts{}, err
	}
	a, err := Read(view, licence, "")
	if err != nil {
		if fault.As(err) != nil {
			err = nil
		}
		return nil, nil, amounts{}, err
	}
	l := a.line(t.GetLicenceLine())
	if l == nil {
		return a, nil, amounts{}, nil
	}
	p := l.party(a.agency)
	return a, l, p.lent().less(p.taken()), nil
}

// idleFrom is when an allowance of this agency counts as idle: at once when its licence can no longer be used.
func idleFrom(view ledger.View, licence string, number uint32, now time.Time, idle time.Duration) (time.Time, error) {
	l, err := known(view, licence)
	if err != nil {
		return now, err
	}
	if ended := l.GetStatus() == ledgerv1.Status_STATUS_REVOKED || l.GetValidUntil() != nil && !now.Before(l.GetValidUntil().AsTime()); ended {
		return now, nil
	}
	given, err := view.AllowancesWith("licence", licence)
	if err != nil {
		return now, fmt.Errorf("read allowances on licence %s: %w", licence, err)
	}
	var last time.Time
	for _, g := range given {
		if g.GetGiven().GetPost() == view.Agency() && g.GetGiven().GetLicenceLine() == number && g.GetAt().AsTime().After(last) {
			last = g.GetAt().AsTime()
		}
	}
	used, err := lastUse(view, licence, number)
	if used.After(last) {
		last = used
	}
	return last.Add(idle), err
}

// lastUse is when this agency last recorded something against a line.
func lastUse(view ledger.View, licence string, number uint32) (last time.Time, err error) {
	tallies, err := view.TalliesWith("licence", licence)
	if err != nil {
		return last, fmt.Errorf("read what is written off on licence %s: %w", licence, err)
	}
	for _, t := range tallies {
		if t.GetAgency() != view.Agency() || t.GetLicenceLine() != number {
			continue
		}
		at, err := view.Latest(t)
		if err != nil {
			return last, fmt.Errorf("read when line %d of licence %s was last written off: %w", number, licence, err)
		}
		if at.After(last) {
			last = at
		}
	}
	return last, nil
}
