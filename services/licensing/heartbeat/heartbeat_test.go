package heartbeat_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/heartbeat"
)

var start = ledgertest.Start

const quarter = 15 * time.Minute // of the hour that a copy may be old where no policy says otherwise

func granted(id, group string) proto.Message {
	return ledgertest.In(group, ledgertest.At(start, &licensingv1.LicenceGranted{LicenceId: "licensing/" + id}))
}

func from(id string, at time.Time) proto.Message {
	return ledgertest.At(start, &licensingv1.LicenceGranted{LicenceId: "licensing/" + id, ValidFrom: timestamppb.New(at)})
}

func until(id string, at time.Time) proto.Message {
	return ledgertest.At(start, &licensingv1.LicenceGranted{LicenceId: "licensing/" + id, ValidUntil: timestamppb.New(at)})
}

func suspended(id string) proto.Message {
	return ledgertest.At(start, &licensingv1.LicenceSuspended{LicenceId: "licensing/" + id, Reason: "looked at"})
}

func beat(at time.Time) proto.Message { return ledgertest.At(at, &licensingv1.Heartbeat{}) }

func adopted(content string) proto.Message {
	return &directoryv1.PolicyAdopted{PolicyId: "near/1", Content: []byte(content)}
}

func TestDue(t *testing.T) {
	near := adopted(`{name: near, version: 1, title: alone, legal_basis: fictional, valid_from: 2000-01-01, decider: licensing, signatures: 1, release: {max_age_minutes: 20}}`)
	tests := []struct {
		name  string
		given []proto.Message
		now   time.Time
		group string // where a heartbeat is recorded; empty: none is
		next  time.Time
	}{
		{"nothing recorded", nil, start.Add(time.Hour), "", time.Time{}},
		{"just granted", []proto.Message{granted("L-1", "all")}, start, "", start.Add(quarter)},
		{"a quarter ago less a second", []proto.Message{granted("L-1", "all")}, start.Add(quarter - time.Second), "", start.Add(quarter)},
		{"a quarter ago", []proto.Message{granted("L-1", "all")}, start.Add(quarter), "all", time.Time{}},
		{"something else since", []proto.Message{granted("L-1", "all"), ledgertest.At(start.Add(time.Minute), &licensingv1.ApplicationSubmitted{ApplicationId: "licensing/A-1", Deal: &licensingv1.Deal{}})},
			start.Add(quarter), "", start.Add(quarter + time.Minute)},
		{"a heartbeat since", []proto.Message{granted("L-1", "all"), beat(start.Add(quarter))}, start.Add(quarter), "", start.Add(2 * quarter)},
		{"by a stricter policy", []proto.Message{near, granted("L-1", "all")}, start.Add(5 * time.Minute), "all", time.Time{}},
		{"in the journal with the licence", []proto.Message{granted("L-1", "border"), ledgertest.At(start, &licensingv1.ApplicationSubmitted{ApplicationId: "licensing/A-1", Deal: &licensingv1.Deal{}})},
			start.Add(quarter), "border", time.Time{}},
		{"suspended", []proto.Message{granted("L-1", "all"), suspended("L-1")}, start.Add(time.Hour), "", time.Time{}},
		{"one of two suspended", []proto.Message{granted("L-1", "all"), granted("L-2", "all"), suspended("L-1")}, start.Add(time.Hour), "all", time.Time{}},
		{"expired", []proto.Message{until("L-1", start.Add(time.Minute))}, start.Add(time.Hour), "", time.Time{}},
		{"not valid yet", []proto.Message{from("L-1", start.AddDate(0, 0, 1))}, start.Add(time.Hour), "", start.AddDate(0, 0, 1)},
		{"valid since", []proto.Message{from("L-1", start.AddDate(0, 0, 1))}, start.AddDate(0, 0, 1), "all", time.Time{}},
		{"another agency's", []proto.Message{ledgertest.By("licensing-xb", ledgertest.At(start, &licensingv1.LicenceGranted{LicenceId: "licensing-xb/L-1"}))}, start.Add(time.Hour), "", time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			facts, next, err := new(heartbeat.Beats).Due(ledgertest.Given(t, tt.given...), tt.now)
			if err != nil {
				t.Fatal(err)
			}
			group := ""
			if len(facts) == 1 {
				group = facts[0].(ledger.Dated).Group
			}
			if group != tt.group || len(facts) > 1 || !next.Equal(tt.next) {
				t.Errorf("a heartbeat in %q and the next due %s (%d facts), want %q and %s", group, next, len(facts), tt.group, tt.next)
			}
		})
	}
}

// In a day with nothing else to say there are 96 heartbeats in each of the journals that have a licence in force, a quarter of
// the age apart, and none in the others, whatever Due remembers and however often it is asked.
func TestADay(t *testing.T) {
	l := ledgertest.Open(t, "licensing")
	w := ledgertest.NewWriter()
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	record := func(facts ...proto.Message) {
		t.Helper()
		for _, b := range w.Blocks(facts...) {
			if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
				t.Fatal(err)
			}
		}
	}
	record(granted("L-1", "all"), granted("L-2", "border"), ledgertest.In("other", ledgertest.At(start, &licensingv1.ApplicationSubmitted{ApplicationId: "licensing/A-1", Deal: &licensingv1.Deal{}})))
	beats, counts := new(heartbeat.Beats), map[string]int{}
	for now := start; now.Before(start.AddDate(0, 0, 1)); now = now.Add(time.Minute) {
		for {
			facts, _, err := beats.Due(tx.View, now)
			if err != nil {
				t.Fatal(err)
			}
			if len(facts) == 0 {
				break
			}
			group := facts[0].(ledger.Dated).Group
			counts[group]++
			record(ledgertest.In(group, beat(now)))
		}
	}
	if counts["all"] != 95 || counts["border"] != 95 || len(counts) != 2 {
		t.Errorf("heartbeats by group: %v; want 95 in all and border, and one more at midnight", counts)
	}
	record(suspended("L-1"))
	for range 2 {
		facts, _, err := beats.Due(tx.View, start.AddDate(0, 0, 1))
		if err != nil {
			t.Fatal(err)
		}
		if len(facts) != 1 || facts[0].(ledger.Dated).Group != "border" {
			t.Errorf("once all of a journal is suspended: %v", facts)
		}
	}
}
