package declaration_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
)

func TestAmend(t *testing.T) {
	heldD := facts(licence, declared(command), onHold)
	amending := func(change func(*customsv1.AmendDeclarationRequest)) *customsv1.AmendDeclarationRequest {
		return with(&customsv1.AmendDeclarationRequest{
			Particulars: particulars, DeclarationId: declarationID, Parties: command.Parties, Destination: "XB", Items: command.Items, Reason: "miscounted",
		}, change)
	}
	to := func(n int64) *customsv1.AmendDeclarationRequest {
		return amending(func(c *customsv1.AmendDeclarationRequest) {
			c.Items = []*customsv1.Item{item(1, 1, pieces(n), euros(n*50))}
		})
	}
	amended := func(c *customsv1.AmendDeclarationRequest) proto.Message {
		return &customsv1.DeclarationAmended{DeclarationId: declarationID, Parties: c.Parties, Destination: c.Destination, Items: c.Items, Consignment: c.Consignment, Reason: c.Reason}
	}
	moved := func(was, is int64, version uint32) []proto.Message {
		return facts(
			&customsv1.LicenceQuantityReleased{DeclarationId: declarationID, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(was), Value: euros(was * 50), Version: version},
			&customsv1.LicenceQuantityReserved{DeclarationId: declarationID, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(is), Value: euros(is * 50), Version: version + 1})
	}
	same := amending(func(*customsv1.AmendDeclarationRequest) {})
	toXC := amending(func(c *customsv1.AmendDeclarationRequest) { c.Destination = "XC" })
	raisedXC := withIDs(elsewhere, 1, licenceID)
	settled := func(reason string, overridden bool) proto.Message {
		return &customsv1.DiscrepancySettled{DiscrepancyId: raisedXC.DiscrepancyId, Reason: reason, Overridden: overridden}
	}
	crowded := facts(heldD, declared(numbered("1", item(1, 1, pieces(55), euros(2_750)))))
	for _, tt := range []struct {
		name    string
		given   []proto.Message
		cmd     *customsv1.AmendDeclarationRequest
		want    []proto.Message
		wantErr error
		code    string
	}{
		{"less", heldD, to(30), facts(amended(to(30)), moved(40, 30, 0)), nil, ""},
		{"more", heldD, to(100), facts(amended(to(100)), moved(40, 100, 0)), nil, ""},
		{"more than the licence has", heldD, to(101), nil, fault.Precondition, "DX03"},
		{"all that others leave", crowded, to(45), facts(amended(to(45)), moved(40, 45, 0)), nil, ""},
		{"more than others leave", crowded, to(46), nil, fault.Precondition, "DX03"},
		{"a second time", facts(heldD, amended(to(30)), moved(40, 30, 0)), to(50), facts(amended(to(50)), moved(30, 50, 1)), nil, ""},
		{"hold lifted, not released", facts(heldD, lifted), to(30), facts(amended(to(30)), moved(40, 30, 0)), nil, ""},
		{"now elsewhere", heldD, toXC, facts(amended(toXC), moved(40, 40, 0), raisedXC), nil, ""},
		{"no longer elsewhere", facts(heldD, amended(toXC), moved(40, 40, 0), raisedXC), same,
			facts(amended(same), moved(40, 40, 1), settled("the declaration does not have it any more", false)), nil, ""},
		{"elsewhere again", facts(heldD, amended(toXC), moved(40, 40, 0), raisedXC, amended(same), moved(40, 40, 1), settled("the declaration does not have it any more", false)), toXC,
			facts(amended(toXC), moved(40, 40, 2), with(raisedXC, func(r *customsv1.DiscrepancyRaised) { r.DiscrepancyId = "customs/DX-2026-000002" })), nil, ""},
		{"elsewhere, which was overridden", facts(heldD, raisedXC, settled("agreed", true)), toXC, facts(amended(toXC), moved(40, 40, 0)), nil, ""},
		{"after the licence was suspended", facts(heldD, &licensingv1.LicenceSuspended{LicenceId: licenceID, Reason: "forged"}), to(30),
			facts(amended(to(30)), moved(40, 30, 0), withIDs(discrepancy("DX02", 0, "a licence in force", licenceID, "licence licensing/L-2026-000001 is suspended: forged"), 1, licenceID)), nil, ""},
		{"the same", heldD, same, nil, nil, ""},
		{"lodged", facts(licence, lodgedAs(lodgement)), toXC, facts(amended(toXC), raisedXC), nil, ""},
		{"lodged, the same", facts(licence, lodgedAs(lodgement)), amending(func(c *customsv1.AmendDeclarationRequest) { c.Items = lodgement.Items }), nil, nil, ""},
		{"released", facts(licence, declared(command)), to(30), nil, fault.Precondition, ""},
		{"exited", facts(licence, declared(command), exited), to(30), nil, fault.Precondition, ""},
		{"cancelled", facts(licence, declared(command), cancelled), to(30), nil, fault.Precondition, ""},
		{"no reason", heldD, with(to(30), func(c *customsv1.AmendDeclarationRequest) { c.Reason = "" }), nil, fault.Invalid, ""},
		{"import by its procedure", heldD, amending(func(c *customsv1.AmendDeclarationRequest) {
			c.Consignment = &customsv1.Consignment{Procedure: customsv1.Procedure_PROCEDURE_IMPORT}
		}), nil, fault.Invalid, ""},
		{"never lodged", facts(licence), same, nil, fault.NotFound, ""},
		{"of another agency", facts(licence, others), with(same, func(c *customsv1.AmendDeclarationRequest) { c.DeclarationId = "customs-b/1" }), nil, fault.NotAllowed, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := declaration.Amend(given(t, tt.given...), tt.cmd)
			expect(t, got, err, tt.want, tt.wantErr, tt.code)
		})
	}
}
