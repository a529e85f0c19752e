package field

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// clock is how long something has waited, and how long it may.
type clock struct {
	// Waited is since it began.
	Waited *durationpb.Duration
	// Due is until when it is to be done; nil where nothing says so.
	Due *timestamppb.Timestamp
	// Left is until then; Late is since then. One of them is set where Due is.
	Left, Late *durationpb.Duration
}

// Tone is how the clock is shown: "bad" when it has run out, "warn" when less than a quarter of its time is left.
func (c clock) Tone() string {
	switch {
	case c.Late != nil:
		return "bad"
	case c.Left != nil && c.Left.AsDuration() < (c.Left.AsDuration()+c.Waited.AsDuration())/4:
		return "warn"
	}
	return "plain"
}

// clockOf is the clock of what began at a time, seen at now. What began later than now has waited for nothing.
func clockOf(since, due *timestamppb.Timestamp, now time.Time) clock {
	c := clock{Waited: durationpb.New(max(0, now.Sub(moment(since)))), Due: due}
	if due == nil {
		return c
	}
	if left := due.AsTime().Sub(now); left >= 0 {
		c.Left = durationpb.New(left)
	} else {
		c.Late = durationpb.New(-left)
	}
	return c
}
