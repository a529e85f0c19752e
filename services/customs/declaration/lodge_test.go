package declaration_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
)

// lodgement declares what command does, by the number of the licence and without a line; its item is rated.
var lodgement = &customsv1.LodgeDeclarationRequest{
	Particulars: particulars, Number: command.Number, Kind: command.Kind, Office: command.Office, LicenceReference: "L-2026-000001", Parties: command.Parties,
	Destination: "XB", Items: []*customsv1.Item{with(item(1, 0, pieces(40), euros(2_000)), func(i *customsv1.Item) { i.Rating = "ML1.a" })},
}

// lodgedAs is what lodging puts on record.
func lodgedAs(cmd *customsv1.LodgeDeclarationRequest, raised ...*customsv1.DiscrepancyRaised) []proto.Message {
	all := facts(&customsv1.DeclarationLodged{
		DeclarationId: declarationID, Number: cmd.Number, Kind: cmd.Kind, Office: cmd.Office, LicenceReference: cmd.LicenceReference, Parties: cmd.Parties,
		Destination: cmd.Destination, Items: cmd.Items, Consignment: cmd.Consignment,
	})
	for i, r := range raised {
		all = append(all, withIDs(r, i+1, licenceID))
	}
	return all
}

// elsewhere is that goods are declared for XC.
var elsewhere = discrepancy("DX09", 0, "XB", "XC", "licence licensing/L-2026-000001 is for XB, the goods are declared for XC")

func lodging(change func(*customsv1.LodgeDeclarationRequest)) *customsv1.LodgeDeclarationRequest {
	return with(lodgement, change)
}

func TestLodge(t *testing.T) {
	toXC := lodging(func(c *customsv1.LodgeDeclarationRequest) { c.Destination = "XC" })
	unknown := lodging(func(c *customsv1.LodgeDeclarationRequest) { c.LicenceReference = "L-7" })
	unknownRaised := withIDs(discrepancy("DX01", 0, "a licence on record", "L-7", "no licence L-7 is on record here; ask the declarant which licence the goods go under"), 1, "")
	for _, tt := range []struct {
		name    string
		given   []proto.Message
		cmd     *customsv1.LodgeDeclarationRequest
		want    []proto.Message
		wantErr error
		code    string
	}{
		{"nothing differs", facts(licence), lodgement, lodgedAs(lodgement), nil, ""},
		{"goes elsewhere", facts(licence), toXC, lodgedAs(toXC, elsewhere), nil, ""},
		{"licence unknown", facts(licence), unknown, facts(lodgedAs(unknown), unknownRaised), nil, ""},
		{"nothing on record", nil, with(unknown, func(c *customsv1.LodgeDeclarationRequest) { c.Items[0].Number = 0 }),
			facts(lodgedAs(with(unknown, func(c *customsv1.LodgeDeclarationRequest) { c.Items[0].Number = 0 })), unknownRaised), nil, ""},
		{"number lodged before", facts(licence, lodgedAs(lodgement)), lodgement, nil, fault.Conflict, "DX14"},
		{"number accepted before", facts(licence, declared(command)), lodgement, nil, fault.Conflict, "DX14"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := declaration.Lodge(given(t, tt.given...), tt.cmd)
			expect(t, got, err, tt.want, tt.wantErr, tt.code)
		})
	}
}

