package denial

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// CloseReplied ends a consultation of this agency with the reply of the agency that was asked; a reply of anybody else, or
// after the end, decides nothing.
func CloseReplied(view ledger.View, by string, reply *licensingv1.UndercutReplied, cause *eventv1.Cause) ([]proto.Message, error) {
	u, err := view.Undercut(reply.GetUndercutId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read undercut %s: %w", reply.GetUndercutId(), err)
	case u == nil || !view.Owns(u.GetId()) || u.GetFound().GetAgency() != by || u.GetStatus() != consulting:
		return nil, nil
	}
	closed := ledger.Beside(u, &licensingv1.UndercutClosed{UndercutId: u.GetId(), Identical: reply.GetIdentical()})
	closed.Causes = []*eventv1.Cause{cause}
	return []proto.Message{closed}, nil
}

// CloseLapsed ends the consultations of this agency whose time is over, where the policy gives silence a meaning: no_objection
// leaves it identical, not_identical does not (Regulation (EU) 2021/821, Article 16(5)). With none it stays open. next is when
// the next time will be over; zero: none.
func CloseLapsed(view ledger.View, now time.Time) (facts []proto.Message, next time.Time, err error) {
	rows, err := view.UndercutsWith("status", "consulting")
	if err != nil {
		return nil, next, fmt.Errorf("read undercuts that are being asked about: %w", err)
	}
	var due ledger.Together
	for _, u := range rows {
		if !view.Owns(u.GetId()) {
			continue
		}
		silence, err := silenceOn(view, u, now)
		if err != nil {
			return nil, next, err
		}
		over := u.GetOpened().GetDue().AsTime().Add(time.Second) // it is the last second that counts
		switch {
		case silence == "none":
		case !now.Before(over):
			closed := &licensingv1.UndercutClosed{UndercutId: u.GetId(), Lapsed: true, Identical: silence == "no_objection"}
			due.Add(u, []proto.Message{ledger.Beside(u, closed)})
		case next.IsZero() || over.Before(next):
			next = over
		}
	}
	return due.Facts, next, nil
}

// silenceOn is what the policy says that silence means.
func silenceOn(view ledger.View, u *ledgerv1.Undercut, now time.Time) (string, error) {
	a, err := view.Application(u.GetFound().GetApplicationId())
	switch {
	case err != nil:
		return "", fmt.Errorf("read application %s: %w", u.GetFound().GetApplicationId(), err)
	case a == nil:
		return "none", nil
	}
	terms, _, err := Terms(view, a, now)
	return terms.GetSilence(), err
}

// Tell tells the authorities that denied, once their consultation is over, what became of the application of this agency; of a
// grant with the reasons. The decision stays national (Common Position 2008/944/CFSP, Article 4(1)).
func Tell(view ledger.View, _ time.Time) ([]proto.Message, time.Time, error) {
	var due ledger.Together
	for _, status := range []string{"replied", "lapsed"} {
		rows, err := view.UndercutsWith("status", status)
		if err != nil {
			return nil, time.Time{}, fmt.Errorf("read undercuts that are %s: %w", status, err)
		}
		for _, u := range rows {
			if !view.Owns(u.GetId()) {
				continue
			}
			told, err := decision(view, u)
			if err != nil {
				return nil, time.Time{}, err
			}
			due.Add(u, told)
		}
	}
	return due.Facts, time.Time{}, nil
}

func decision(view ledger.View, u *ledgerv1.Undercut) ([]proto.Message, error) {
	id, err := view.DecisionOn(u.GetFound().GetApplicationId())
	if id == "" || err != nil {
		return nil, err
	}
	fact := &licensingv1.UndercutDecided{UndercutId: u.GetId(), DecisionId: id}
	l, err := view.Licence(id)
	if err != nil {
		return nil, fmt.Errorf("read licence %s: %w", id, err)
	}
	if l != nil {
		fact.Granted, fact.Reasons = true, reasonsOf(l, u)
	}
	return []proto.Message{ledger.Beside(u, fact)}, nil
}

// reasonsOf are the reasons of a grant, as it gives them; where it gives none, what it was found to be.
func reasonsOf(l *ledgerv1.Licence, u *ledgerv1.Undercut) string {
	var reasons []string
	for _, r := range []string{l.GetBasis().GetReason(), l.GetBasis().GetAgainstAdvice()} {
		if r != "" {
			reasons = append(reasons, r)
		}
	}
	if len(reasons) == 0 && u.GetClosed().GetLapsed() {
		reasons = []string{"nobody objected in time"}
	}
	if len(reasons) == 0 && !u.GetClosed().GetIdentical() {
		reasons = []string{"by the reply it is another deal"}
	}
	return strings.Join(append(reasons, l.GetConditions()...), "; ")
}
