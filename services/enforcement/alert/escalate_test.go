package alert_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/services/enforcement/alert"
)

// An immediate alert has a clock (principle P7): who has not answered when it runs out is escalated, once.
func TestEscalate(t *testing.T) {
	by := raised.AcknowledgeBy.AsTime()
	later := with(raised, func(r *enforcementv1.DiversionAlertRaised) {
		r.AlertId, r.AcknowledgeBy = "enforcement/D-2026-000002", timestamppb.New(by.Add(time.Hour))
	})
	contacts := &directoryv1.ContactsNamed{Agency: "customs", Contacts: []*directoryv1.Contact{{Role: "duty officer", Reach: "+99 1"}, {Role: "head"}}}
	byLicensing := ledgertest.By("licensing", &enforcementv1.AlertAcknowledged{AlertId: id})
	byCustoms := ledgertest.By("customs", &enforcementv1.AlertAcknowledged{AlertId: id})
	beside := func(e *enforcementv1.AlertEscalated) proto.Message { return ledger.Dated{Message: e, Group: "all"} }
	toLicensing := &enforcementv1.AlertEscalated{AlertId: id, Addressee: "licensing"}
	toCustoms := &enforcementv1.AlertEscalated{AlertId: id, Addressee: "customs", Role: "duty officer", Reach: "+99 1"}
	for _, tt := range []struct {
		name  string
		given []proto.Message
		now   time.Time
		want  []proto.Message
		next  time.Time
	}{
		{"nothing open", nil, by, nil, time.Time{}},
		{"there is time", []proto.Message{raised, later}, by.Add(-time.Second), nil, by},
		{"nobody answered", []proto.Message{raised, contacts}, by, []proto.Message{beside(toLicensing), beside(toCustoms)}, time.Time{}},
		{"one answered", []proto.Message{raised, contacts, byLicensing}, by, []proto.Message{beside(toCustoms)}, time.Time{}},
		{"all answered", []proto.Message{raised, byLicensing, byCustoms, later}, by, nil, by.Add(time.Hour)},
		{"escalated already", []proto.Message{raised, byLicensing, toCustoms, later}, by, nil, by.Add(time.Hour)},
		{"refuted meanwhile", []proto.Message{raised, refuted}, by, nil, time.Time{}},
		{"another agency's", []proto.Message{others}, by, nil, time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, next, err := alert.Escalate(given(t, append(directory, tt.given...)...), tt.now)
			expect(t, got, err, tt.want, nil)
			if !next.Equal(tt.next) {
				t.Errorf("next is %v, want %v", next, tt.next)
			}
		})
	}
}

func TestTimeToAcknowledge(t *testing.T) {
	for _, tt := range []struct {
		priority enforcementv1.Priority
		minutes  uint32
		want     time.Duration
	}{
		{enforcementv1.Priority_PRIORITY_IMMEDIATE, 0, time.Hour}, {enforcementv1.Priority_PRIORITY_URGENT, 0, 24 * time.Hour},
		{enforcementv1.Priority_PRIORITY_ROUTINE, 0, 0}, {enforcementv1.Priority_PRIORITY_ROUTINE, 5, 5 * time.Minute},
	} {
		command := with(raising, func(r *enforcementv1.RaiseAlertRequest) { r.Priority, r.AcknowledgeWithin = tt.priority, tt.minutes })
		facts, err := alert.Raise(given(t, directory...), command)
		if err != nil {
			t.Fatal(err)
		}
		by := facts[0].(*enforcementv1.DiversionAlertRaised).AcknowledgeBy
		if tt.want == 0 && by != nil || tt.want > 0 && by.AsTime().Sub(particulars.OccurredAt.AsTime()) != tt.want {
			t.Errorf("%v, %d minutes: acknowledge by %v", tt.priority, tt.minutes, by.AsTime())
		}
	}
}
