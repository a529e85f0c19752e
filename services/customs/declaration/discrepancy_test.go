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
