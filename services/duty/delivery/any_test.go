package delivery_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/duty/delivery"
)

func TestAnyCommand(t *testing.T) {
	const second, third = "licensing/DV-2026-000002", "customs/DV-2026-000001"
	words := []string{"XB", "H87", "KGM", "A-1", "U6", "importer", "customs-b", "DVC-1", "EUC-7", "partners", licenceID, declarationID, secondID, deliveryID, second, third, checkID, ""}
	own := func(fact proto.Message) proto.Message { return ledgertest.By("licensing", fact) }
	given := on(obliged, own(asked), own(planned), own(with(asked, func(r *customsv1.DeliveryVerificationRequested) { r.DeliveryId, r.Of = second, "importer" })))
	anycommand.Check(t, "licensing", given, words, map[string]anycommand.Rule{
		"request":  anycommand.Of(delivery.Request, &customsv1.RequestDeliveryRequest{Particulars: by, DeclarationIds: []string{secondID}, Of: "importer", Days: 30}),
		"verify":   anycommand.Of(delivery.Verify, &customsv1.VerifyDeliveryRequest{Particulars: by, DeliveryId: deliveryID, Proof: proof}),
		"dispute":  anycommand.Of(delivery.Dispute, &customsv1.DisputeDeliveryRequest{Particulars: by, DeliveryId: deliveryID, Reason: "forged"}),
		"plan":     anycommand.Of(delivery.Plan, &customsv1.PlanCheckRequest{Particulars: by, DeliveryId: deliveryID, LegalBasis: "U6", PlannedFor: tomorrow, Site: "range"}),
		"record":   anycommand.Of(delivery.Record, &customsv1.RecordCheckRequest{Particulars: by, CheckId: checkID, Outcome: allAccounted, Seen: []*customsv1.DeliveredItem{rifles}}),
		"obstruct": anycommand.Of(delivery.Obstruct, &customsv1.ObstructCheckRequest{Particulars: by, CheckId: checkID, Outcome: postponed, Reason: "flood", Again: tomorrow}),
	})
	anycommand.Check(t, "customs-b", slices.Concat(directory, ofLicensing(asked)), words, map[string]anycommand.Rule{
		"confirm": anycommand.Of(delivery.Confirm, &customsv1.ConfirmDeliveryRequest{Particulars: by, DeliveryId: deliveryID, Proof: proof}),
	})
}
