package declaration_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
)

const (
	export, imp            = transferv1.Kind_KIND_EXPORT, transferv1.Kind_KIND_IMPORT
	transit, transShipment = transferv1.Kind_KIND_TRANSIT, transferv1.Kind_KIND_TRANS_SHIPMENT
)

var (
	exited     = &customsv1.ExitConfirmed{DeclarationId: declarationID, At: particulars.OccurredAt}
	arrived    = &customsv1.ArrivalRecorded{DeclarationId: declarationID, At: particulars.OccurredAt}
	cancelled  = &customsv1.DeclarationCancelled{DeclarationId: declarationID, Reason: "sale fell through"}
	onHold     = &customsv1.GoodsHeld{DeclarationId: declarationID, Reason: customsv1.HoldReason_HOLD_REASON_EXAMINATION, Text: "the goods are to be examined"}
	lifted     = &customsv1.HoldLifted{DeclarationId: declarationID, Reason: "examined"}
	lodgedD    = &customsv1.DeclarationLodged{DeclarationId: declarationID, Number: "26XA0001", Kind: export}
	opened     = &customsv1.TransitOpened{DeclarationId: declarationID, OfficeOfDestination: "XA002", Due: timestamppb.New(now.AddDate(0, 0, 8))}
	discharged = &customsv1.TransitDischarged{DeclarationId: declarationID, Office: "XA002", At: particulars.OccurredAt}
	others     = ledgertest.By("customs-b", &customsv1.DeclarationAccepted{DeclarationId: "customs-b/1", LicenceId: licenceID, Kind: export})
)

// acceptedAs is a licence of a kind, and a declaration of 40 pieces worth 2,000.00 and 10 kg of anything.
func acceptedAs(k transferv1.Kind) []proto.Message {
	return facts(kindOf(k), declared(with(command, func(c *customsv1.AcceptDeclarationRequest) {
		c.Kind, c.Items = k, []*customsv1.Item{item(1, 1, pieces(40), euros(2_000)), item(2, 2, kilograms(10_000), nil)}
	})))
}

// asDeclared is what is committed when all of it moved.
func asDeclared(moved proto.Message) []proto.Message {
	return facts(moved, committed(1, 1, pieces(40), euros(2_000)), committed(2, 2, kilograms(10_000), nil))
}

type confirmTest struct {
	name    string
	given   []proto.Message
	id      string
	moved   []*customsv1.Moved
	want    []proto.Message
	wantErr error
	code    string
}

func run(t *testing.T, tests []confirmTest, decide func(*testing.T, confirmTest) ([]proto.Message, error)) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decide(t, tt)
			expect(t, got, err, tt.want, tt.wantErr, tt.code)
		})
	}
}

// heldAt is goods that are held some time after they left.
func heldAt(after time.Duration) proto.Message {
	return with(onHold, func(h *customsv1.GoodsHeld) { h.At, h.Text = timestamppb.New(now.Add(after)), after.String() })
}

var leftBefore = &customsv1.HoldLifted{DeclarationId: declarationID, Reason: "the goods had left before they were held"}

func moved(m ...*customsv1.Moved) []*customsv1.Moved { return m }

