package field

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

func TestClock(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(now.Add(-d)) }
	for _, tt := range []struct {
		name           string
		since, due     *timestamppb.Timestamp
		key, age, tone string
	}{
		{"no limit", ago(3 * time.Hour), nil, "clock.since", "3 h 0 min", "plain"},
		{"much is left", ago(10 * time.Minute), ago(-50 * time.Minute), "clock.left", "50 min 0 s", "plain"},
		{"little is left", ago(50 * time.Minute), ago(-10 * time.Minute), "clock.left", "10 min 0 s", "warn"},
		{"it is now", ago(time.Hour), ago(0), "clock.left", "0.0 s", "warn"},
		{"late", ago(3 * time.Hour), ago(2 * time.Hour), "clock.late", "2 h 0 min", "bad"},
		{"began on a clock that is ahead", ago(-time.Hour), nil, "clock.since", "0.0 s", "plain"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := clockOf(tt.since, tt.due, now)
			if c.Key() != tt.key || c.Age() != tt.age || c.Tone() != tt.tone {
				t.Errorf("%s %s %s, want %s %s %s", c.Key(), c.Age(), c.Tone(), tt.key, tt.age, tt.tone)
			}
		})
	}
}
