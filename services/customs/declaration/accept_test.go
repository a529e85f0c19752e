package declaration_test

import (
	"math"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
)

func TestAccept(t *testing.T) {
	of := func(change func(*customsv1.AcceptDeclarationRequest)) *customsv1.AcceptDeclarationRequest {
		return with(command, change)
	}
	items := func(i ...*customsv1.Item) *customsv1.AcceptDeclarationRequest { return numbered("26XA0001", i...) }
	at := func(when time.Time) *customsv1.AcceptDeclarationRequest {
		return of(func(c *customsv1.AcceptDeclarationRequest) {
			c.Particulars = &eventv1.Particulars{OccurredAt: timestamppb.New(when)}
		})
	}
	from, until := licence.ValidFrom.AsTime(), licence.ValidUntil.AsTime()
	suspended := &licensingv1.LicenceSuspended{LicenceId: licenceID, Reason: "forged end-user certificate"}
	reinstated := &licensingv1.LicenceReinstated{LicenceId: licenceID, Reason: "verified"}
	earlier := declared(numbered("0", item(1, 1, pieces(70), euros(2_000))))
	toName := with(licence, func(l *licensingv1.LicenceGranted) { l.Deal.Destination = &licensingv1.Place{Name: "High seas"} })
	elsewhere := of(func(c *customsv1.AcceptDeclarationRequest) { c.Destination = "XC" })
	cheap := items(item(1, 1, pieces(2), euros(1)))
	procedure := func(p customsv1.Procedure) *customsv1.AcceptDeclarationRequest {
		return of(func(c *customsv1.AcceptDeclarationRequest) { c.Consignment = &customsv1.Consignment{Procedure: p} })
	}
	reExport := procedure(customsv1.Procedure_PROCEDURE_RE_EXPORT)
	byNumber := of(func(c *customsv1.AcceptDeclarationRequest) { c.LicenceId, c.LicenceReference = "", "l/2026 000001" })
	rated := func(line uint32) *customsv1.Item {
		return with(item(1, line, pieces(1), euros(50)), func(i *customsv1.Item) { i.Rating = "ML1.a.2" })
	}
	tests := []struct {
		name    string
		given   []proto.Message
		command *customsv1.AcceptDeclarationRequest
		want    []proto.Message
		wantErr error
		code    string
	}{
		{"within the licence", facts(licence), command, declared(command), nil, ""},
		{"import", facts(kindOf(transferv1.Kind_KIND_IMPORT)), of(func(c *customsv1.AcceptDeclarationRequest) { c.Kind = transferv1.Kind_KIND_IMPORT }),
			declared(of(func(c *customsv1.AcceptDeclarationRequest) { c.Kind = transferv1.Kind_KIND_IMPORT })), nil, ""},
		{"unknown licence", nil, command, nil, fault.NotFound, "DX01"},
		{"unknown line", facts(licence), items(item(1, 5, pieces(1), nil)), nil, fault.NotFound, "DX01"},
		{"suspended", facts(licence, suspended), command, nil, fault.Precondition, "DX02"},
		{"reinstated", facts(licence, suspended, reinstated), command, declared(command), nil, ""},
		{"revoked", facts(licence, &licensingv1.LicenceRevoked{LicenceId: licenceID, Reason: "false statement"}), command, nil, fault.Precondition, "DX02"},
		{"withdrawn", facts(licence, &licensingv1.EntryWithdrawn{Id: licenceID}), command, nil, fault.Precondition, "DX02"},
		{"not yet valid", facts(licence), at(from.Add(-1)), nil, fault.Precondition, "DX02"},
		{"valid from now", facts(licence), at(from), declared(at(from)), nil, ""},
		{"valid a moment longer", facts(licence), at(until.Add(-1)), declared(at(until.Add(-1))), nil, ""},
		{"expired", facts(licence), at(until), nil, fault.Precondition, "DX02"},
		{"kept open at both ends", facts(with(licence, func(l *licensingv1.LicenceGranted) { l.ValidFrom, l.ValidUntil = nil, nil })), command, declared(command), nil, ""},

		{"all of it", facts(licence), items(item(1, 1, pieces(100), euros(5_000))), declared(items(item(1, 1, pieces(100), euros(5_000)))), nil, ""},
		{"quantity above", facts(licence), items(item(1, 1, pieces(101), euros(1))), nil, fault.Precondition, "DX03"},
		{"value above", facts(licence), items(item(1, 1, pieces(1), euros(5_001))), nil, fault.Precondition, "DX04"},
		{"all that is left", facts(licence, earlier), items(item(1, 1, pieces(30), euros(3_000))), declared(items(item(1, 1, pieces(30), euros(3_000)))), nil, ""},
		{"quantity above what is left", facts(licence, earlier), items(item(1, 1, pieces(31), euros(1))), nil, fault.Precondition, "DX03"},
		{"value above what is left", facts(licence, earlier), items(item(1, 1, pieces(1), euros(3_001))), nil, fault.Precondition, "DX04"},
		{"two items together above", facts(licence), items(item(1, 1, pieces(60), euros(1)), item(2, 1, pieces(41), euros(1))), nil, fault.Precondition, "DX03"},
		{"two items of two lines", facts(licence), items(item(7, 2, kilograms(50_000), nil), item(3, 1, pieces(100), euros(1_000))),
			declared(items(item(7, 2, kilograms(50_000), nil), item(3, 1, pieces(100), euros(1_000)))), nil, ""},
		{"more than a number holds", facts(licence, declared(numbered("0", item(1, 1, pieces(1), euros(0))))),
			items(item(1, 1, &transferv1.Quantity{Thousandths: math.MaxInt64, Unit: "H87"}, euros(0))), nil, fault.Precondition, "DX03"},
		{"below nothing", facts(licence), items(item(1, 1, pieces(-1), euros(0))), nil, fault.Invalid, ""},
		{"worth below nothing", facts(licence), items(item(1, 1, pieces(1), euros(-1))), nil, fault.Invalid, ""},
		{"cancelled before", facts(licence, earlier, &customsv1.LicenceQuantityReleased{
			DeclarationId: "customs/0", Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(70), Value: euros(2_000)}), items(item(1, 1, pieces(100), euros(5_000))),
			declared(items(item(1, 1, pieces(100), euros(5_000)))), nil, ""},

		{"other unit", facts(licence), items(item(1, 1, kilograms(1), euros(1))), nil, fault.Invalid, "DX05"},
		{"no quantity against a limit", facts(licence), items(item(1, 1, nil, euros(1))), nil, fault.Invalid, "DX05"},
		{"other currency", facts(licence), items(item(1, 1, pieces(1), &transferv1.Money{Minor: 1, Currency: "XXA"})), nil, fault.Invalid, "DX05"},
		{"no value against a limit", facts(licence), items(item(1, 1, pieces(1), nil)), nil, fault.Invalid, "DX05"},
		{"any value where only quantity is limited", facts(licence), items(item(1, 2, kilograms(1), euros(1_000_000))),
			declared(items(item(1, 2, kilograms(1), euros(1_000_000)))), nil, ""},
		{"quantity above where only quantity is limited", facts(licence), items(item(1, 2, kilograms(50_001), nil)), nil, fault.Precondition, "DX03"},
		{"any quantity where only value is limited", facts(licence), items(item(1, 3, kilograms(1_000_000), euros(900))),
			declared(items(item(1, 3, kilograms(1_000_000), euros(900)))), nil, ""},
		{"value above where only value is limited", facts(licence), items(item(1, 3, nil, euros(901))), nil, fault.Precondition, "DX04"},
		{"anything where nothing is limited", facts(licence), items(item(1, 4, nil, nil), item(2, 4, pieces(9), euros(9))),
			declared(items(item(1, 4, nil, nil), item(2, 4, pieces(9), euros(9)))), nil, ""},
		{"written off in a unit that the line left", facts(licence, earlier, &licensingv1.LicenceAmended{LicenceId: licenceID,
			Deal: with(licence.Deal, func(d *licensingv1.Deal) { d.Lines[0].Quantity.Unit = "KGM" })}),
			items(item(1, 1, kilograms(1), euros(1))), nil, fault.Precondition, "DX05"},

		{"other destination", facts(licence), elsewhere, declared(elsewhere, discrepancy("DX09", 0, "XB", "XC", "licence licensing/L-2026-000001 is for XB, the goods are declared for XC")), nil, ""},
		{"destination of no State", facts(toName), command, declared(command,
			discrepancy("DX09", 0, `"High seas", which is of no State`, "XB", `licence licensing/L-2026-000001 is for "High seas", which is of no State, the goods are declared for XB`)), nil, ""},
		{"of little worth", facts(licence), cheap, declared(cheap, discrepancy("DX24", 1, "5000", "50", "item 1 is worth 50 minor units of EUR a H87, and line 1 has 5000")), nil, ""},
		{"other kind", facts(licence), of(func(c *customsv1.AcceptDeclarationRequest) { c.Kind = transferv1.Kind_KIND_IMPORT }), nil, fault.NotFound, "DX01"},
		{"brokering", facts(kindOf(transferv1.Kind_KIND_BROKERING)), of(func(c *customsv1.AcceptDeclarationRequest) { c.Kind = transferv1.Kind_KIND_BROKERING }), nil, fault.Invalid, ""},
		{"re-export under a licence to export", facts(licence), reExport, declared(reExport), nil, ""},
		{"import by its procedure", facts(licence), procedure(customsv1.Procedure_PROCEDURE_IMPORT), nil, fault.Invalid, ""},
		{"transit by its procedure", facts(licence), procedure(customsv1.Procedure_PROCEDURE_TRANSIT), nil, fault.Invalid, ""},
		{"to be examined", facts(licence), of(func(c *customsv1.AcceptDeclarationRequest) { c.Examine = true }), facts(withoutRelease(declared(command)), &customsv1.GoodsHeld{
			DeclarationId: declarationID, At: particulars.OccurredAt, Reason: customsv1.HoldReason_HOLD_REASON_EXAMINATION, Text: "the goods are to be examined"}), nil, ""},
		{"by the number of the licence", facts(licence), byNumber, declared(with(byNumber, func(c *customsv1.AcceptDeclarationRequest) { c.LicenceId = licenceID })), nil, ""},
		{"by no licence", facts(licence), of(func(c *customsv1.AcceptDeclarationRequest) { c.LicenceId = "" }), nil, fault.Invalid, "DX01"},
		{"line found", facts(licence), items(rated(0)), declared(items(rated(1))), nil, ""},
		{"several lines", facts(licence), items(item(1, 0, pieces(1), euros(50))), nil, fault.Precondition, "DX01"},
		{"no line", facts(licence), items(with(rated(0), func(i *customsv1.Item) { i.Rating = "ML10.a" })), nil, fault.NotFound, "DX01"},
		{"lodged before", facts(licence, &customsv1.DeclarationLodged{DeclarationId: declarationID, Number: "26XA0001"}), command, nil, fault.Conflict, "DX14"},
		{"accepted before", facts(licence, declared(command)), command, nil, fault.Conflict, "DX14"},
		{"number of a cancelled one", facts(licence, declared(command), &customsv1.DeclarationCancelled{DeclarationId: declarationID}), command, nil, fault.Conflict, "DX14"},
		{"no items", facts(licence), items(), nil, fault.Invalid, ""},
		{"item without number", facts(licence), items(item(0, 1, pieces(1), euros(1))), nil, fault.Invalid, ""},
		{"two items of one number", facts(licence), items(item(1, 1, pieces(1), euros(1)), item(1, 2, kilograms(1), nil)), nil, fault.Invalid, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := declaration.Accept(given(t, tt.given...), tt.command, now)
			expect(t, got, err, tt.want, tt.wantErr, tt.code)
		})
	}
}