func TestConfirmExit(t *testing.T) {
	accepted := acceptedAs(export)
	// Another declaration has reserved 55 pieces, so that 5 are left.
	crowded := facts(accepted, declared(numbered("1", item(1, 1, pieces(55), euros(1_000)))))
	swapped := facts(licence, declared(numbered("26XA0001", item(1, 1, pieces(50), euros(2_500)), item(2, 1, pieces(50), euros(2_500)))))
	lowered := func(n int64) proto.Message {
		return &licensingv1.LicenceAmended{LicenceId: licenceID, Deal: with(licence.Deal, func(d *licensingv1.Deal) { d.Lines[0].Quantity = pieces(n) })}
	}
	cheapened := func(n int64) proto.Message {
		return &licensingv1.LicenceAmended{LicenceId: licenceID, Deal: with(licence.Deal, func(d *licensingv1.Deal) { d.Lines[0].Value = euros(n) })}
	}
	run(t, []confirmTest{
		{"as declared", accepted, declarationID, nil, asDeclared(exited), nil, ""},
		{"transit", acceptedAs(transit), declarationID, nil, asDeclared(exited), nil, ""},
		{"trans-shipment", acceptedAs(transShipment), declarationID, nil, asDeclared(exited), nil, ""},
		{"import", acceptedAs(imp), declarationID, nil, nil, fault.Precondition, ""},
		{"less", accepted, declarationID, moved(&customsv1.Moved{Item: 1, Quantity: pieces(39), Value: euros(1_950)}),
			facts(exited, committed(1, 1, pieces(39), euros(1_950)), committed(2, 2, kilograms(10_000), nil), differs(1, "DX15", 1, "40 H87", "39 H87")), nil, ""},
		{"less, worth the same", accepted, declarationID, moved(&customsv1.Moved{Item: 1, Quantity: pieces(39)}),
			facts(exited, committed(1, 1, pieces(39), euros(2_000)), committed(2, 2, kilograms(10_000), nil), differs(1, "DX15", 1, "40 H87", "39 H87")), nil, ""},
		{"nothing of one item", accepted, declarationID, moved(&customsv1.Moved{Item: 2, Quantity: kilograms(0)}),
			facts(exited, committed(1, 1, pieces(40), euros(2_000)), committed(2, 2, kilograms(0), nil), differs(1, "DX15", 2, "10 KGM", "0 KGM")), nil, ""},
		{"more, all that is left", crowded, declarationID, moved(&customsv1.Moved{Item: 1, Quantity: pieces(45)}),
			facts(exited, committed(1, 1, pieces(45), euros(2_000)), committed(2, 2, kilograms(10_000), nil), differs(1, "DX15", 1, "40 H87", "45 H87")), nil, ""},
		{"more than is left", crowded, declarationID, moved(&customsv1.Moved{Item: 1, Quantity: pieces(46)}), nil, fault.Precondition, "DX03"},
		{"worth more than is left", crowded, declarationID, moved(&customsv1.Moved{Item: 1, Value: euros(4_001)}), nil, fault.Precondition, "DX04"},
		{"one item more, the other less", swapped, declarationID,
			moved(&customsv1.Moved{Item: 1, Quantity: pieces(60)}, &customsv1.Moved{Item: 2, Quantity: pieces(40)}),
			facts(exited, committed(1, 1, pieces(60), euros(2_500)), committed(2, 1, pieces(40), euros(2_500)),
				differs(1, "DX15", 1, "50 H87", "60 H87"), differs(2, "DX15", 2, "50 H87", "40 H87")), nil, ""},
		{"lowered meanwhile, still enough", facts(crowded, lowered(40)), declarationID, nil, asDeclared(exited), nil, ""},
		{"lowered meanwhile below it", facts(accepted, lowered(39)), declarationID, nil, nil, fault.Precondition, "DX03"},
		{"lowered in value meanwhile, still enough", facts(crowded, cheapened(2_000)), declarationID, nil, asDeclared(exited), nil, ""},
		{"lowered in value meanwhile below it", facts(accepted, cheapened(1_999)), declarationID, nil, nil, fault.Precondition, "DX04"},
		{"suspended after acceptance", facts(accepted, &licensingv1.LicenceSuspended{LicenceId: licenceID}), declarationID, nil, asDeclared(exited), nil, ""},
		{"unknown item", accepted, declarationID, moved(&customsv1.Moved{Item: 3}), nil, fault.Invalid, ""},
		{"item told of twice", accepted, declarationID, moved(&customsv1.Moved{Item: 1}, &customsv1.Moved{Item: 1}), nil, fault.Invalid, ""},
		{"other unit", accepted, declarationID, moved(&customsv1.Moved{Item: 1, Quantity: kilograms(1)}), nil, fault.Invalid, "DX05"},
		{"other currency", accepted, declarationID, moved(&customsv1.Moved{Item: 1, Value: &transferv1.Money{Minor: 1, Currency: "XXA"}}), nil, fault.Invalid, "DX05"},
		{"below nothing", accepted, declarationID, moved(&customsv1.Moved{Item: 1, Quantity: pieces(-1)}), nil, fault.Invalid, ""},
		{"again", facts(accepted, asDeclared(exited)), declarationID, nil, nil, nil, ""},
		{"again, saying the same", facts(accepted, asDeclared(exited)), declarationID, moved(&customsv1.Moved{Item: 1, Quantity: pieces(40)}), nil, nil, ""},
		{"again, saying otherwise", facts(accepted, asDeclared(exited)), declarationID, moved(&customsv1.Moved{Item: 1, Quantity: pieces(39)}), nil, fault.Conflict, ""},
		{"less, again, saying what was declared", facts(accepted, exited, committed(1, 1, pieces(39), euros(2_000))), declarationID,
			moved(&customsv1.Moved{Item: 1, Quantity: pieces(40)}), nil, fault.Conflict, ""},
		{"cancelled", facts(accepted, cancelled), declarationID, nil, nil, fault.Precondition, ""},
		{"held", facts(accepted, onHold), declarationID, nil, nil, fault.Precondition, ""},
		{"hold lifted, not released", facts(accepted, onHold, lifted), declarationID, nil, nil, fault.Precondition, ""},
		{"left before it was held", facts(accepted, heldAt(time.Hour)), declarationID, nil, facts(leftBefore, asDeclared(exited)), nil, ""},
		{"left after it was held, and held again", facts(accepted, heldAt(0), heldAt(time.Hour)), declarationID, nil, nil, fault.Precondition, ""},
		{"in transit before it was held", facts(accepted, opened, heldAt(time.Hour)), declarationID, nil, nil, fault.Precondition, ""},
		{"lodged", facts(licence, lodgedD), declarationID, nil, nil, fault.Precondition, ""},
		{"in transit", facts(accepted, opened), declarationID, nil, nil, fault.Precondition, ""},
		{"transit discharged", facts(accepted, opened, discharged), declarationID, nil, asDeclared(exited), nil, ""},
		{"never accepted", facts(licence), declarationID, nil, nil, fault.NotFound, ""},
		{"of another agency", facts(licence, others), "customs-b/1", nil, nil, fault.NotAllowed, ""},
		{"licence not on record", declared(command), declarationID, nil, nil, fault.NotFound, "DX01"},
	}, func(t *testing.T, tt confirmTest) ([]proto.Message, error) {
		return declaration.ConfirmExit(given(t, tt.given...), &customsv1.ConfirmExitRequest{Particulars: particulars, DeclarationId: tt.id, Moved: tt.moved})
	})
}

