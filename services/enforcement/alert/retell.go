package alert

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Retell repeats what became of an alert of this agency for every further group that the alert was shared with, or widened to:
// who has a suspicion has its refutal too (diversion.md section 4). What stands in a group already is left out, so retelling twice
// repeats nothing.
func Retell(view ledger.View, alertID string) ([]proto.Message, error) {
	a, err := view.Alert(alertID)
	if err != nil {
		return nil, fmt.Errorf("read alert %s: %w", alertID, err)
	}
	if a == nil || !strings.HasPrefix(a.GetId(), view.Agency()+"/") {
		return nil, nil
	}
	events, err := view.EventsOf(a)
	if err != nil {
		return nil, fmt.Errorf("read the events of alert %s: %w", alertID, err)
	}
	groups, err := furtherGroups(view, a)
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	for _, group := range groups {
		more, err := view.Repeat(events, group, "")
		if err != nil {
			return nil, fmt.Errorf("repeat alert %s for group %s: %w", alertID, group, err)
		}
		facts = append(facts, more...)
	}
	return facts, nil
}

// furtherGroups are the groups that have an alert beside its own, by name.
func furtherGroups(view ledger.View, a *ledgerv1.Alert) (groups []string, err error) {
	events, err := view.EventsOf(a)
	if err != nil {
		return nil, fmt.Errorf("read the events of alert %s: %w", a.GetId(), err)
	}
	repeats, err := view.RepeatsOf(events[0])
	if err != nil {
		return nil, fmt.Errorf("read where alert %s is repeated: %w", a.GetId(), err)
	}
	for _, r := range repeats {
		_, group, _ := strings.Cut(r.GetJournal(), "/")
		groups = append(groups, group)
	}
	slices.Sort(groups)
	return groups, nil
}
