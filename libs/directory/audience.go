package directory

import (
	"fmt"
	"slices"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Readers says of every agency of the directory, by name, whether it reads a journal, and by which rule. What it says is
// about the journal's next event; of earlier ones, members may have been given less.
func Readers(view ledger.View, id journal.ID) ([]*queryv1.Reader, error) {
	group, err := view.Group(id.Group)
	if err != nil {
		return nil, err
	}
	agencies, err := view.Agencies()
	if err != nil {
		return nil, err
	}
	var readers []*queryv1.Reader
	for _, a := range agencies {
		release, err := view.Release(ledger.ReleaseID(id.Agency, id.Group, a.Id))
		if err != nil {
			return nil, err
		}
		reads, rule := reader(id, group, a, release)
		readers = append(readers, &queryv1.Reader{Agency: a.Id, Reads: reads, Rule: rule})
	}
	return readers, nil
}

func reader(id journal.ID, group *ledgerv1.Group, a *ledgerv1.Agency, release *ledgerv1.Release) (reads bool, rule string) {
	switch {
	case a.Status == ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED:
		return false, "it was removed"
	case a.Id == id.Agency:
		return true, "it records the journal"
	case !slices.Contains(group.GetMembers(), a.Id):
		return false, fmt.Sprintf("it is not a member of group %s", id.Group)
	case a.Status == ledgerv1.AgencyStatus_AGENCY_STATUS_SUSPENDED:
		return false, "it is suspended; what it is owed waits until it is resumed"
	case id.Group == Group:
		return true, "every agency reads the directory"
	case release.GetState() == agreed:
		return true, fmt.Sprintf("it is a member of group %s and %s agreed", id.Group, id.Agency)
	case release == nil:
		return false, fmt.Sprintf("%s has not agreed yet", id.Agency)
	case release.State == refused:
		return false, fmt.Sprintf("%s refused: %s", id.Agency, release.Reason)
	}
	return false, fmt.Sprintf("%s ended it: %s", id.Agency, release.Reason)
}
