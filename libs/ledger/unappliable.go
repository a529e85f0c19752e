package ledger

import (
	"fmt"

	"github.com/counterfoil/counterfoil/libs/journal"
)

// Unappliable is why an event changes nothing: it breaks an invariant of the rows, or its kind is unknown. The desk
// refuses what would record it; a copy parks it and goes on.
type Unappliable struct {
	Journal journal.ID
	Number  uint64
	Kind    string
	Reason  string
	// Row is the id of the row that it would make or change, as far as that came into it.
	Row string
	// Unknown: the kind is newer than this program.
	Unknown bool
	// Since is the last event of its journal that made the row what it is, where it contradicts the row; else 0.
	Since uint64
	// Missing: the row that it changes is not on record.
	Missing bool
}

func (u *Unappliable) Error() string {
	return fmt.Sprintf("event %d of %s (%s) cannot be applied: %s", u.Number, u.Journal, u.Kind, u.Reason)
}

// OutOfStep is why a block or event is not folded: it is not the next one. Got at or below Want minus one has been
// folded before.
type OutOfStep struct {
	Journal journal.ID
	// What is numbered: "block" or "event".
	What      string
	Want, Got uint64
}

func (o *OutOfStep) Error() string {
	if o.Got < o.Want {
		return fmt.Sprintf("%s %d of %s is folded already, the next is %d", o.What, o.Got, o.Journal, o.Want)
	}
	return fmt.Sprintf("%s %d of %s does not follow, the next is %d", o.What, o.Got, o.Journal, o.Want)
}

// Folded reports whether what was refused has been folded before, so that it can be passed over.
func (o *OutOfStep) Folded() bool { return o.Got < o.Want }