func TestAcceptLodged(t *testing.T) {
	accepting := func(change func(*customsv1.AcceptLodgedRequest)) *customsv1.AcceptLodgedRequest {
		return with(&customsv1.AcceptLodgedRequest{Particulars: particulars, DeclarationId: declarationID}, change)
	}
	plain := accepting(func(*customsv1.AcceptLodgedRequest) {})
	lined := with(command, func(c *customsv1.AcceptDeclarationRequest) {
		c.LicenceReference, c.Items = lodgement.LicenceReference, []*customsv1.Item{with(lodgement.Items[0], func(i *customsv1.Item) { i.LicenceLine = 1 })}
	})
	toXC := lodging(func(c *customsv1.LodgeDeclarationRequest) { c.Destination = "XC" })
	acceptedXC := with(lined, func(c *customsv1.AcceptDeclarationRequest) { c.Destination = "XC" })
	unnamed := lodging(func(c *customsv1.LodgeDeclarationRequest) { c.LicenceReference = "" })
	uncovered := withIDs(discrepancy("DX20", 1, "a licence", "none", "item 1 is declared under 930190, which needs a licence, and none is claimed"), 1, "")
	settledByItself := &customsv1.DiscrepancySettled{DiscrepancyId: "customs/DX-2026-000001", Reason: "the declaration does not have it any more"}
	overridden := &customsv1.DiscrepancySettled{DiscrepancyId: "customs/DX-2026-000001", Overridden: true, Reason: "the licence is being amended"}
	under := accepting(func(c *customsv1.AcceptLodgedRequest) { c.LicenceId = licenceID })
	// The held declaration has its discrepancy from its lodging.
	heldXC := withoutRelease(declared(acceptedXC, elsewhere))
	heldXC = append(heldXC[:len(heldXC)-1], &customsv1.GoodsHeld{
		DeclarationId: declarationID, At: timestamppb.New(now), Reason: customsv1.HoldReason_HOLD_REASON_DISCREPANCY, Text: "DX09 is open: " + elsewhere.Text})
	again := withoutRelease(declared(lined))
	for _, tt := range []struct {
		name    string
		given   []proto.Message
		cmd     *customsv1.AcceptLodgedRequest
		want    []proto.Message
		wantErr error
		code    string
	}{
		{"as it was lodged", facts(licence, lodgedAs(lodgement)), plain, declared(lined), nil, ""},
		{"with a discrepancy that is open", facts(licence, lodgedAs(toXC, elsewhere)), plain, heldXC, nil, ""},
		{"with one that was overridden", facts(licence, lodgedAs(toXC, elsewhere), overridden), plain, declared(acceptedXC), nil, ""},
		{"with one that is gone", facts(licence, lodgedAs(unnamed), uncovered), under,
			facts(withoutRelease(declared(with(lined, func(c *customsv1.AcceptDeclarationRequest) { c.LicenceReference = "" }))), settledByItself,
				&customsv1.GoodsReleased{DeclarationId: declarationID, At: timestamppb.New(now)}), nil, ""},
		{"no licence named", facts(licence, lodgedAs(unnamed), uncovered), plain, nil, fault.Invalid, "DX01"},
		{"amended before", facts(licence, lodgedAs(lodgement), &customsv1.DeclarationAmended{DeclarationId: declarationID, Parties: lodgement.Parties, Destination: "XB", Items: lodgement.Items}), plain,
			facts(again[0], with(again[1].(*customsv1.LicenceQuantityReserved), func(r *customsv1.LicenceQuantityReserved) { r.Version = 1 }),
				&customsv1.GoodsReleased{DeclarationId: declarationID, At: timestamppb.New(now)}), nil, ""},
		{"against another line", facts(licence, lodgedAs(lodgement)), accepting(func(c *customsv1.AcceptLodgedRequest) { c.Lines = map[uint32]uint32{1: 9} }), nil, fault.NotFound, "DX01"},
		{"to be examined", facts(licence, lodgedAs(lodgement)), accepting(func(c *customsv1.AcceptLodgedRequest) { c.Examine = true }), facts(withoutRelease(declared(lined)), &customsv1.GoodsHeld{
			DeclarationId: declarationID, At: particulars.OccurredAt, Reason: customsv1.HoldReason_HOLD_REASON_EXAMINATION, Text: "the goods are to be examined"}), nil, ""},
		{"suspended", facts(licence, lodgedAs(lodgement), &licensingv1.LicenceSuspended{LicenceId: licenceID}), plain, nil, fault.Precondition, "DX02"},
		{"again", facts(licence, lodgedAs(lodgement), declared(lined)), plain, nil, nil, ""},
		{"again, under another licence", facts(licence, lodgedAs(lodgement), declared(lined)), accepting(func(c *customsv1.AcceptLodgedRequest) { c.LicenceId = "licensing/L-2" }), nil, fault.Conflict, ""},
		{"cancelled", facts(licence, lodgedAs(lodgement), cancelled), plain, nil, fault.Precondition, ""},
		{"never lodged", facts(licence), plain, nil, fault.NotFound, ""},
		{"of another agency", facts(licence, ledgertest.By("customs-b", &customsv1.DeclarationLodged{DeclarationId: "customs-b/1"})),
			accepting(func(c *customsv1.AcceptLodgedRequest) { c.DeclarationId = "customs-b/1" }), nil, fault.NotAllowed, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := declaration.AcceptLodged(given(t, tt.given...), tt.cmd, now)
			expect(t, got, err, tt.want, tt.wantErr, tt.code)
		})
	}
}
