package lab_test

import (
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// writtenOff leaves a declaration whose goods were held and let go, whose entry was corrected and restored in part, and an
// allowance that a post gave back in part.
func (r rehearsed) writtenOff(licence string) {
	declaration := r.do("customs", &customsv1.AcceptDeclarationRequest{
		Number: "26XA30", Kind: transferv1.Kind_KIND_TRANSIT, Office: "XA000101", LicenceId: licence, Destination: "XB", Parties: []*transferv1.Party{consignee},
		Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, HsCode: "930190", Quantity: pieces(10)}},
	})
	r.do("customs", &customsv1.HoldGoodsRequest{DeclarationId: declaration, Reason: "opened and looked at"})
	r.offersOnly(declaration)
	r.do("customs", &customsv1.LiftHoldRequest{DeclarationId: declaration, Reason: "as declared"})
	r.offersOnly(declaration)
	r.do("customs", &customsv1.ReleaseGoodsRequest{DeclarationId: declaration})
	r.offersOnly(declaration)
	r.do("customs", &customsv1.ConfirmExitRequest{DeclarationId: declaration})
	r.offersOnly(declaration)
	entry := declaration + "#1#2"
	r.do("customs", &customsv1.CorrectWriteOffRequest{EntryId: entry, Quantity: pieces(9), Reason: "counted again"})
	r.do("customs", &customsv1.RestoreWriteOffRequest{EntryId: entry, Quantity: pieces(1), Reason: "sent back", LegalBasis: "fictional"})
	r.do("customs", &customsv1.GiveAllowanceRequest{LicenceId: licence, Post: "customs-b", LicenceLine: 1, Quantity: pieces(5)})
	r.do("customs-b", &customsv1.ReturnAllowanceRequest{LicenceId: licence, LicenceLine: 1, Quantity: pieces(2)})
}
