package schedules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/customs/freshness"
	"github.com/counterfoil/counterfoil/services/customs/release"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
	"github.com/counterfoil/counterfoil/services/licensing/heartbeat"
)

// copiedRelease is the rule of releases once more, for goods against which nothing else is held. With nothing set it decides as
// release.Try does; what is set is wrong with it.
type copiedRelease struct {
	// over is how much older a copy may be; mildest: the mildest policy counts.
	over    time.Duration
	mildest bool
	// unseen: a suspension that is on record is not looked at. officers: it is as late as the officer says. clockOnly: it is as
	// late as the clock says, whatever is on record; aheadUnseen: a clock may be far behind that.
	unseen, officers, clockOnly, aheadUnseen bool
	// received: a block is as old as it is here. anyJournal: any block of the agency counts; anyAgency: any block does.
	received, anyJournal, anyAgency bool
	// shared: a licence that was shared later is as fresh as the journal that it came in.
	shared bool
}

func (c copiedRelease) try(view ledger.View, cmd *customsv1.ReleaseGoodsRequest, clock time.Time) ([]proto.Message, proto.Message, error) {
	d, err := view.Declaration(cmd.GetDeclarationId())
	if err != nil {
		return nil, nil, err
	}
	l, err := view.Licence(d.GetAccepted().GetLicenceId())
	if err != nil || l == nil {
		return nil, nil, fault.Coded(fault.NotFound, "DX01", "no licence (%v)", err)
	}
	reason, now, err := c.reason(view, l, cmd.GetParticulars().GetOccurredAt().AsTime(), clock)
	if err != nil {
		return nil, nil, err
	}
	isHeld := d.GetStatus() == ledgerv1.DeclarationStatus_DECLARATION_STATUS_HELD
	if reason != customsv1.HoldReason_HOLD_REASON_UNSPECIFIED {
		fact := &customsv1.GoodsHeld{DeclarationId: d.GetId(), Reason: reason, At: timestamppb.New(now)}
		if isHeld && d.GetHeld().GetReason() == reason {
			return nil, fact, nil
		}
		return []proto.Message{fact}, fact, nil
	}
	fact := &customsv1.GoodsReleased{DeclarationId: d.GetId(), At: timestamppb.New(now)}
	if isHeld {
		return []proto.Message{&customsv1.HoldLifted{DeclarationId: d.GetId()}, fact}, fact, nil
	}
	return []proto.Message{fact}, fact, nil
}

// reason is why goods are held, and what time it is.
func (c copiedRelease) reason(view ledger.View, l *ledgerv1.Licence, stated, clock time.Time) (customsv1.HoldReason, time.Time, error) {
	now, ahead := clock, false
	positions, err := view.Positions()
	if err != nil {
		return 0, now, err
	}
	if c.officers {
		now = stated
	}
	for _, p := range positions {
		at := p.GetRecordedAt().AsTime()
		ahead = ahead || at.After(clock.Add(freshness.MaxSkew))
		if at.After(now) && !c.clockOnly && !c.officers {
			now = at
		}
	}
	asOf, found := c.asOf(positions, l)
	switch {
	case !c.unseen && writeoff.InForce(l, now) != nil:
		return customsv1.HoldReason_HOLD_REASON_LICENCE, now, nil
	case !found, ahead && !c.aheadUnseen, now.Sub(asOf) > c.limit(l)+c.over:
		return customsv1.HoldReason_HOLD_REASON_STALE, now, nil
	}
	return customsv1.HoldReason_HOLD_REASON_UNSPECIFIED, now, nil
}

// asOf is when the copy of a licence is from.
func (c copiedRelease) asOf(positions []*ledgerv1.Position, l *ledgerv1.Licence) (asOf time.Time, found bool) {
	for _, p := range positions {
		fits := p.GetJournal() == l.GetJournal() || c.shared && l.GetJournal() == "licensing/closed" && p.GetJournal() == "licensing/all" ||
			c.anyJournal && strings.HasPrefix(p.GetJournal(), "licensing/") || c.anyAgency
		at := p.GetRecordedAt().AsTime()
		if c.received {
			at = p.GetReceivedAt().AsTime()
		}
		if fits && (!found || at.After(asOf)) {
			asOf, found = at, true
		}
	}
	return asOf, found
}

func (c copiedRelease) limit(l *ledgerv1.Licence) time.Duration {
	limit := ages[""]
	for i, p := range strings.Fields(l.GetBasis().GetPolicyId()) {
		if i == 0 || ages[p] < limit != c.mildest {
			limit = ages[p]
		}
	}
	return limit
}

func (c copiedRelease) by() releasing {
	r := realReleasing()
	r.try = c.try
	return r
}

// The copy that mutants are made of decides as the rule does, whatever happens.
func TestTheCopyOfReleasesIsOne(t *testing.T) {
	what := func(outcome proto.Message, err error) string {
		switch o := outcome.(type) {
		case *customsv1.GoodsHeld:
			return fmt.Sprint(o.GetReason(), o.GetAt())
		case *customsv1.GoodsReleased:
			return fmt.Sprint("released", o.GetAt())
		}
		return fmt.Sprint(err != nil)
	}
	both := realReleasing()
	both.try = func(view ledger.View, cmd *customsv1.ReleaseGoodsRequest, clock time.Time) ([]proto.Message, proto.Message, error) {
		facts, outcome, err := release.Try(view, cmd, clock)
		others, other, otherErr := copiedRelease{}.try(view, cmd, clock)
		if a, b := what(outcome, err), what(other, otherErr); a != b || len(facts) != len(others) {
			return nil, nil, fmt.Errorf("the rule decides %s in %d facts, the copy %s in %d", a, len(facts), b, len(others))
		}
		return facts, outcome, err
	}
	plays(t, 300, releasesBy(both))
}

// Each part of the rule of releases does something: without it, schedules go wrong.
func TestReleasesCatchMutants(t *testing.T) {
	beating := func(wrong func(due beats) beats) releasing {
		r := realReleasing()
		r.beats = func() beats { return wrong(new(heartbeat.Beats).Due) }
		return r
	}
	for name, mutant := range map[string]releasing{
		"a suspension on record is not looked at":     copiedRelease{unseen: true}.by(),
		"a second too old":                            copiedRelease{over: time.Second}.by(),
		"no copy is too old":                          copiedRelease{over: 1000 * time.Hour}.by(),
		"the mildest policy counts":                   copiedRelease{mildest: true}.by(),
		"it is as late as an officer says":            copiedRelease{officers: true}.by(),
		"it is as late as the clock says":             copiedRelease{clockOnly: true}.by(),
		"a clock may be behind":                       copiedRelease{aheadUnseen: true}.by(),
		"a block is as old as it is here":             copiedRelease{received: true}.by(),
		"another journal of licensing counts as well": copiedRelease{anyJournal: true}.by(),
		"any journal counts as well":                  copiedRelease{anyAgency: true}.by(),
		"what was shared later is fresh":              copiedRelease{shared: true}.by(),
		"heartbeats are too rare": beating(func(due beats) beats {
			return func(view ledger.View, now time.Time) ([]proto.Message, time.Time, error) {
				return due(view, now.Add(-time.Hour))
			}
		}),
		"heartbeats are in one journal only": beating(func(due beats) beats {
			return func(view ledger.View, now time.Time) ([]proto.Message, time.Time, error) {
				facts, next, err := due(view, now)
				if len(facts) == 1 && facts[0].(ledger.Dated).Group != "all" {
					return nil, next, err
				}
				return facts, next, err
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caught(t, releasesBy(mutant))
		})
	}
}
