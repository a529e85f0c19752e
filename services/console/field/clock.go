package field

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/plain"
)

// clock is how long something has waited, and how long it may.
type clock struct {
	waited, left time.Duration
	// Due is until when it is to be done; nil where nothing says so.
	Due *timestamppb.Timestamp
}

// Key is the message that says how it stands: late, what is left, or how long it has waited; Age is the time in it.
func (c clock) Key() string {
	switch {
	case c.Due == nil:
		return "clock.since"
	case c.left < 0:
		return "clock.late"
	}
	return "clock.left"
}

// Age is how long it is late, has left, or has waited.
func (c clock) Age() string {
	if c.Due == nil {
		return plain.Age(c.waited.Seconds())
	}
	return plain.Age(c.left.Abs().Seconds())
}

// Tone is how the clock is shown: "bad" when it has run out, "warn" when less than a quarter of its time is left.
func (c clock) Tone() string {
	switch {
	case c.Due == nil:
	case c.left < 0:
		return "bad"
	case c.left < (c.left+c.waited)/4:
		return "warn"
	}
	return "plain"
}

// clockOf is the clock of what began at a time, seen at now. What began later than now has waited for nothing.
func clockOf(since, due *timestamppb.Timestamp, now time.Time) clock {
	c := clock{waited: max(0, now.Sub(moment(since))), Due: due}
	if due != nil {
		c.left = due.AsTime().Sub(now)
	}
	return c
}
