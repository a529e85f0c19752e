package policy

import (
	"slices"
	"time"
	_ "time/tzdata" // zones are known on machines that have no files of them

	"github.com/counterfoil/counterfoil/libs/fault"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

// Calendar says which days are worked. The zero value is Monday to Friday, UTC. It is not changed after it was made.
type Calendar struct {
	zone     *time.Location
	weekend  map[time.Weekday]bool
	holidays map[string]bool // yyyy-mm-dd
}

// NewCalendar reads a calendar. It fails with fault.Invalid where a day or the zone is none, or no weekday is worked.
// A calendar that names no weekend has none: every day but its holidays is worked.
func NewCalendar(c *directoryv1.CalendarAdopted) (*Calendar, error) {
	zone, err := time.LoadLocation(c.GetTimeZone())
	if err != nil || c.GetTimeZone() == "Local" {
		return nil, fault.Errorf(fault.Invalid, "calendar %s: there is no time zone %q; give an IANA name such as Africa/Nairobi", c.GetCalendarId(), c.GetTimeZone())
	}
	cal := &Calendar{zone: zone, weekend: map[time.Weekday]bool{}, holidays: map[string]bool{}}
	for _, day := range c.GetWeekend() {
		if day < 1 || day > 7 {
			return nil, fault.Errorf(fault.Invalid, "calendar %s: weekday %d is none; 1 is Monday and 7 is Sunday", c.GetCalendarId(), day)
		}
		cal.weekend[time.Weekday(day%7)] = true
	}
	if len(cal.weekend) == 7 {
		return nil, fault.Errorf(fault.Invalid, "calendar %s: no day of the week is worked", c.GetCalendarId())
	}
	for _, day := range c.GetHolidays() {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return nil, fault.Errorf(fault.Invalid, "calendar %s: holiday %q is no day; write yyyy-mm-dd", c.GetCalendarId(), day)
		}
		cal.holidays[day] = true
	}
	return cal, nil
}

// Interval is a time during which a clock stands still. To zero: it still does.
type Interval struct{ From, To time.Time }

// Zone is the one whose midnights part the days.
func (c *Calendar) Zone() *time.Location { return c.known().zone }

// Working reports whether the day that a moment lies in is worked.
func (c *Calendar) Working(t time.Time) bool { return c.WorkingDate(t.In(c.Zone())) }

// WorkingDate reports whether a date is worked. Of the time its year, month and day count.
func (c *Calendar) WorkingDate(date time.Time) bool {
	c = c.known()
	return !c.weekend[date.Weekday()] && !c.holidays[date.Format(time.DateOnly)]
}

// Moved returns a date, or where it is not worked the nearest before it, or after it, that is.
func (c *Calendar) Moved(date time.Time, before bool) time.Time {
	step := 1
	if before {
		step = -1
	}
	for !c.WorkingDate(date) {
		date = date.AddDate(0, 0, step)
	}
	return date
}

// Bounds returns the first moment of a date, and its last second.
func (c *Calendar) Bounds(date time.Time) (first, last time.Time) {
	c = c.known()
	noon := time.Date(date.Year(), date.Month(), date.Day(), 12, 0, 0, 0, c.zone)
	return c.day(noon, 0), c.day(noon, 1).Add(-time.Second)
}

var plain = &Calendar{zone: time.UTC, weekend: map[time.Weekday]bool{time.Saturday: true, time.Sunday: true}}

func (c *Calendar) known() *Calendar {
	if c == nil || c.zone == nil {
		return plain
	}
	return c
}

// day returns the first moment of a day, some days after the one that t lies in. Where clocks are changed at midnight that
// is not always 00:00, and time.Date may land on the evening before.
func (c *Calendar) day(t time.Time, after int) time.Time {
	y, m, d := t.In(c.zone).Date()
	want := time.Date(y, m, d+after, 0, 0, 0, 0, time.UTC)
	start := time.Date(y, m, d+after, 0, 0, 0, 0, c.zone)
	if start.Day() == want.AddDate(0, 0, -1).Day() {
		hour, minute, second := start.Clock()
		start = start.Add(24*time.Hour - time.Duration(hour*3600+minute*60+second)*time.Second)
	}
	return start
}

// Deadline returns the last second of the n-th working day after the day that from lies in, in the calendar's zone, and
// later by the working time during which the clock stood still, to the nanosecond; on the day of from it does not run yet.
// Fewer than one day count as one. An interval that is still open extends nothing.
func Deadline(cal *Calendar, from time.Time, days int, stops []Interval) time.Time {
	cal = cal.known()
	due := from
	for n := 0; n < max(days, 1); {
		due = cal.day(due, 1)
		if cal.Working(due) {
			n++
		}
	}
	return cal.extend(cal.day(from, 1), cal.day(due, 1).Add(-time.Second), stops)
}

// extend returns a deadline, later by the working time of the stops that began after from and before it passed.
func (c *Calendar) extend(from, due time.Time, stops []Interval) time.Time {
	for _, s := range disjoint(stops) {
		if s.From.Before(from) {
			s.From = from
		}
		if s.From.After(due) {
			break
		}
		due = c.advance(due, c.between(s.From, s.To))
	}
	return due
}

// disjoint returns closed intervals in order, those that touch as one.
func disjoint(stops []Interval) []Interval {
	stops = slices.Clone(stops)
	slices.SortFunc(stops, func(a, b Interval) int { return a.From.Compare(b.From) })
	var out []Interval
	for _, s := range stops {
		if !s.To.After(s.From) {
			continue
		}
		if last := len(out) - 1; last >= 0 && !s.From.After(out[last].To) {
			if s.To.After(out[last].To) {
				out[last].To = s.To
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// between returns how much time of working days lies between two moments.
func (c *Calendar) between(from, to time.Time) time.Duration {
	var sum time.Duration
	for from.Before(to) {
		end := c.day(from, 1)
		if end.After(to) {
			end = to
		}
		if c.Working(from) {
			sum += end.Sub(from)
		}
		from = end
	}
	return sum
}

// advance returns the moment, on a working day, at which some time of working days has passed.
func (c *Calendar) advance(t time.Time, by time.Duration) time.Time {
	for {
		end := c.day(t, 1)
		if c.Working(t) {
			if left := end.Sub(t); by < left {
				return t.Add(by)
			} else {
				by -= left
			}
		}
		t = end
	}
}

// WorkingDaysBetween returns how many working days come after the day that from lies in, up to and with the one that to
// lies in; 0 when to is not later.
func WorkingDaysBetween(cal *Calendar, from, to time.Time) int {
	cal = cal.known()
	n := 0
	for day := cal.day(from, 1); !day.After(to); day = cal.day(day, 1) {
		if cal.Working(day) {
			n++
		}
	}
	return n
}

// Due returns by when opinions asked for at a moment have to be given; zero when the policy sets no deadline. The hours
// of an emergency run by the clock, also at night, and do not stand still. cal is the calendar that the policy names.
func (p *Policy) Due(cal *Calendar, asked time.Time, emergency bool, stops []Interval) time.Time {
	days := p.Terms.Deadline.WorkingDays
	if e := p.Terms.Emergency; emergency && e != nil {
		if e.Hours > 0 {
			return asked.Add(time.Duration(e.Hours) * time.Hour)
		}
		days = e.WorkingDays
	}
	if days == 0 {
		return time.Time{}
	}
	return Deadline(cal, asked, int(days), stops)
}
