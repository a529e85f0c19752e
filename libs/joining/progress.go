package joining

import (
	"slices"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Progress is how far a new agency's copy is.
type Progress struct {
	// Done of Total blocks, of those that its publishers had when they agreed.
	Done, Total uint64
	// Undecided are journals whose publishers have not been heard yet, Asking those whose publishers leave it to a person.
	Undecided, Asking []string
	// Refused are journals that their publishers do not let the agency read.
	Refused []string
}

// Level reports whether all is there that was there when the agency was let in.
func (p Progress) Level() bool { return p.Done == p.Total && len(p.Undecided) == 0 }

// ProgressOf says how far the agency's own copy is with every journal of the groups that the directory puts it in. Before the
// directory is read to where it registers the agency, the agency itself is undecided.
func ProgressOf(view ledger.View, agency string) (p Progress, err error) {
	me, err := view.AgencyRow(agency)
	if err != nil {
		return p, err
	}
	if me == nil || me.Status == ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED {
		p.Undecided = append(p.Undecided, directory.Journal.String())
		return p, nil
	}
	groups, err := view.GroupsWith("member", agency)
	if err != nil {
		return p, err
	}
	for _, g := range groups {
		for _, publisher := range g.Members {
			if g.Id == directory.Group || publisher == agency || !directory.Publishes(g, publisher) {
				continue
			}
			if err := p.add(view, agency, journal.ID{Agency: publisher, Group: g.Id}); err != nil {
				return p, err
			}
		}
	}
	slices.Sort(p.Undecided)
	return p, nil
}

func (p *Progress) add(view ledger.View, agency string, id journal.ID) error {
	release, err := view.Release(ledger.ReleaseID(id.Agency, id.Group, agency))
	if err != nil {
		return err
	}
	publisher, err := view.AgencyRow(id.Agency)
	if err != nil {
		return err
	}
	switch release.GetState() {
	case ledgerv1.ReleaseState_RELEASE_STATE_REFUSED:
		p.Refused = append(p.Refused, id.String())
		return nil
	case ledgerv1.ReleaseState_RELEASE_STATE_AGREED:
	default:
		if publisher.GetConsent() == "ask" {
			p.Asking = append(p.Asking, id.String())
		} else {
			p.Undecided = append(p.Undecided, id.String())
		}
		return nil
	}
	position, err := view.Position(id)
	if err != nil {
		return err
	}
	start := release.Start.GetBlock()
	p.Total += release.Head - start
	p.Done += min(max(position.GetBlock(), start), release.Head) - start
	return nil
}
