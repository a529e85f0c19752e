// Package withdrawal decides that the content of an event is purged at everybody who has it.
package withdrawal

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// defaultDays is what holders have when the order does not say.
const defaultDays = 7

// order is the kind of the event that an order is recorded as.
var order = string((&directoryv1.EventWithdrawn{}).ProtoReflect().Descriptor().FullName())

// Withdraw orders the content of an event of this agency to be purged, in the event's own journal, so that those who have
// it hear of it and nobody else. It refuses an event of the directory, because keys and consents rest on it; an order,
// which its readers act on; and an event that was withdrawn before.
func Withdraw(view ledger.View, req *directoryv1.WithdrawRequest) ([]proto.Message, error) {
	event, err := find(view, req.GetEvent())
	if err != nil {
		return nil, err
	}
	agency, group, _ := strings.Cut(event.Journal, "/")
	switch {
	case agency != view.Agency():
		return nil, fault.Errorf(fault.NotAllowed, "event %s is %s's: only the agency that recorded an event can withdraw it", req.GetEvent(), agency)
	case group == ledger.Directory.Group:
		return nil, fault.Errorf(fault.Precondition, "event %s is part of the directory, which keys and consents rest on, and cannot be withdrawn", req.GetEvent())
	case event.Kind == order:
		return nil, fault.Errorf(fault.Precondition, "event %s is itself an order to purge an event and cannot be withdrawn", req.GetEvent())
	case req.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for withdrawing event %s", req.GetEvent())
	}
	if before, err := ordered(view, event); before != nil || err != nil {
		if err == nil {
			err = fault.Errorf(fault.Conflict, "event %s was withdrawn by %s already; see: counterfoil withdrawals %s", req.GetEvent(), before.Id, before.Id)
		}
		return nil, err
	}
	recorded := &eventv1.Event{}
	if err := proto.Unmarshal(event.Raw, recorded); err != nil {
		return nil, fmt.Errorf("read event %d of %s: %w", event.Number, event.Journal, err)
	}
	id, err := view.NextID("withdrawal")
	if err != nil {
		return nil, err
	}
	days := req.GetDays()
	if days == 0 {
		days = defaultDays
	}
	due := req.GetParticulars().GetOccurredAt().AsTime().Add(time.Duration(days) * 24 * time.Hour)
	return []proto.Message{ledger.Dated{Group: group, Message: &directoryv1.EventWithdrawn{
		WithdrawalId: id, Number: event.Number, EventId: recorded.Id, Reason: req.GetReason(), LegalBasis: req.GetLegalBasis(), Due: timestamppb.New(due),
	}}}, nil
}

func find(view ledger.View, id string) (*queryv1.RecordedEvent, error) {
	row, err := view.Get(queryv1.Table_TABLE_EVENTS, id)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, fault.Errorf(fault.NotFound, "event %s is not on record; list events with: counterfoil list events", id)
	}
	return row.GetEvent(), nil
}

// ordered returns the order that withdrew an event; nil when there is none.
func ordered(view ledger.View, event *queryv1.RecordedEvent) (*ledgerv1.Withdrawal, error) {
	orders, err := view.Withdrawals()
	for _, w := range orders {
		if w.Journal == event.Journal && w.Withdrawn.Number == event.Number {
			return w, err
		}
	}
	return nil, err
}

// Places returns where an event of this agency is recorded and not ordered to be purged, as "agency/group/number": once, or,
// when it was shared more widely, in each journal. The place that was named is the last, ordered or not: as long as it is on
// record, the others are found by it, so that a withdrawal that was cut off is finished by asking for it again.
func Places(view ledger.View, event string) ([]string, error) {
	named, err := find(view, event)
	if err != nil {
		return nil, err
	}
	recorded := &eventv1.Event{}
	if err := proto.Unmarshal(named.Raw, recorded); err != nil {
		return nil, fmt.Errorf("read event %s: %w", event, err)
	}
	var all []*queryv1.RecordedEvent
	first := named
	if at := recorded.Origin; at != nil {
		first = &queryv1.RecordedEvent{Journal: at.Journal, Number: at.Number}
		row, err := view.Get(queryv1.Table_TABLE_EVENTS, placeOf(first))
		if err != nil {
			return nil, err
		}
		if row != nil {
			all = append(all, row.GetEvent())
		}
	}
	repeats, err := view.RepeatsOf(first)
	if err != nil {
		return nil, err
	}
	var places []string
	for _, e := range append(all, repeats...) {
		if placeOf(e) == placeOf(named) {
			continue
		}
		before, err := ordered(view, e)
		if err != nil {
			return nil, err
		}
		if before == nil {
			places = append(places, placeOf(e))
		}
	}
	return append(places, placeOf(named)), nil
}

func placeOf(e *queryv1.RecordedEvent) string { return fmt.Sprintf("%s/%d", e.Journal, e.Number) }
