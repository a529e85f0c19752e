package ledger

import (
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// Dated lets a rule say more of a fact than what it is: it is returned in place of the plain message. What is zero is left
// to the command and the sharing rules.
type Dated struct {
	proto.Message
	OccurredAt, RecordedAt time.Time
	Causes                 []*eventv1.Cause
	// Group is the sharing group that it is recorded for, whatever the rules say.
	Group string
	// Repeats is an event of this agency that is recorded again for another group, under its own id.
	Repeats *eventv1.Event
	// Origin is where that event stands.
	Origin *eventv1.Cause
}

// Beside returns the fact to be recorded in the journal that a row is of: what changes a row stands where it was made.
func Beside(r interface{ GetJournal() string }, fact proto.Message) Dated {
	_, group, _ := strings.Cut(r.GetJournal(), "/")
	return Dated{Message: fact, Group: group}
}

// Together is what several rows come to, to be recorded at once: what is of the journal of the first, as far as one record bears it. What
// it leaves out comes to the same later.
type Together struct {
	Facts   []proto.Message
	journal string
}

// mostTogether is from how many facts on no more rows are added.
const mostTogether = 200

// Add adds what a row comes to; nothing is nothing.
func (t *Together) Add(r interface{ GetJournal() string }, facts []proto.Message) {
	if len(t.Facts) == 0 {
		t.journal = r.GetJournal()
	}
	if t.journal == r.GetJournal() && len(t.Facts) < mostTogether {
		t.Facts = append(t.Facts, facts...)
	}
}
