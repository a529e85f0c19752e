package ledger_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
)

// A declaration is found by its transit while the goods are on their way, held or not, and by that it was discharged.
func TestDeclarationsAreFoundByTheirTransit(t *testing.T) {
	const id = "customs/1"
	released := []proto.Message{&customsv1.DeclarationAccepted{DeclarationId: id}, &customsv1.GoodsReleased{DeclarationId: id}}
	sent := append(released[:2:2], &customsv1.TransitOpened{DeclarationId: id, OfficeOfDestination: "XA000102"})
	held := append(sent[:3:3], &customsv1.GoodsHeld{DeclarationId: id})
	for name, tt := range map[string]struct {
		facts []proto.Message
		want  string
	}{
		"released": {released, ""}, "sent": {sent, "open"}, "held on the way": {held, "open"},
		"came":      {append(sent[:3:3], &customsv1.TransitDischarged{DeclarationId: id}), "discharged"},
		"arrived":   {append(sent[:3:3], &customsv1.ArrivalRecorded{DeclarationId: id}), ""},
		"cancelled": {append(sent[:3:3], &customsv1.DeclarationCancelled{DeclarationId: id}), ""},
	} {
		v := ledgertest.Given(t, tt.facts...)
		for _, value := range []string{"open", "discharged"} {
			rows, err := v.DeclarationsWith("transit", value)
			if err != nil || (len(rows) == 1) != (value == tt.want) {
				t.Errorf("%s: %d with %s, %v", name, len(rows), value, err)
			}
		}
	}
}
