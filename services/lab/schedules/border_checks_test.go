package schedules

import (
	"time"

	"github.com/counterfoil/counterfoil/libs/journal"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/freshness"
)

// latest is the latest time that a block on an agency's ledger carries.
func (x *node) latest() (latest time.Time, err error) {
	positions, err := x.tx.Positions()
	for _, p := range positions {
		if at := p.GetRecordedAt().AsTime(); at.After(latest) {
			latest = at
		}
	}
	return latest, err
}

// mayGo checks a release: not later than a suspension, and the age that a copy may have, however late the office hears of it. By
// the office's clock and everything on its ledger that holds always; truly, but for what its clock is behind of licensing's.
func (b *border) mayGo(g *held, came *customsv1.GoodsReleased) error {
	latest, err := g.office.latest()
	if err != nil {
		return err
	}
	clock := g.office.clock(b.net)
	said := came.GetAt().AsTime()
	switch {
	case g.licence.group == "closed" && g.office.name != counter:
		return b.failed("%s is released, and changes of %s are not read there", g.id, g.licence.id)
	case latest.After(said):
		return b.failed("%s is released as of %s, and %s is on record", g.id, said, latest)
	case latest.After(clock.Add(freshness.MaxSkew)):
		return b.failed("%s is released at %s by a clock, and %s is on record", g.id, clock, latest)
	}
	for _, s := range g.licence.suspended {
		if !s.until.IsZero() && !b.now.Before(s.until) {
			continue
		}
		if said.After(s.stamped.Add(g.licence.limit)) {
			return b.failed("%s is released at %s, and the licence is suspended since %s; a copy may be %s old", g.id, said, s.stamped, g.licence.limit)
		}
		behind := max(0, s.stamped.Sub(s.at)-g.office.skew)
		if truly := b.now.Sub(s.at); truly > g.licence.limit+behind {
			return b.failed("%s is released %s after the licence was suspended, by a clock that is %s behind; a copy may be %s old", g.id, truly, behind, g.licence.limit)
		}
	}
	return nil
}

// mustWait checks a hold: whoever has everything that licensing said is not told that its copy is too old, while clocks are right.
func (b *border) mustWait(g *held, came *customsv1.GoodsHeld) error {
	licensing := b.nodes[0]
	if came.GetReason() != customsv1.HoldReason_HOLD_REASON_STALE || g.licence.group == "closed" && g.office.name != counter {
		return nil
	}
	for _, x := range b.nodes {
		if x.skewed {
			return nil
		}
	}
	id := journal.ID{Agency: "licensing", Group: g.licence.group}
	if g.office.have[id] == licensing.have[id] && len(g.licence.suspended)%2 == 0 {
		return b.failed("%s has all of %s, and is told: %s", g.office.name, id, came.GetText())
	}
	return nil
}

// finish mends the lines and sets the clocks: what may go goes.
func (b *border) finish() error {
	b.now = b.now.AddDate(0, 0, 1)
	for _, x := range b.nodes {
		x.skew = 0
	}
	if err := b.beat(); err != nil {
		return err
	}
	if err := b.settle(); err != nil {
		return err
	}
	if err := b.tryAll(); err != nil {
		return err
	}
	for _, g := range b.goods {
		free := len(g.licence.suspended) == 0 || !g.licence.suspended[len(g.licence.suspended)-1].until.IsZero()
		if shared := g.licence.group == "closed" && g.office.name != counter; free && !shared && !g.gone {
			return b.failed("%s is not released in the end", g.id)
		}
	}
	return nil
}