func TestConfirmArrival(t *testing.T) {
	run(t, []confirmTest{
		{"import", acceptedAs(imp), declarationID, nil, asDeclared(arrived), nil, ""},
		{"import of less", acceptedAs(imp), declarationID, moved(&customsv1.Moved{Item: 1, Quantity: pieces(39)}),
			facts(arrived, committed(1, 1, pieces(39), euros(2_000)), committed(2, 2, kilograms(10_000), nil), differs(1, "DX18", 1, "40 H87", "39 H87")), nil, ""},
		{"import of more than is left", acceptedAs(imp), declarationID, moved(&customsv1.Moved{Item: 1, Quantity: pieces(101)}), nil, fault.Precondition, "DX03"},
		{"export", acceptedAs(export), declarationID, nil, nil, fault.Precondition, ""},
		{"transit after exit", facts(acceptedAs(transit), asDeclared(exited)), declarationID, nil, facts(arrived), nil, ""},
		{"trans-shipment after exit", facts(acceptedAs(transShipment), asDeclared(exited)), declarationID, nil, facts(arrived), nil, ""},
		{"transit after exit, saying the same", facts(acceptedAs(transit), asDeclared(exited)), declarationID, moved(&customsv1.Moved{Item: 1, Quantity: pieces(40)}), facts(arrived), nil, ""},
		{"transit after exit, saying otherwise", facts(acceptedAs(transit), asDeclared(exited)), declarationID, moved(&customsv1.Moved{Item: 1, Quantity: pieces(39)}), nil, fault.Conflict, ""},
		{"transit before exit", acceptedAs(transit), declarationID, nil, nil, fault.Precondition, ""},
		{"transit, again", facts(acceptedAs(transit), asDeclared(exited), arrived), declarationID, nil, nil, nil, ""},
		{"import, again", facts(acceptedAs(imp), asDeclared(arrived)), declarationID, nil, nil, nil, ""},
		{"import, again, saying otherwise", facts(acceptedAs(imp), asDeclared(arrived)), declarationID, moved(&customsv1.Moved{Item: 9}), nil, fault.Conflict, ""},
		{"cancelled", facts(acceptedAs(imp), cancelled), declarationID, nil, nil, fault.Precondition, ""},
		{"held", facts(acceptedAs(imp), onHold), declarationID, nil, nil, fault.Precondition, ""},
		{"never accepted", facts(licence), declarationID, nil, nil, fault.NotFound, ""},
		{"of another agency", facts(licence, others), "customs-b/1", nil, nil, fault.NotAllowed, ""},
	}, func(t *testing.T, tt confirmTest) ([]proto.Message, error) {
		return declaration.ConfirmArrival(given(t, tt.given...), &customsv1.ConfirmArrivalRequest{Particulars: particulars, DeclarationId: tt.id, Moved: tt.moved})
	})
}

