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
