package lab_test

import (
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// licenceMessages puts a licence on file, and tells the system that sent it what was used of it.
func (r rehearsed) licenceMessages() {
	licence := `licence\1P\insert\GBSIEL/2026/1/P\SIE\E\20260101\20771231` + "\n" +
		`trader\\GB123456789000\20260101\20771231\Northgate Arms XA\Road 1\\\\\AB1 2CD` + "\n" + `country\XB\\D` + "\n" + `line\1\\\\\rifles\Q\\030\\10\\\\\\` + "\n" + `end\licence\5`
	r.do("customs", &customsv1.ReceiveWireRequest{Name: "licences", Data: []byte(chiefFile("SPIRE", "licenceData", 1, licence))})
	declaration := r.do("customs", &customsv1.AcceptDeclarationRequest{
		Number: "26XA7", Kind: transferv1.Kind_KIND_EXPORT, Office: "XA000101", LicenceId: "customs/GBSIEL.2026.1.P", Destination: "XB", Parties: []*transferv1.Party{consignee},
		Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, HsCode: "930190", Quantity: &transferv1.Quantity{Thousandths: 4000, Unit: "NAR"}}},
	})
	r.do("customs", &customsv1.ConfirmExitRequest{DeclarationId: declaration})
	r.do("customs", &customsv1.SendUsageRequest{To: "SPIRE"})
}
