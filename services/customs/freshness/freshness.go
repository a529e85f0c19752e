// Package freshness says how old a copy of a licence is, by what the licence's agency last signed, and whether it may be relied
// on: goods are released only where a suspension would have been heard of (docs/border.md, Release).
package freshness

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/adopted"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// MaxSkew is how far a block may be dated ahead of this agency's clock. Beyond it one of the two clocks is wrong, and no age can
// be worked out.
const MaxSkew = 2 * time.Minute

// defaultLimit is how old a copy may be where no policy says.
const defaultLimit = time.Hour

// Copy is how old a copy of a licence is.
type Copy struct {
	*customsv1.Freshness
	// Stale is why it may not be relied on, as a sentence; empty: it may.
	Stale string
}

// Of says how old this ledger's copy of a licence is. It is as old as the last folded block of the journal that the licence is
// of: whatever changes the licence is recorded in that journal and no other, so a copy that has a block has every change that
// was recorded before it. A licence that came only by being shared later is never fresh, since later changes of it stay in a
// journal that this agency is not given, or was not given the beginning of.
//
// clock is this agency's clock. Now is the latest of it and of every block on the ledger, so that stepping a clock back makes
// no copy young. A licence of this agency's own journal is always fresh.
func Of(view ledger.View, licence *ledgerv1.Licence, clock time.Time) (Copy, error) {
	c := Copy{Freshness: &customsv1.Freshness{LicenceId: licence.GetId(), Journal: licence.GetJournal()}}
	now, ahead, err := Now(view, clock)
	if err != nil {
		return c, err
	}
	limit, err := limitOf(view, licence)
	switch refused := fault.As(err); {
	case refused != nil:
		c.Stale = refused.Sentence
	case err != nil:
		return c, err
	}
	c.LimitSeconds = uint32(limit / time.Second)
	p, applied, err := view.CopyOf(licence)
	agency, _, _ := strings.Cut(licence.GetJournal(), "/")
	switch {
	case err != nil:
		return c, fmt.Errorf("read how far %s is: %w", licence.GetJournal(), err)
	case agency == view.Agency():
		c.Block, c.AsOf, c.Stale = p.GetBlock(), timestamppb.New(now), ""
		return c, nil
	case p == nil:
		c.Stale = fmt.Sprintf("licence %s came here by being shared later, and changes of it are recorded in %s, which %s does not read; have %s let it read that",
			licence.GetId(), licence.GetJournal(), view.Agency(), agency)
		return c, nil
	}
	c.Block, c.AsOf = p.GetBlock(), p.GetRecordedAt()
	age := now.Sub(p.GetRecordedAt().AsTime())
	c.AgeSeconds = seconds(age)
	switch {
	case c.Stale != "":
	case !applied:
		c.Stale = fmt.Sprintf("licence %s is from before this copy of %s begins, so changes of it are not applied here; have %s give the whole of it", licence.GetId(), licence.GetJournal(), agency)
	case ahead != "":
		c.Stale = fmt.Sprintf("%s has a block dated %s and the clock here says %s: one of the clocks is wrong; see: counterfoil doctor", ahead, stamp(now), stamp(clock))
	case age > limit:
		c.Stale = fmt.Sprintf("the copy of licence %s is from %s, when %s last signed something in %s; it may be %d minutes old at most, so wait until it is heard of again",
			licence.GetId(), stamp(p.GetRecordedAt().AsTime()), agency, licence.GetJournal(), limit/time.Minute)
	}
	return c, nil
}

// Now is the latest of a clock and of what is on the ledger; ahead is the journal that is dated further ahead than clocks may
// differ, if one is.
func Now(view ledger.View, clock time.Time) (now time.Time, ahead string, err error) {
	positions, err := view.Positions()
	if err != nil {
		return now, "", fmt.Errorf("read how far the journals are: %w", err)
	}
	now = clock
	for _, p := range positions {
		if at := p.GetRecordedAt().AsTime(); at.After(now) {
			now = at
			if at.After(clock.Add(MaxSkew)) {
				ahead = p.GetJournal()
			}
		}
	}
	return now, ahead, nil
}

// limitOf is how old a copy of a licence may be: the least of what the policies say that it was granted under.
func limitOf(view ledger.View, licence *ledgerv1.Licence) (time.Duration, error) {
	policies, err := adopted.ByID(view, strings.Fields(licence.GetBasis().GetPolicyId()))
	if err != nil {
		return 0, err
	}
	limit := defaultLimit
	for i, p := range policies {
		age := time.Duration(p.Terms.GetRelease().GetMaxAgeMinutes()) * time.Minute
		if i == 0 || age < limit {
			limit = age
		}
	}
	return limit, nil
}

// seconds rounds up: an age is never said to be less than it is.
func seconds(d time.Duration) uint32 { return uint32(max(0, (d+time.Second-1)/time.Second)) }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
