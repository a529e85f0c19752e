package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Days rise with their dates and are of the year that the calendar says, also before 1970 and at the ends of what a date can be.
func TestDays(t *testing.T) {
	seconds := rapid.OneOf(rapid.Int64Range(-1<<36, 1<<38), rapid.Int64(), rapid.SampledFrom([]int64{-86401, -86400, -1, 0, 86399, 86400}))
	rapid.Check(t, func(t *rapid.T) {
		x, y := seconds.Draw(t, "x"), seconds.Draw(t, "y")
		if x > y {
			x, y = y, x
		}
		if ledger.DayOf(&timestamppb.Timestamp{Seconds: x}) > ledger.DayOf(&timestamppb.Timestamp{Seconds: y}) {
			t.Fatalf("%d is of a later day than %d", x, y)
		}
		same := time.Unix(x, 0).UTC().Format(time.DateOnly) == time.Unix(y, 0).UTC().Format(time.DateOnly)
		if near := -1<<40 < x && y < 1<<40; near && same != (ledger.DayOf(&timestamppb.Timestamp{Seconds: x}) == ledger.DayOf(&timestamppb.Timestamp{Seconds: y})) {
			t.Fatalf("%d and %d are of one day: %t", x, y, same)
		}
	})
}

// Between any two times, also those that are no day's beginning, there are the rows that lie there.
func TestBounds(t *testing.T) {
	var times []time.Time
	for day := range 4 {
		for _, within := range []time.Duration{0, 1, time.Hour, 24*time.Hour - 1} {
			times = append(times, time.Date(2009, 12, 30+day, 0, 0, 0, 0, time.UTC).Add(within))
		}
	}
	var facts []proto.Message
	for i, at := range times {
		facts = append(facts, ledgertest.At(at, &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-%06d", i+1)}))
	}
	v := ledgertest.Given(t, facts...)
	for _, table := range []queryv1.Table{tableLicences, tableEvents} {
		for _, from := range times {
			for _, until := range times {
				want := uint64(0)
				for _, at := range times {
					if !at.Before(from) && at.Before(until) {
						want++
					}
				}
				n, _, err := v.Count(table, &queryv1.Filter{From: timestamppb.New(from), Until: timestamppb.New(until)}, "")
				if err != nil || n != want {
					t.Errorf("from %v until %v there are %d %s, not %d: %v", from, until, n, table, want, err)
				}
			}
		}
	}
}
