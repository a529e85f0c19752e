package licensing

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/screening"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/duty"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// byLists screens open applications again, one at a time, when an edition of a watch list was closed. What it remembers
// spares looking at all of them after every change; a new one begins at the first and finds nothing to do. Safe for
// concurrent use.
type byLists struct {
	mu    sync.Mutex
	lists string // that were on record when it began, in which file
	page  string // that it is at
	done  bool
}

// pageSize is how many applications are looked at together.
const pageSize = 100

// due is what a desk's reaction asks.
func (b *byLists) due(view ledger.View, now time.Time) ([]proto.Message, time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	lists, err := screening.ListsOnRecord(view)
	if err != nil {
		return nil, time.Time{}, err
	}
	var all strings.Builder
	all.WriteString(view.Incarnation()) // a page is one of the file that it was given for
	for _, l := range lists {
		fmt.Fprintf(&all, "%s %s %s\n", l.GetSource(), l.GetEdition(), l.GetRecordedAt().AsTime())
	}
	if all.String() != b.lists {
		b.lists, b.page, b.done = all.String(), "", len(lists) == 0
	}
	for !b.done {
		facts, err := b.look(view, now)
		if err != nil || len(facts) > 0 {
			return facts, time.Time{}, err
		}
	}
	return nil, time.Time{}, nil
}

// look screens the first application of a page that is to be screened again; when there is none it goes on to the next page.
func (b *byLists) look(view ledger.View, now time.Time) ([]proto.Message, error) {
	submitted := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "status", Values: []string{"submitted"}}}}
	rows, next, err := view.List(queryv1.Table_TABLE_APPLICATIONS, submitted, b.page, pageSize)
	if err != nil {
		return nil, fmt.Errorf("list applications: %w", err)
	}
	for _, r := range rows {
		id := r.GetApplication().GetId()
		if !view.Owns(id) {
			continue
		}
		facts, err := unlessRefused(duty.Screen(view, dossier.ToScreen, now, id))
		if err != nil || len(facts) > 0 {
			return facts, err
		}
	}
	b.page, b.done = next, next == ""
	return nil, nil
}
