package policy_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/policy"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

func calendar(t rapid.TB, c *directoryv1.CalendarAdopted) *policy.Calendar {
	t.Helper()
	cal, err := policy.NewCalendar(c)
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

func moment(t rapid.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestDeadline(t *testing.T) {
	xa := &directoryv1.CalendarAdopted{CalendarId: "XA", Weekend: []uint32{6, 7}, Holidays: []string{"2026-01-14"}}
	sundays := &directoryv1.CalendarAdopted{Weekend: []uint32{5}, TimeZone: "Africa/Nairobi"}
	brazil := &directoryv1.CalendarAdopted{TimeZone: "America/Sao_Paulo"} // its clocks skipped 00:00 to 01:00 on 4 November 2018
	samoa := &directoryv1.CalendarAdopted{TimeZone: "Pacific/Apia"}       // it skipped 30 December 2011
	stop := func(from, to string) policy.Interval {
		return policy.Interval{From: moment(t, from), To: moment(t, to)}
	}
	tests := map[string]struct {
		cal   *directoryv1.CalendarAdopted
		from  string
		days  int
		stops []policy.Interval
		want  string
	}{
		"the day after":                    {xa, "2026-01-05T09:00:00Z", 1, nil, "2026-01-06T23:59:59Z"},
		"over a weekend":                   {xa, "2026-01-09T23:00:00Z", 1, nil, "2026-01-12T23:59:59Z"},
		"over a weekend and a holiday":     {xa, "2026-01-09T09:00:00Z", 3, nil, "2026-01-15T23:59:59Z"},
		"asked on a Saturday":              {xa, "2026-01-10T09:00:00Z", 1, nil, "2026-01-12T23:59:59Z"},
		"no days are one":                  {xa, "2026-01-05T09:00:00Z", 0, nil, "2026-01-06T23:59:59Z"},
		"already tomorrow in Nairobi":      {sundays, "2026-01-05T22:00:00Z", 1, nil, "2026-01-07T23:59:59+03:00"},
		"free on Fridays only":             {sundays, "2026-01-08T09:00:00+03:00", 1, nil, "2026-01-10T23:59:59+03:00"},
		"over a midnight that was not":     {brazil, "2018-11-03T12:00:00-03:00", 1, nil, "2018-11-04T23:59:59-02:00"},
		"up to a midnight that was not":    {brazil, "2018-11-02T12:00:00-03:00", 1, nil, "2018-11-03T23:59:59-03:00"},
		"over a day that was not":          {samoa, "2011-12-29T12:00:00-10:00", 1, nil, "2011-12-31T23:59:59+14:00"},
		"the clock stood still for a day":  {xa, "2026-01-05T09:00:00Z", 2, []policy.Interval{stop("2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z")}, "2026-01-08T23:59:59Z"},
		"over a weekend that is not added": {xa, "2026-01-05T09:00:00Z", 5, []policy.Interval{stop("2026-01-09T12:00:00Z", "2026-01-12T12:00:00Z")}, "2026-01-13T23:59:59Z"},
		"two stops that overlap":           {xa, "2026-01-05T09:00:00Z", 2, []policy.Interval{stop("2026-01-06T12:00:00Z", "2026-01-07T00:00:00Z"), stop("2026-01-06T00:00:00Z", "2026-01-06T18:00:00Z")}, "2026-01-08T23:59:59Z"},
		"a stop within the extension":      {xa, "2026-01-05T09:00:00Z", 1, []policy.Interval{stop("2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z"), stop("2026-01-07T12:00:00Z", "2026-01-08T12:00:00Z")}, "2026-01-08T23:59:59Z"},
		"a stop that came too late":        {xa, "2026-01-05T09:00:00Z", 1, []policy.Interval{stop("2026-01-07T00:00:00Z", "2026-01-08T00:00:00Z")}, "2026-01-06T23:59:59Z"},
		"a stop on the day of asking":      {xa, "2026-01-05T09:00:00Z", 1, []policy.Interval{stop("2026-01-05T10:00:00Z", "2026-01-05T20:00:00Z")}, "2026-01-06T23:59:59Z"},
		"a stop that is still open":        {xa, "2026-01-05T09:00:00Z", 1, []policy.Interval{{From: moment(t, "2026-01-06T00:00:00Z")}}, "2026-01-06T23:59:59Z"},
		"one second, up to a weekend":      {xa, "2026-01-08T09:00:00Z", 1, []policy.Interval{stop("2026-01-09T00:00:00Z", "2026-01-09T00:00:01Z")}, "2026-01-12T00:00:00Z"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := policy.Deadline(calendar(t, tt.cal), moment(t, tt.from), tt.days, tt.stops)
			if want := moment(t, tt.want); !got.Equal(want) {
				t.Errorf("got %s, want %s", got.Format(time.RFC3339), tt.want)
			}
		})
	}
}

func TestCalendarRefuses(t *testing.T) {
	for name, c := range map[string]*directoryv1.CalendarAdopted{
		"a zone that is none":       {TimeZone: "Mars/Olympus"},
		"the machine's own zone":    {TimeZone: "Local"},
		"an eighth weekday":         {Weekend: []uint32{8}},
		"a day that is none":        {Holidays: []string{"2026-02-30"}},
		"a week that is free":       {Weekend: []uint32{1, 2, 3, 4, 5, 6, 7}},
		"a file in place of a zone": {TimeZone: "../../etc/passwd"},
	} {
		if _, err := policy.NewCalendar(c); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// zones have midnights that were not, days that were not, and offsets of all kinds.
var zones = []string{"", "Africa/Nairobi", "America/Sao_Paulo", "Pacific/Apia", "Asia/Beirut", "Asia/Kathmandu", "America/Havana", "Europe/London"}

func drawCalendar(t *rapid.T) *policy.Calendar {
	c := &directoryv1.CalendarAdopted{TimeZone: rapid.SampledFrom(zones).Draw(t, "zone")}
	c.Weekend = rapid.SliceOfNDistinct(rapid.Uint32Range(1, 7), 0, 6, rapid.ID[uint32]).Draw(t, "weekend")
	for _, d := range rapid.SliceOfN(rapid.IntRange(0, 900), 0, 30).Draw(t, "holidays") {
		c.Holidays = append(c.Holidays, day(d).Format(time.DateOnly))
	}
	return calendar(t, c)
}

// day counts from the end of 2017, so that the zones' odd days are among them or near.
func day(n int) time.Time { return time.Date(2017, 12, 20+n, 0, 0, 0, 0, time.UTC) }

func drawMoment(t *rapid.T, label string) time.Time {
	return day(0).Add(time.Duration(rapid.Int64Range(0, int64(700*24*time.Hour)).Draw(t, label)))
}

func drawStops(t *rapid.T) []policy.Interval {
	var stops []policy.Interval
	for range rapid.IntRange(0, 4).Draw(t, "stops") {
		from := drawMoment(t, "stop")
		stops = append(stops, policy.Interval{From: from, To: from.Add(time.Duration(rapid.Int64Range(-1, int64(60*24*time.Hour)).Draw(t, "for")))})
	}
	return stops
}

// Caught: a deadline that counts the day of asking, that counts holidays, or that ends with a day of another zone.
func TestDeadlineCountsWorkingDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cal, from := drawCalendar(t), drawMoment(t, "from")
		n := rapid.IntRange(1, 60).Draw(t, "days")
		due := policy.Deadline(cal, from, n, nil)
		if got := policy.WorkingDaysBetween(cal, from, due); got != n {
			t.Errorf("%d working days from %s to %s, want %d", got, from, due, n)
		}
		if !cal.Working(due) || cal.Working(due.Add(time.Second)) && policy.WorkingDaysBetween(cal, from, due.Add(time.Second)) != n+1 {
			t.Errorf("%s is not the last second of a working day", due)
		}
		if more := policy.Deadline(cal, from, n+1, nil); !more.After(due) {
			t.Errorf("a day more is %s, after %s", more, due)
		}
		later := from.Add(time.Duration(rapid.Int64Range(0, int64(30*24*time.Hour)).Draw(t, "later")))
		if policy.Deadline(cal, later, n, nil).Before(due) {
			t.Errorf("asked later, at %s, it is due before %s", later, due)
		}
	})
}

