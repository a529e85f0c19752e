package reporting

import (
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/duedates"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/services/reporting/calendar"
)

// keepCalendar reminds those who owe a step of a report, and tells what is over its date. It looks at the dates of the year before to the
// year after, which it works out again only when a procedure or a calendar was adopted, or a year begins.
func keepCalendar() []desk.Reaction {
	type kept struct {
		basis string
		year  int
		plan  []calendar.Planned
	}
	var last atomic.Pointer[kept]
	return []desk.Reaction{{Name: "keep the calendar of reports", Due: func(view ledger.View, now time.Time) ([]proto.Message, time.Time, error) {
		basis, err := duedates.Basis(view)
		if basis == "" || err != nil {
			return nil, time.Time{}, err
		}
		year := now.UTC().Year()
		k := last.Load()
		if k == nil || k.basis != basis || k.year != year {
			k = &kept{basis: basis, year: year}
			dates, err := duedates.Dates(view, year-1, year+1)
			if err != nil {
				return nil, time.Time{}, err
			}
			k.plan = calendar.Plan(dates)
			last.Store(k)
		}
		facts, next, err := calendar.Due(view, k.plan, now)
		if newYear := time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC); next.IsZero() || newYear.Before(next) {
			next = newYear
		}
		return facts, next, err
	}}}
}
