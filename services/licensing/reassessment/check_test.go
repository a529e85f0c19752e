package reassessment_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

func TestOpenOnCheck(t *testing.T) {
	const checkID, l1, l2 = "licensing/PD-1", "licensing/L-1", "licensing/L-2"
	const (
		refused = "check licensing/PD-1 after delivery was refused access (RF19)"
		gone    = "check licensing/PD-1 after delivery found goods not accounted for"
		there   = refused + " at the end user of this licence"
	)
	const access, missing = customsv1.CheckOutcome_CHECK_OUTCOME_ACCESS_REFUSED, customsv1.CheckOutcome_CHECK_OUTCOME_NOT_ACCOUNTED
	guard, police := endUser("Border Guard of XB"), endUser("Police of XB")
	planned := ledgertest.By("licensing", &customsv1.PostDeliveryCheckPlanned{CheckId: checkID, LicenceId: l1})
	opened := func(id, licenceID, reason string) *licensingv1.ReassessmentOpened {
		return &licensingv1.ReassessmentOpened{ReassessmentId: id, LicenceId: licenceID, CauseId: checkID, Reason: reason}
	}
	const first, second = "licensing/R-2026-000001", "licensing/R-2026-000002"
	tests := []struct {
		name    string
		given   []proto.Message
		outcome customsv1.CheckOutcome
		want    []proto.Message
	}{
		{"refused access", []proto.Message{licence(l1, guard)}, access, []proto.Message{opened(first, l1, refused)}},
		{"goods that are gone", []proto.Message{licence(l1, guard)}, missing, []proto.Message{opened(first, l1, gone)}},
		{"a site that is unsafe", []proto.Message{licence(l1, guard)}, customsv1.CheckOutcome_CHECK_OUTCOME_SITE_UNSAFE, nil},
		{"goods that are there", []proto.Message{licence(l1, guard)}, customsv1.CheckOutcome_CHECK_OUTCOME_ALL_ACCOUNTED, nil},
		{"a part of the goods", []proto.Message{licence(l1, guard)}, customsv1.CheckOutcome_CHECK_OUTCOME_PARTLY_ACCOUNTED, nil},
		{"again", []proto.Message{licence(l1, guard), opened(first, l1, refused)}, access, nil},
		{"refused, then gone", []proto.Message{licence(l1, guard), opened(first, l1, refused)}, missing, []proto.Message{opened(second, l1, gone)}},
		{"another licence of the end user", []proto.Message{licence(l1, guard), licence(l2, guard)}, access, []proto.Message{opened(first, l1, refused), opened(second, l2, there)}},
		{"which is all that lives", []proto.Message{licence(l1, guard, until(now)), licence(l2, guard)}, access, []proto.Message{opened(first, l2, there)}},
		{"a licence of another end user", []proto.Message{licence(l1, guard), licence(l2, police)}, access, []proto.Message{opened(first, l1, refused)}},
		{"a revoked one", []proto.Message{licence(l1, guard), &licensingv1.LicenceRevoked{LicenceId: l1}}, access, nil},
		{"another agency's", []proto.Message{licence(l1, guard), ledgertest.By("licensing-b", licence("licensing-b/L-1", guard))}, access, []proto.Message{opened(first, l1, refused)}},
		{"a licence that is not on record here", nil, access, nil},
	}
	cause := &eventv1.Cause{Journal: "licensing/all", Number: 7}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.Given(t, append(tt.given, planned)...)
			check, err := view.PostDeliveryCheck(checkID)
			if err != nil {
				t.Fatal(err)
			}
			got, err := reassessment.OpenOnCheck(view, check, tt.outcome, now, cause)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, plain(t, got, cause), protocmp.Transform()); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}
