package declaration

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// gone is why a discrepancy is settled that a declaration does not have any more.
const gone = "the declaration does not have it any more"

// compared brings the discrepancies on record of a declaration up to those that matching finds now: what is new is raised, what is
// on record is not raised again, also when an officer settled it, and what is open and was not found again is settled. It returns
// the facts, and all that are open then.
func compared(view ledger.View, declaration string, found []*customsv1.DiscrepancyRaised, at time.Time) (facts []proto.Message, open []*customsv1.DiscrepancyRaised, err error) {
	known, err := view.DiscrepanciesWith("declaration", declaration)
	if err != nil {
		return nil, nil, fmt.Errorf("read discrepancies of declaration %s: %w", declaration, err)
	}
	var fresh []*customsv1.DiscrepancyRaised
	for _, f := range found {
		if !slices.ContainsFunc(known, func(k *ledgerv1.Discrepancy) bool {
			return k.GetSettled().GetReason() != gone && same(k.GetRaised(), f)
		}) {
			fresh = append(fresh, f)
		}
	}
	for _, k := range known {
		switch {
		case k.GetSettled() != nil:
		case byMatching(k.GetRaised()) && !slices.ContainsFunc(found, func(f *customsv1.DiscrepancyRaised) bool { return same(k.GetRaised(), f) }):
			facts = append(facts, &customsv1.DiscrepancySettled{DiscrepancyId: k.GetId(), Reason: gone})
		default:
			open = append(open, k.GetRaised())
		}
	}
	raised, err := numbered(view, fresh, at)
	return append(facts, raised...), append(open, fresh...), err
}

// same reports whether two discrepancies are one, raised twice.
func same(a, b *customsv1.DiscrepancyRaised) bool {
	return a.GetCode() == b.GetCode() && a.GetItem() == b.GetItem() && a.GetExpected() == b.GetExpected() && a.GetFound() == b.GetFound()
}

// byMatching reports whether a discrepancy is one that matching finds, and not one of what happened to the goods, or an officer's.
func byMatching(d *customsv1.DiscrepancyRaised) bool {
	return !d.GetNoted() && !slices.Contains([]string{"DX15", "DX16", "DX17", "DX18"}, d.GetCode())
}

// numbered gives discrepancies their ids, and returns them as facts.
func numbered(view ledger.View, raised []*customsv1.DiscrepancyRaised, at time.Time) ([]proto.Message, error) {
	ids, err := view.NextIDs("DX-"+at.UTC().Format("2006"), len(raised))
	if err != nil {
		return nil, fmt.Errorf("number discrepancies: %w", err)
	}
	var facts []proto.Message
	for i, r := range raised {
		r.DiscrepancyId = ids[i]
		facts = append(facts, r)
	}
	return facts, nil
}

// Standing is where a declaration stands; nil when it is not on record.
func Standing(view ledger.View, id string) (*customsv1.Standing, error) {
	d, err := view.Declaration(id)
	if d == nil || err != nil {
		return nil, err
	}
	open, err := openOf(view, id)
	if err != nil {
		return nil, err
	}
	s := &customsv1.Standing{Released: d.GetStatus() == released, Open: open}
	if d.GetStatus() == held {
		s.Held = d.GetHeld()
	}
	return s, nil
}

// openOf are the discrepancies of a declaration that nobody has settled.
func openOf(view ledger.View, id string) (open []*customsv1.DiscrepancyRaised, err error) {
	rows, err := view.DiscrepanciesWith("declaration", id)
	if err != nil {
		return nil, fmt.Errorf("read discrepancies of declaration %s: %w", id, err)
	}
	for _, r := range rows {
		if r.GetSettled() == nil {
			open = append(open, r.GetRaised())
		}
	}
	return open, nil
}
