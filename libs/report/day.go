package report

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Day is when a step of a procedure is due.
type Day struct {
	// Of a year; day 0 is the last of the month.
	month time.Month
	day   int
	// After the Treaty entered into force for the State; month is 0 then.
	years, months, days int
}

var (
	ofYear  = regexp.MustCompile(`^([0-9]{2})-([0-9]{2}|last)$`)
	ofEntry = regexp.MustCompile(`^[+]([0-9]{1,3})([dmy])$`)
)

// ParseDay reads "mm-dd", "mm-last" for the last day of the month, or "+12m" and the like: so many days, months or years after the
// Treaty entered into force. A day that no year has is an error.
func ParseDay(text string) (d Day, err error) {
	if m := ofEntry.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		switch m[2] {
		case "d":
			d.days = n
		case "m":
			d.months = n
		default:
			d.years = n
		}
		return d, err
	}
	m := ofYear.FindStringSubmatch(text)
	if m == nil {
		return d, fmt.Errorf("%q is not mm-dd, mm-last or a time after entry into force such as +1y", text)
	}
	month, _ := strconv.Atoi(m[1])
	day, _ := strconv.Atoi(m[2]) // 0 for "last"
	const leap = 2028
	if month < 1 || month > 12 || m[2] == "00" || day > daysIn(leap, time.Month(month)) {
		return d, fmt.Errorf("no year has a day %s", text)
	}
	return Day{month: time.Month(month), day: day}, nil
}

// AfterEntry reports whether the day counts from the Treaty's entry into force, and is one of no year.
func (d Day) AfterEntry() bool { return d.month == 0 }

// In returns the date in a year, as midnight UTC. 29 February is the 28th where the year has none.
func (d Day) In(year int) time.Time {
	last := daysIn(year, d.month)
	if d.day == 0 || d.day > last {
		return time.Date(year, d.month, last, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(year, d.month, d.day, 0, 0, 0, 0, time.UTC)
}

// After returns the date counted from one, as midnight UTC. Months and years end with the day of the same number, or with the last of
// the month where it has none.
func (d Day) After(entry time.Time) time.Time {
	first := time.Date(entry.Year()+d.years, entry.Month()+time.Month(d.months), 1, 0, 0, 0, 0, time.UTC)
	day := min(entry.Day(), daysIn(first.Year(), first.Month()))
	return first.AddDate(0, 0, day-1+d.days)
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
