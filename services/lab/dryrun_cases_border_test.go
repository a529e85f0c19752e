package lab_test

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// lodgedAndInTransit leaves a declaration that was lodged, amended, accepted and sent to an office, and came to another.
func (r rehearsed) lodgedAndInTransit(licence string) {
	items := []*customsv1.Item{{Number: 1, HsCode: "930190", Rating: "ML1.a", Quantity: pieces(10)}}
	parties := []*transferv1.Party{consignee}
	id := r.do("customs", &customsv1.LodgeDeclarationRequest{
		Number: "26XA3", Kind: transferv1.Kind_KIND_TRANSIT, Office: "XA000101", LicenceReference: licence, Destination: "XC", Parties: parties, Items: items,
	})
	r.do("customs", &customsv1.AmendDeclarationRequest{DeclarationId: id, Destination: "XB", Parties: parties, Items: items, Reason: "slip of the pen"})
	r.offersOnly(id)
	r.do("customs", &customsv1.AcceptLodgedRequest{DeclarationId: id})
	r.offersOnly(id)
	r.do("customs", &customsv1.OpenTransitRequest{DeclarationId: id, OfficeOfDestination: "XA000102", Due: timestamppb.New(inTwoYears)})
	r.offersOnly(id)
	r.do("customs", &customsv1.DischargeTransitRequest{DeclarationId: id, Office: "XA000103", Difference: "a seal is broken"})
	r.offersOnly(id)
	r.do("customs", &customsv1.NoteDiscrepancyRequest{DeclarationId: id, Code: "DX22", Item: 1, Text: "the crates weigh half of what they should"})
	open := r.open(id)
	if len(open) != 3 {
		r.Fatalf("%d discrepancies are open, not three: %v", len(open), open)
	}
	r.do("customs", &customsv1.OverrideDiscrepancyRequest{DiscrepancyId: open[0].Id, Reason: "the goods were counted"})
	r.do("customs", &customsv1.SettleDiscrepancyRequest{DiscrepancyId: open[1].Id, Reason: "the road was closed"})
}

// open are the discrepancies of a declaration that nobody has settled.
func (r rehearsed) open(declaration string) (open []*ledgerv1.Discrepancy) {
	r.Helper()
	err := r.node("customs").Ledger.View(func(v ledger.View) error {
		rows, err := v.DiscrepanciesWith("declaration", declaration)
		for _, d := range rows {
			if d.Settled == nil {
				open = append(open, d)
			}
		}
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
	return open
}
