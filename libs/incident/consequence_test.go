package incident_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

const (
	alertID = "enforcement/D-1"
	hold    = enforcementv1.Consequence_CONSEQUENCE_HOLD
	check   = enforcementv1.Consequence_CONSEQUENCE_DENIAL_CHECK
)

// proposals are to hold some declarations, by their numbers.
func proposals(numbers ...int) (list []incident.Proposal) {
	for _, n := range numbers {
		list = append(list, incident.Proposal{Consequence: hold, Subject: fmt.Sprintf("customs/%d", n), Reason: "named"})
	}
	return list
}

// offered are the subjects of what was decided, and the decided facts without their causes.
func offered(t *testing.T, view ledger.View, list []incident.Proposal) (subjects []string, facts []proto.Message) {
	t.Helper()
	cause := &eventv1.Cause{Number: 3}
	got, err := incident.Offer(view, alertID, list, ledgertest.Start, cause)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range got {
		dated := f.(ledger.Dated)
		if len(dated.Causes) != 1 || dated.Causes[0] != cause {
			t.Errorf("%v names the causes %v", dated.Message, dated.Causes)
		}
		subjects, facts = append(subjects, dated.Message.(*enforcementv1.ConsequenceOffered).GetSubject()), append(facts, dated.Message)
	}
	return subjects, facts
}

func TestOffer(t *testing.T) {
	before := func(by, alert string, c enforcementv1.Consequence) proto.Message {
		return ledgertest.By(by, &enforcementv1.ConsequenceOffered{OfferId: by + "/CO-2026-000001", AlertId: alert, Consequence: c, Subject: "customs/1"})
	}
	both := []string{"customs/1", "customs/2"}
	for _, tt := range []struct {
		name  string
		given []proto.Message
		list  []incident.Proposal
		want  []string
	}{
		{"nothing", nil, nil, nil},
		{"two", nil, proposals(1, 2), both},
		{"in the order given", nil, proposals(2, 1), []string{"customs/2", "customs/1"}},
		{"one twice", nil, proposals(1, 2, 1), both},
		{"one that was offered", []proto.Message{before("customs", alertID, hold)}, proposals(1, 2), both[1:]},
		{"one that was offered and declined", []proto.Message{before("customs", alertID, hold), ledgertest.By("customs", &enforcementv1.ConsequenceAnswered{OfferId: "customs/CO-2026-000001"})}, proposals(1, 2), both[1:]},
		{"one that something else was offered for", []proto.Message{before("customs", alertID, check)}, proposals(1, 2), both},
		{"one that another alert leads to", []proto.Message{before("customs", "enforcement/D-2", hold)}, proposals(1, 2), both},
		{"one that another agency was offered", []proto.Message{before("customs-b", alertID, hold)}, proposals(1, 2), both},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := offered(t, ledgertest.GivenAs(t, "customs", tt.given...), tt.list); !slices.Equal(got, tt.want) {
				t.Errorf("offered for %v, want %v", got, tt.want)
			}
		})
	}
}

// More than is offered at once is offered the next time that something becomes of the alert.
func TestOfferMany(t *testing.T) {
	var numbers []int
	for n := range incident.MostAtOnce + 7 {
		numbers = append(numbers, n)
	}
	list := proposals(numbers...)
	first, facts := offered(t, ledgertest.GivenAs(t, "customs"), list)
	if len(first) != incident.MostAtOnce {
		t.Fatalf("%d were offered", len(first))
	}
	var given []proto.Message
	for _, f := range facts {
		given = append(given, ledgertest.By("customs", f))
	}
	view := ledgertest.GivenAs(t, "customs", given...)
	if rest, _ := offered(t, view, list); len(rest) != 7 || rest[0] != list[incident.MostAtOnce].Subject {
		t.Errorf("then %v were offered", rest)
	}
}

func TestAnswer(t *testing.T) {
	offer := func(by string, n int, c enforcementv1.Consequence) proto.Message {
		return ledgertest.In("border", ledgertest.By(by, &enforcementv1.ConsequenceOffered{OfferId: fmt.Sprintf("%s/CO-2026-%06d", by, n), AlertId: alertID, Consequence: c, Subject: "customs/1"}))
	}
	view := ledgertest.GivenAs(t, "customs", offer("customs", 1, hold), offer("customs", 2, check), offer("customs", 3, hold), offer("licensing", 1, hold),
		ledgertest.In("border", ledgertest.By("customs", &enforcementv1.ConsequenceAnswered{OfferId: "customs/CO-2026-000003", Taken: true})))
	holds := func(o *enforcementv1.ConsequenceOffered) bool { return o.GetConsequence() == hold }
	facts, err := incident.Answer(view, alertID, holds, false, "alert refuted", &eventv1.Cause{Number: 3})
	if err != nil || len(facts) != 1 {
		t.Fatalf("answered %v, %v", facts, err)
	}
	want := &enforcementv1.ConsequenceAnswered{OfferId: "customs/CO-2026-000001", Reason: "alert refuted"}
	if got := facts[0].(ledger.Dated); got.Group != "border" || got.Causes[0].GetNumber() != 3 || !proto.Equal(got.Message, want) {
		t.Errorf("answered %v in %s for %v", got.Message, got.Group, got.Causes)
	}
}
