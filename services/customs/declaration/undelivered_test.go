package declaration_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
)

// What was delivered late or otherwise is noted on this agency's own declarations, once while it is open.
func TestUndelivered(t *testing.T) {
	const deliveryID, secondID, foreignID = "licensing/DV-1", "customs/26XA0002", "customs-b/26XB0001"
	asked := ledgertest.By("licensing", &customsv1.DeliveryVerificationRequested{
		DeliveryId: deliveryID, LicenceId: licenceID, DeclarationIds: []string{declarationID, secondID, foreignID, "customs/unknown"}, Due: timestamppb.New(now),
	})
	noted := func(id, of string) *customsv1.DiscrepancyRaised {
		return &customsv1.DiscrepancyRaised{
			DiscrepancyId: id, DeclarationId: of, Code: "DX18", Severity: customsv1.Severity_SEVERITY_HIGH, LicenceId: licenceID,
			Expected: "proof of delivery by " + now.Format(time.DateOnly), Found: "98 of 100", Text: "delivery licensing/DV-1: 98 of 100",
		}
	}
	const first, second = "customs/DX-2026-000001", "customs/DX-2026-000002"
	foreign := ledgertest.By("customs-b", &customsv1.DeclarationAccepted{DeclarationId: foreignID, LicenceId: licenceID})
	known := facts(licence, declared(command), declared(numbered("26XA0002", item(1, 1, pieces(1), euros(50)))), foreign, asked)
	settled := &customsv1.DiscrepancySettled{DiscrepancyId: first, Reason: "found"}
	other := with(noted(first, declarationID), func(d *customsv1.DiscrepancyRaised) { d.Code = "DX10" })
	for _, tt := range []struct {
		name  string
		given []proto.Message
		want  []proto.Message
	}{
		{"both own ones", known, facts(noted(first, declarationID), noted(second, secondID))},
		{"one is noted", facts(known, noted(first, declarationID)), facts(noted(second, secondID))},
		{"something else is", facts(known, other), facts(noted(second, declarationID), noted("customs/DX-2026-000003", secondID))},
		{"one was settled", facts(known, noted(first, declarationID), settled, noted(second, secondID)), facts(noted("customs/DX-2026-000003", declarationID))},
		{"the delivery is not on record here", facts(licence, declared(command)), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cause := &eventv1.Cause{Journal: "licensing/all", Number: 7}
			got, err := declaration.Undelivered(given(t, tt.given...), deliveryID, "98 of 100", now, cause)
			for i, f := range got {
				dated := f.(ledger.Dated)
				if len(dated.Causes) != 1 || dated.Causes[0] != cause || dated.Group != "all" {
					t.Errorf("recorded as %v", dated)
				}
				got[i] = dated.Message
			}
			expect(t, got, err, tt.want, nil, "")
		})
	}
}