// Caught: stops that are subtracted, counted twice where they overlap, or that end a deadline on a free day.
func TestStopsOnlyEverExtend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cal, from, stops := drawCalendar(t), drawMoment(t, "from"), drawStops(t)
		n := rapid.IntRange(1, 30).Draw(t, "days")
		without := policy.Deadline(cal, from, n, nil)
		due := policy.Deadline(cal, from, n, stops)
		if due.Before(without) || !cal.Working(due) {
			t.Errorf("%s with stops, %s without", due, without)
		}
		if twice := policy.Deadline(cal, from, n, append(slices.Clone(stops), stops...)); !twice.Equal(due) {
			t.Errorf("each stop twice gives %s, once %s", twice, due)
		}
		more := append(drawStops(t), stops...)
		if policy.Deadline(cal, from, n, more).Before(due) {
			t.Errorf("more stops end it before %s", due)
		}
	})
}

func TestMoved(t *testing.T) {
	friday := calendar(t, &directoryv1.CalendarAdopted{CalendarId: "XB", Weekend: []uint32{5, 6}, Holidays: []string{"2026-01-15"}, TimeZone: "America/Sao_Paulo"})
	for _, tt := range []struct {
		date   string
		before bool
		want   string
	}{
		{"2026-01-14", true, "2026-01-14"}, {"2026-01-15", true, "2026-01-14"}, {"2026-01-15", false, "2026-01-18"},
		{"2026-01-17", true, "2026-01-14"}, {"2026-01-18", false, "2026-01-18"},
	} {
		date, err := time.Parse(time.DateOnly, tt.date)
		if err != nil {
			t.Fatal(err)
		}
		if got := friday.Moved(date, tt.before).Format(time.DateOnly); got != tt.want {
			t.Errorf("%s, before %v: %s, want %s", tt.date, tt.before, got, tt.want)
		}
	}
	if got := (&policy.Calendar{}).Moved(time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC), false).Day(); got != 12 {
		t.Errorf("a Saturday is moved to the %d.", got)
	}
}

// A date lasts from its first moment to the last second before the next, also where its midnight was not.
func TestBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cal, date := drawCalendar(t), day(rapid.IntRange(0, 700).Draw(t, "day"))
		first, last := cal.Bounds(date)
		next, _ := cal.Bounds(date.AddDate(0, 0, 1))
		in := func(at time.Time) string { return at.In(cal.Zone()).Format(time.DateOnly) }
		if want := date.Format(time.DateOnly); in(first) != want || in(last) != want || in(first.Add(-1)) == want || !last.Add(time.Second).Equal(next) {
			t.Errorf("%s lasts from %s to %s", want, first, last)
		}
	})
}
