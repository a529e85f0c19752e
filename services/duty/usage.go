package duty

import (
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/citations"
	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// TellUse is the reaction of an agency that decides on what others share: after the end of each month it tells them how often
// its decisions cited their facts, see Used. A month that leaves nothing to tell is looked at once while the program runs.
func TellUse() desk.Reaction {
	var quiet atomic.Int64 // the end of the last such month, in Unix seconds
	return desk.Reaction{Name: "tell how facts were used", Due: func(view ledger.View, now time.Time) ([]proto.Message, time.Time, error) {
		from, until, next, err := monthBefore(view, now)
		if err != nil || quiet.Load() == until.Unix() {
			return nil, next, err
		}
		facts, err := Used(view, from, until)
		if len(facts) == 0 && err == nil {
			quiet.Store(until.Unix())
		}
		return facts, next, err
	}}
}

// Used is what this agency tells of how it used the facts of others, once the month [from, until) has ended: what is to be
// told then of all its decisions before until (citations.ToTell). Nothing when there is nothing to tell, or the month was told
// of.
func Used(view ledger.View, from, until time.Time) ([]proto.Message, error) {
	id := view.Agency() + "/use-" + until.AddDate(0, 0, -1).Format(time.DateOnly)
	if told, err := view.FactsUsed(id); told != nil || err != nil {
		return nil, err
	}
	uses, err := citations.ToTell(view, until)
	if len(uses) == 0 || err != nil {
		return nil, err
	}
	return []proto.Message{&reportingv1.FactsUsed{ReportId: id, From: timestamppb.New(from), Until: timestamppb.New(until), Uses: uses}}, nil
}

// monthBefore is the last calendar month that has ended, and when the one that lasts ends: in the zone of the calendar that is
// called as the agency's State, or UTC.
func monthBefore(view ledger.View, now time.Time) (from, until, next time.Time, err error) {
	zone := time.UTC
	agency, err := view.AgencyRow(view.Agency())
	if err != nil {
		return from, until, next, fmt.Errorf("read agency %s: %w", view.Agency(), err)
	}
	row, err := view.Calendar(agency.GetState())
	if err != nil {
		return from, until, next, fmt.Errorf("read calendar %s: %w", agency.GetState(), err)
	}
	if row != nil {
		cal, err := policy.NewCalendar(row.GetAdopted())
		if err != nil {
			return from, until, next, err
		}
		zone = cal.Zone()
	}
	year, month, _ := now.In(zone).Date()
	first := func(after time.Month) time.Time { return time.Date(year, month+after, 1, 0, 0, 0, 0, zone) }
	return first(-1), first(0), first(1), nil
}
