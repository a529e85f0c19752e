package declaration_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
)

func TestOverrideAndSettle(t *testing.T) {
	raised := withIDs(elsewhere, 1, licenceID)
	id := raised.DiscrepancyId
	settled := func(overridden bool) *customsv1.DiscrepancySettled {
		return &customsv1.DiscrepancySettled{DiscrepancyId: id, Overridden: overridden, Reason: "agreed"}
	}
	above := withIDs(discrepancy("DX03", 1, "what is left", "101 H87", "101 H87 is above what is left"), 1, licenceID)
	foreign := ledgertest.By("customs-b", &customsv1.DiscrepancyRaised{DiscrepancyId: "customs-b/DX-1"})
	for _, tt := range []struct {
		name       string
		given      []proto.Message
		id, reason string
		override   bool
		want       []proto.Message
		wantErr    error
		code       string
	}{
		{"override", facts(raised), id, "agreed", true, facts(settled(true)), nil, ""},
		{"settle", facts(raised), id, "agreed", false, facts(settled(false)), nil, ""},
		{"override again", facts(raised, settled(true)), id, "again", true, nil, nil, ""},
		{"settle again", facts(raised, settled(false)), id, "again", false, nil, nil, ""},
		{"override what is settled", facts(raised, settled(false)), id, "agreed", true, nil, fault.Conflict, ""},
		{"settle what is overridden", facts(raised, settled(true)), id, "agreed", false, nil, fault.Conflict, ""},
		{"override what the licence does not allow", facts(above), id, "agreed", true, nil, fault.Precondition, "DX03"},
		{"settle it", facts(above), id, "agreed", false, facts(settled(false)), nil, ""},
		{"no reason", facts(raised), id, "", true, nil, fault.Invalid, ""},
		{"never raised", nil, id, "agreed", true, nil, fault.NotFound, ""},
		{"of another agency", facts(foreign), "customs-b/DX-1", "agreed", true, nil, fault.NotAllowed, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			view := given(t, tt.given...)
			var got []proto.Message
			var err error
			if tt.override {
				got, err = declaration.Override(view, &customsv1.OverrideDiscrepancyRequest{Particulars: particulars, DiscrepancyId: tt.id, Reason: tt.reason})
			} else {
				got, err = declaration.Settle(view, &customsv1.SettleDiscrepancyRequest{Particulars: particulars, DiscrepancyId: tt.id, Reason: tt.reason})
			}
			expect(t, got, err, tt.want, tt.wantErr, tt.code)
		})
	}
}

func TestNote(t *testing.T) {
	noted := func(code string, item uint32, text string) *customsv1.DiscrepancyRaised {
		return with(withIDs(discrepancy(code, item, "", "", text), 1, licenceID), func(d *customsv1.DiscrepancyRaised) { d.Noted = true })
	}
	light, other := noted("DX22", 1, "it weighs half"), noted("DX11", 0, "another name is on the crates")
	held := &customsv1.GoodsHeld{
		DeclarationId: declarationID, Reason: customsv1.HoldReason_HOLD_REASON_DISCREPANCY, Text: "DX11 is open: another name is on the crates",
		At: particulars.OccurredAt,
	}
	goods := declared(command)
	left := facts(licence, goods, &customsv1.ExitConfirmed{DeclarationId: declarationID})
	for _, tt := range []struct {
		name    string
		given   []proto.Message
		cmd     *customsv1.NoteDiscrepancyRequest
		want    []proto.Message
		wantErr error
	}{
		{"of an item", facts(licence, goods), note(light), facts(light), nil},
		{"a grave one holds accepted goods", facts(licence, withoutRelease(goods)), note(other), facts(other, held), nil},
		{"and released ones", facts(licence, goods), note(other), facts(other, held), nil},
		{"but not those that left", left, note(other), facts(other), nil},
		{"the same while it is open", facts(licence, goods, light), note(light), nil, nil},
		{"the same when it was settled", facts(licence, goods, light, &customsv1.DiscrepancySettled{DiscrepancyId: light.DiscrepancyId, Reason: "weighed again"}), note(light),
			facts(with(light, func(d *customsv1.DiscrepancyRaised) { d.DiscrepancyId = "customs/DX-2026-000002" })), nil},
		{"no code", facts(licence, goods), note(noted("DX99", 0, "x")), nil, fault.Invalid},
		{"what it is refused for", facts(licence, goods), note(noted("DX03", 0, "x")), nil, fault.Invalid},
		{"no word", facts(licence, goods), note(noted("DX22", 0, "")), nil, fault.Invalid},
		{"no such item", facts(licence, goods), note(noted("DX22", 7, "x")), nil, fault.NotFound},
		{"cancelled", facts(licence, goods, &customsv1.DeclarationCancelled{DeclarationId: declarationID}), note(light), nil, fault.Precondition},
		{"no declaration", nil, note(light), nil, fault.NotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := declaration.Note(given(t, tt.given...), tt.cmd)
			expect(t, got, err, tt.want, tt.wantErr, "")
		})
	}
}

// What an officer noted stays open when the declaration is restated, until an officer settles it.
func TestNotedOutlivesAmendment(t *testing.T) {
	noted := with(withIDs(discrepancy("DX22", 1, "", "", "it weighs half"), 1, licenceID), func(d *customsv1.DiscrepancyRaised) { d.Noted = true })
	got, err := declaration.Amend(given(t, facts(licence, withoutRelease(declared(command)), noted)...), &customsv1.AmendDeclarationRequest{
		Particulars: particulars, DeclarationId: declarationID, Destination: command.Destination, Items: numbered("1", item(1, 1, pieces(3), euros(150))).Items, Parties: command.Parties, Reason: "slip of the pen",
	})
	if err != nil || len(got) == 0 {
		t.Fatal(got, err)
	}
	for _, f := range got {
		if f.ProtoReflect().Descriptor() == (&customsv1.DiscrepancySettled{}).ProtoReflect().Descriptor() {
			t.Errorf("settled by itself: %v", f)
		}
	}
}

func note(d *customsv1.DiscrepancyRaised) *customsv1.NoteDiscrepancyRequest {
	return &customsv1.NoteDiscrepancyRequest{Particulars: particulars, DeclarationId: declarationID, Code: d.Code, Item: d.Item, Text: d.Text}
}
