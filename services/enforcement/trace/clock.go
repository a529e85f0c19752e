package trace

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Clock is how long a trace may take, from when it was opened. The Instrument gives no numbers; what is zero is as in docs/tracing.md.
type Clock struct {
	// Acknowledge is until it is acknowledged: 7 days.
	Acknowledge time.Duration
	// Answer is until the first answer: 30 days.
	Answer time.Duration
	// Final is until the last: 90 days.
	Final time.Duration
	// Urgent is until an urgent one is acknowledged and first answered: 24 hours.
	Urgent time.Duration
}

const oneDay = 24 * time.Hour

// dates are until when an opened trace is acknowledged, first answered, and answered for good.
func (c Clock) dates(from time.Time, urgent bool) (acknowledge, answer, final *timestamppb.Timestamp) {
	after := func(d, otherwise time.Duration) *timestamppb.Timestamp {
		if d == 0 {
			d = otherwise
		}
		return timestamppb.New(from.Add(d))
	}
	acknowledge, answer, final = after(c.Acknowledge, 7*oneDay), after(c.Answer, 30*oneDay), after(c.Final, 90*oneDay)
	if urgent {
		acknowledge = after(c.Urgent, oneDay)
		answer = acknowledge
	}
	return acknowledge, answer, final
}

// step is something that a trace has to come to by a date.
type step struct {
	name string
	due  time.Time
	done bool
}

// steps are those of a trace that goes on. One that nobody was asked in has nothing to be acknowledged. A delay puts off
// what is to be answered.
func steps(t *ledgerv1.Trace) []step {
	o := t.GetOpened()
	answered := len(t.GetAnswers()) > 0
	put := func(by *timestamppb.Timestamp) time.Time {
		if until := t.GetDelayed().GetUntil(); until.AsTime().After(by.AsTime()) && until != nil {
			return until.AsTime()
		}
		return by.AsTime()
	}
	return []step{
		{"acknowledge", o.GetAcknowledgeBy().AsTime(), answered || len(t.GetAcknowledged()) > 0 || !o.GetReceived() && len(t.GetSent()) == 0},
		{"answer", put(o.GetAnswerBy()), answered},
		{"final", put(o.GetFinalBy()), false},
	}
}

// Overdue records the steps of open traces of this agency whose date passed, each once. It says when the next is due; zero:
// none.
func Overdue(view ledger.View, now time.Time) (facts []proto.Message, next time.Time, err error) {
	all, err := view.TracesWith("open", "true")
	if err != nil {
		return nil, next, fmt.Errorf("read open traces: %w", err)
	}
	var due ledger.Together
	for _, t := range all {
		if !view.Owns(t.GetId()) {
			continue
		}
		for _, s := range steps(t) {
			switch {
			case s.done || slices.Contains(t.GetOverdue(), s.name):
			case !now.After(s.due):
				if next.IsZero() || s.due.Before(next) {
					next = s.due
				}
			default:
				due.Add(t, []proto.Message{ledger.Beside(t, &enforcementv1.TraceOverdue{TraceId: t.GetId(), Step: s.name})})
			}
		}
	}
	return due.Facts, next, nil
}
