package denial

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/blind"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Answer answers the oldest blind check that asks this agency and waits, at most perDay of each asker in a day, UTC: who may ask
// often enough can list a set by trying. What is too much waits until the next day, which is next then. The answer goes to
// whoever reads the question.
func Answer(view ledger.View, key *blind.Key, now time.Time, perDay int) (facts []proto.Message, next time.Time, err error) {
	waiting, err := unanswered(view)
	if len(waiting) == 0 || err != nil {
		return nil, next, err
	}
	today, err := answeredOn(view, now)
	if err != nil {
		return nil, next, err
	}
	for _, c := range waiting {
		if today[ledger.AgencyOf(c.GetId())] >= perDay {
			next = now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
			continue
		}
		evaluated, proof, err := key.Answer(c.GetAsked().GetElements())
		if fault.As(err) != nil {
			continue // it is no question
		}
		if err != nil {
			return nil, next, fmt.Errorf("answer check %s: %w", c.GetId(), err)
		}
		return []proto.Message{ledger.Beside(c, &licensingv1.BlindCheckAnswered{
			CheckId: c.GetId(), Evaluated: evaluated, Proof: proof, PublicKey: key.Public(),
		})}, time.Time{}, nil
	}
	return nil, next, nil
}

// unanswered are the checks that ask this agency and that it has not answered, the oldest first.
func unanswered(view ledger.View) (waiting []*ledgerv1.BlindCheck, err error) {
	asked, err := counted(view, queryv1.Table_TABLE_BLIND_CHECKS, "addressee")
	if err != nil {
		return nil, err
	}
	answers, err := counted(view, queryv1.Table_TABLE_BLIND_ANSWERS, "agency")
	if asked == answers || err != nil {
		return nil, err
	}
	rows, err := view.BlindChecksWith("addressee", view.Agency())
	if err != nil {
		return nil, fmt.Errorf("read who asks: %w", err)
	}
	for _, c := range rows {
		earlier, err := view.BlindAnswer(view.Agency() + "/" + c.GetId())
		if err != nil {
			return nil, fmt.Errorf("read the answer to check %s: %w", c.GetId(), err)
		}
		if earlier == nil && ledger.AgencyOf(c.GetId()) != view.Agency() {
			waiting = append(waiting, c)
		}
	}
	slices.SortStableFunc(waiting, func(x, y *ledgerv1.BlindCheck) int {
		if c := x.GetAt().AsTime().Compare(y.GetAt().AsTime()); c != 0 {
			return c
		}
		return strings.Compare(x.GetId(), y.GetId())
	})
	return waiting, nil
}

// counted is how many rows name this agency under an attribute: quickly, for it is asked after every change.
func counted(view ledger.View, table queryv1.Table, attribute string) (uint64, error) {
	n, _, err := view.Count(table, &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: attribute, Values: []string{view.Agency()}}}}, "")
	if err != nil {
		return 0, fmt.Errorf("count blind checks: %w", err)
	}
	return n, nil
}

// answeredOn is how many checks of each asker this agency has answered on a day.
func answeredOn(view ledger.View, now time.Time) (map[string]int, error) {
	rows, err := view.BlindAnswersWith("agency", view.Agency())
	if err != nil {
		return nil, fmt.Errorf("read own answers to blind checks: %w", err)
	}
	n := map[string]int{}
	for _, a := range rows {
		if day(a.GetAt().AsTime()) == day(now) {
			n[ledger.AgencyOf(a.GetAnswered().GetCheckId())]++
		}
	}
	return n, nil
}
