package reassessment_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

func TestOpenOnEmbargo(t *testing.T) {
	const embargoID, l1, l2 = "screening/E-1", "licensing/L-1", "licensing/L-2"
	const destination = "embargo screening/E-1 on XB was recorded and reaches this licence by its destination"
	guard := endUser("Border Guard of XB")
	recorded := &screeningv1.EmbargoRecorded{EmbargoId: embargoID, Country: "XB", Resolution: "resolution 9001", ValidFrom: "2027-01-01"}
	limited := &screeningv1.EmbargoRecorded{EmbargoId: embargoID, Country: "XB", Categories: []transferv1.Category{transferv1.Category_CATEGORY_I_BATTLE_TANKS}}
	smallArms := func(g *licensingv1.LicenceGranted) {
		g.Deal.Lines[0].Category = transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS
	}
	elsewhere := func(g *licensingv1.LicenceGranted) { g.Deal.Destination.Country = "XC" }
	opened := func(id, licenceID, reason string) *licensingv1.ReassessmentOpened {
		return &licensingv1.ReassessmentOpened{ReassessmentId: id, LicenceId: licenceID, CauseId: embargoID, Reason: reason}
	}
	first := []proto.Message{opened("licensing/R-2026-000001", l1, destination)}
	tests := []struct {
		name  string
		given []proto.Message
		want  []proto.Message
	}{
		{"a licence, before the embargo's first day", []proto.Message{licence(l1, guard), recorded}, first},
		{"a suspended one", []proto.Message{licence(l1, guard), &licensingv1.LicenceSuspended{LicenceId: l1}, recorded}, first},
		{"a revoked one", []proto.Message{licence(l1, guard), &licensingv1.LicenceRevoked{LicenceId: l1}, recorded}, nil},
		{"one that has expired", []proto.Message{licence(l1, guard, until(now)), recorded}, nil},
		{"one to another State", []proto.Message{licence(l1, guard, elsewhere), recorded}, nil},
		{"one of other goods", []proto.Message{licence(l1, guard, smallArms), limited}, nil},
		{"another agency's", []proto.Message{ledgertest.By("licensing-b", licence("licensing-b/L-1", guard)), recorded}, nil},
		{"an embargo that has ended", []proto.Message{licence(l1, guard), recorded, &screeningv1.EmbargoEnded{EmbargoId: embargoID, On: "2026-03-01"}}, nil},
		{"several, of which one is open", []proto.Message{licence(l2, guard), licence(l1, guard), recorded, opened("licensing/R-2026-000007", l1, destination)},
			[]proto.Message{opened("licensing/R-2026-000008", l2, destination)}},
		{"several, in order", []proto.Message{licence(l2, guard), &licensingv1.LicenceSuspended{LicenceId: l2}, licence("licensing/L-3", guard), licence(l1, guard), recorded},
			[]proto.Message{first[0], opened("licensing/R-2026-000002", l2, destination), opened("licensing/R-2026-000003", "licensing/L-3", destination)}},
	}
	cause := &eventv1.Cause{Journal: "screening/all", Number: 7, Id: []byte("0123456789abcdef")}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.Given(t, tt.given...)
			embargo, err := view.Embargo(embargoID)
			if err != nil {
				t.Fatal(err)
			}
			got, err := reassessment.OpenOnEmbargo(view, embargo, now, cause)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, plain(t, got, cause), protocmp.Transform()); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}
