package lab_test

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// arrived is a proof that pieces of line 1 arrived today.
func arrived(number string, n int64) *customsv1.Proof {
	return &customsv1.Proof{
		Number: number, Received: []*customsv1.DeliveredItem{{LicenceLine: 1, Quantity: pieces(n)}}, ArrivedAt: timestamppb.Now(), Place: "XBHAR", Recipient: consignee.Name,
	}
}

// delivered leaves two deliveries that customs asked about, one of which licensing confirmed and one that was disputed by hand
// and then proven, and two checks.
func (r rehearsed) delivered(licence string) {
	asked := r.do("customs", &customsv1.RequestDeliveryRequest{LicenceId: licence, Of: "licensing", Days: 60})
	r.do("licensing", &customsv1.ConfirmDeliveryRequest{DeliveryId: asked, Proof: arrived("DVC 1", 10)})
	comesTo(r.T, r.node("customs"), asked+" is verified", func(v ledger.View) bool {
		d, err := v.Delivery(asked)
		return err == nil && d.GetSettledAt() != nil
	})
	again := r.declared(licence, "26XA4")
	second := r.do("customs", &customsv1.RequestDeliveryRequest{DeclarationIds: []string{again}})
	r.do("customs", &customsv1.DisputeDeliveryRequest{DeliveryId: second, Reason: "nobody saw it"})
	r.do("customs", &customsv1.VerifyDeliveryRequest{DeliveryId: second, Proof: arrived("DVC 2", 10)})

	plan := &customsv1.PlanCheckRequest{DeliveryId: second, LegalBasis: "agreement of 2020", PlannedFor: timestamppb.New(inTwoYears), Site: "depot of XB"}
	check := r.do("reporting", plan)
	r.do("reporting", &customsv1.ObstructCheckRequest{
		CheckId: check, Outcome: customsv1.CheckOutcome_CHECK_OUTCOME_SITE_UNSAFE, Reason: "a flood", Again: timestamppb.New(time.Now().AddDate(0, 0, 7)),
	})
	r.do("reporting", &customsv1.RecordCheckRequest{CheckId: check, Outcome: customsv1.CheckOutcome_CHECK_OUTCOME_ALL_ACCOUNTED, Storage: "locked"})
}

// declared is a further declaration whose goods left.
func (r rehearsed) declared(licence, number string) string {
	id := r.do("customs", &customsv1.AcceptDeclarationRequest{
		Number: number, Kind: transferv1.Kind_KIND_TRANSIT, Office: "XA000101", LicenceId: licence, Destination: "XB", Parties: []*transferv1.Party{consignee},
		Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, HsCode: "930190", Quantity: pieces(10)}},
	})
	r.do("customs", &customsv1.ConfirmExitRequest{DeclarationId: id})
	return id
}