func TestCancel(t *testing.T) {
	released := func(item, line uint32, q *transferv1.Quantity, v *transferv1.Money) *customsv1.LicenceQuantityReleased {
		return &customsv1.LicenceQuantityReleased{DeclarationId: declarationID, Item: item, LicenceId: licenceID, LicenceLine: line, Quantity: q, Value: v}
	}
	run(t, []confirmTest{
		{"accepted", acceptedAs(export), declarationID, nil, facts(cancelled, released(1, 1, pieces(40), euros(2_000)), released(2, 2, kilograms(10_000), nil)), nil, ""},
		{"again", facts(acceptedAs(export), cancelled), declarationID, nil, nil, nil, ""},
		{"held", facts(acceptedAs(export), onHold), declarationID, nil, facts(cancelled, released(1, 1, pieces(40), euros(2_000)), released(2, 2, kilograms(10_000), nil)), nil, ""},
		{"lodged", facts(licence, lodgedD), declarationID, nil, facts(cancelled), nil, ""},
		{"exited", facts(acceptedAs(export), exited), declarationID, nil, nil, fault.Precondition, ""},
		{"arrived", facts(acceptedAs(imp), arrived), declarationID, nil, nil, fault.Precondition, ""},
		{"never accepted", facts(licence), declarationID, nil, nil, fault.NotFound, ""},
		{"of another agency", facts(licence, others), "customs-b/1", nil, nil, fault.NotAllowed, ""},
	}, func(t *testing.T, tt confirmTest) ([]proto.Message, error) {
		return declaration.Cancel(given(t, tt.given...), &customsv1.CancelDeclarationRequest{Particulars: particulars, DeclarationId: tt.id, Reason: cancelled.Reason})
	})
	t.Run("no reason", func(t *testing.T) {
		got, err := declaration.Cancel(given(t, acceptedAs(export)...), &customsv1.CancelDeclarationRequest{Particulars: particulars, DeclarationId: declarationID})
		expect(t, got, err, nil, fault.Invalid, "")
	})
}
