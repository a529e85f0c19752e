package handover_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/services/statement/handover"
)

// What is open on goods that left, at who asks and at who is asked.
func TestDutiesOnDeliveries(t *testing.T) {
	due, later := timestamppb.New(now.AddDate(0, 0, 10)), timestamppb.New(now.AddDate(0, 0, 20))
	const deliveryID, checkID = "licensing/DV-1", "licensing/PD-1"
	asked := by(&customsv1.DeliveryVerificationRequested{DeliveryId: deliveryID, Of: "customs-b", From: at(0), Due: due})
	overdue := by(&customsv1.DeliveryOverdue{DeliveryId: deliveryID})
	disputed := by(&customsv1.DeliveryDisputed{DeliveryId: deliveryID})
	verified := by(&customsv1.DeliveryVerified{DeliveryId: deliveryID})
	confirmed := ledgertest.By("customs-b", &customsv1.DeliveryConfirmed{ConfirmationId: "customs-b/" + deliveryID, DeliveryId: deliveryID})
	planned := by(&customsv1.PostDeliveryCheckPlanned{CheckId: checkID, PlannedFor: due})
	obstructed := func(again *timestamppb.Timestamp) proto.Message {
		return by(&customsv1.PostDeliveryCheckObstructed{CheckId: checkID, Outcome: customsv1.CheckOutcome_CHECK_OUTCOME_ACCESS_REFUSED, Again: again})
	}
	done := by(&customsv1.PostDeliveryCheckDone{CheckId: checkID})
	verify := func(flag string) []*directoryv1.Duty {
		return []*directoryv1.Duty{{Subject: deliveryID, What: "verify", Since: at(0), Due: due, Indicator: flag}}
	}
	check := func(due *timestamppb.Timestamp, flag string) []*directoryv1.Duty {
		return []*directoryv1.Duty{{Subject: checkID, What: "check", Since: at(0), Due: due, Indicator: flag}}
	}
	for _, tt := range []struct {
		name, agency string
		given        []proto.Message
		want         []*directoryv1.Duty
	}{
		{"who asks", "licensing", []proto.Message{asked}, verify("")},
		{"who is asked", "customs-b", []proto.Message{asked}, verify("")},
		{"others", "customs", []proto.Message{asked}, nil},
		{"overdue", "licensing", []proto.Message{asked, overdue}, verify("RF26")},
		{"overdue and disputed", "licensing", []proto.Message{asked, overdue, disputed}, verify("RF26")},
		{"overdue and verified", "licensing", []proto.Message{asked, overdue, verified}, nil},
		{"confirmed", "customs-b", []proto.Message{asked, confirmed}, nil},
		{"confirmed and disputed", "customs-b", []proto.Message{asked, confirmed, disputed}, verify("")},
		{"planned", "licensing", []proto.Message{planned}, check(due, "")},
		{"planned by others", "customs", []proto.Message{planned}, nil},
		{"refused and put off", "licensing", []proto.Message{planned, obstructed(later)}, check(later, "RF19")},
		{"refused and not tried again", "licensing", []proto.Message{planned, obstructed(nil)}, nil},
		{"done", "licensing", []proto.Message{planned, done}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := handover.Duties(ledgertest.GivenAs(t, tt.agency, tt.given...), now)
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || err != nil {
				t.Errorf("duties: %v\n%s", err, diff)
			}
		})
	}
}
