package widening

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Seen lists the events that were shared under a widening of the agency, as they stand in the wider group's journal, and the
// agencies that can or could read them there and not where they were recorded.
func Seen(view ledger.View, id string) (events []*directoryv1.SeenEvent, readers []string, err error) {
	w, err := own(view, id)
	if err != nil {
		return nil, nil, err
	}
	from, _, err := force(view, w)
	if err != nil {
		return nil, nil, err
	}
	wide := w.Widened.GetToGroup()
	position, err := view.Position(view.Own(wide))
	if err != nil {
		return nil, nil, err
	}
	number, err := since(view, wide, position.GetEvents(), from)
	if err != nil {
		return nil, nil, err
	}
	groups := map[string]bool{}
	for ; number <= position.GetEvents(); number++ {
		seen, origin, err := shared(view, wide, number, id)
		if err != nil {
			return nil, nil, err
		}
		if seen != nil {
			events = append(events, seen)
			groups[origin] = true
		}
	}
	readers, err = additional(view, wide, slices.Sorted(maps.Keys(groups)), from)
	return events, readers, err
}

// shared is event number of the wider group's journal and the group that it was recorded for; nil when it was not shared
// under the widening.
func shared(view ledger.View, wide string, number uint64, widening string) (*directoryv1.SeenEvent, string, error) {
	e, err := view.Event(view.Own(wide), number)
	if e.GetFact() == nil || err != nil {
		return nil, "", err
	}
	if e.WideningId != widening {
		return nil, "", nil
	}
	about, err := subject(e)
	_, group, _ := strings.Cut(e.Origin.GetJournal(), "/")
	return &directoryv1.SeenEvent{Journal: e.Journal, Number: e.Number, Kind: e.Kind, Subject: about, RecordedAt: e.RecordedAt}, group, err
}

// additional are the readers of a group that are not readers of one of the others as well, sorted; those that stopped reading
// since a time count too.
func additional(view ledger.View, wide string, groups []string, since time.Time) ([]string, error) {
	releases, err := view.ReleasesWith("journal", view.Agency()+"/"+ledger.Directory.Group)
	if err != nil {
		return nil, err
	}
	reads := map[string]map[string]bool{} // by reader, groups
	for _, r := range releases {
		ended := r.State == ledgerv1.ReleaseState_RELEASE_STATE_ENDED && r.Since.AsTime().After(since)
		if r.State != ledgerv1.ReleaseState_RELEASE_STATE_AGREED && (!ended || r.Group != wide) {
			continue
		}
		if reads[r.Reader] == nil {
			reads[r.Reader] = map[string]bool{}
		}
		reads[r.Reader][r.Group] = true
	}
	var more []string
	for _, reader := range slices.Sorted(maps.Keys(reads)) {
		lacks := slices.ContainsFunc(groups, func(g string) bool { return !reads[reader][g] })
		if reads[reader][wide] && lacks {
			more = append(more, reader)
		}
	}
	return more, nil
}
