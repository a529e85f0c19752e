package alert

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Retell repeats what became of an alert of this agency for every further group that the alert was shared with, or widened to:
// who has a suspicion has its refutal too (docs/alerts.md). What stands in a group already is left out, so retelling twice
// repeats nothing.
func Retell(view ledger.View, alertID string) ([]proto.Message, error) {
	a, err := view.Alert(alertID)
	if err != nil {
		return nil, fmt.Errorf("read alert %s: %w", alertID, err)
	}
	if a == nil || !view.Owns(a.GetId()) {
		return nil, nil
	}
	events, err := view.EventsOf(a)
	if err != nil {
		return nil, fmt.Errorf("read the events of alert %s: %w", alertID, err)
	}
	further, err := furtherGroups(view, events[0])
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	for _, f := range further {
		more, err := view.Repeat(events, f.group, f.widening)
		if err != nil {
			return nil, fmt.Errorf("repeat alert %s for group %s: %w", alertID, f.group, err)
		}
		facts = append(facts, more...)
	}
	return facts, nil
}

// audience is a group that an alert was repeated for, and the emergency widening that it was under, or none.
type audience struct{ group, widening string }

// furtherGroups are the groups that have an alert beside its own, by the event that raised it, in order of name. What came there
// under a widening goes on under it, so that what was seen under the widening is listed in full.
func furtherGroups(view ledger.View, raised *queryv1.RecordedEvent) (further []audience, err error) {
	repeats, err := view.RepeatsOf(raised)
	if err != nil {
		return nil, fmt.Errorf("read where event %d of %s is repeated: %w", raised.GetNumber(), raised.GetJournal(), err)
	}
	for _, r := range repeats {
		_, group, _ := strings.Cut(r.GetJournal(), "/")
		further = append(further, audience{group, r.GetWideningId()})
	}
	slices.SortFunc(further, func(a, b audience) int { return strings.Compare(a.group, b.group) })
	return further, nil
}
