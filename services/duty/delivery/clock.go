package delivery

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// reminders are when a period's passing is recorded, in percent (docs/border.md); past its end it is overdue.
var reminders = []uint32{50, 90}

// Due says, of deliveries of this agency that are not verified, what their periods came to that is not on record: a reminder from
// the moment that 50 and 90 percent of it are over, and that it is overdue (RF26) once its end has passed. Without any it
// says when the next will be; zero: none. What was missed while nobody looked is recorded then, once.
func Due(view ledger.View, now time.Time) (facts []proto.Message, next time.Time, err error) {
	var due ledger.Together
	for _, status := range []string{"requested", "disputed"} {
		rows, err := view.DeliveriesWith("status", status)
		if err != nil {
			return nil, time.Time{}, fmt.Errorf("read deliveries that are %s: %w", status, err)
		}
		for _, d := range rows {
			if !view.Owns(d.GetId()) {
				continue
			}
			facts, then := passed(d, now)
			if due.Add(d, facts); len(facts) > 0 {
				continue
			}
			if next.IsZero() || !then.IsZero() && then.Before(next) {
				next = then
			}
		}
	}
	return due.Facts, next, nil
}

// passed is what a period came to that is not on record, and when more will.
func passed(d *ledgerv1.Delivery, now time.Time) (facts []proto.Message, next time.Time) {
	from, due := d.GetRequested().GetFrom().AsTime(), d.GetRequested().GetDue().AsTime()
	later := func(t time.Time) {
		if next.IsZero() {
			next = t
		}
	}
	for _, percent := range reminders {
		at := from.Add(due.Sub(from) / 100 * time.Duration(percent))
		switch {
		case slices.Contains(d.GetReminded(), percent):
		case now.Before(at):
			later(at)
		default:
			facts = append(facts, ledger.Beside(d, &customsv1.DeliveryReminded{DeliveryId: d.GetId(), Percent: percent}))
		}
	}
	switch {
	case d.GetOverdueAt() != nil:
	case now.After(due):
		facts = append(facts, ledger.Beside(d, &customsv1.DeliveryOverdue{DeliveryId: d.GetId()}))
	default:
		later(due.Add(time.Nanosecond))
	}
	return facts, next
}
