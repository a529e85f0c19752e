package declaration_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
)

func TestCheck(t *testing.T) {
	const goes, waits, stops = customsv1.Advice_ADVICE_GO, customsv1.Advice_ADVICE_HOLD, customsv1.Advice_ADVICE_STOP
	suspended := &licensingv1.LicenceSuspended{LicenceId: licenceID, Reason: "forged"}
	one := with(licence, func(l *licensingv1.LicenceGranted) { l.Deal.Lines = l.Deal.Lines[:1] })
	all := numbered("1", item(1, 1, pieces(100), euros(5_000)))
	more := lodging(func(c *customsv1.LodgeDeclarationRequest) {
		c.Items[0].Quantity, c.Items[0].Value = pieces(101), euros(5_000)
	})
	toXC := lodging(func(c *customsv1.LodgeDeclarationRequest) { c.Destination = "XC" })
	unclear := lodging(func(c *customsv1.LodgeDeclarationRequest) { c.Items[0].Rating = "" })
	unnamed := lodging(func(c *customsv1.LodgeDeclarationRequest) { c.LicenceReference = "" })
	for _, tt := range []struct {
		name  string
		given []proto.Message
		id    string
		want  customsv1.Advice
		// reason is a part of the first; open and suggested are how many there are.
		reason          string
		open, suggested int
	}{
		{"licence", facts(licence), licenceID, goes, "", 0, 0},
		{"licence by its number", facts(licence), "l 2026 000001", goes, "", 0, 0},
		{"licence unknown", nil, licenceID, stops, "DX01: neither a declaration nor a licence", 0, 0},
		{"two licences of one number", facts(ledgertest.Registered("ministry"), licence, ledgertest.By("ministry", with(licence, func(l *licensingv1.LicenceGranted) { l.LicenceId = "ministry/L-2026-000001" }))),
			"L-2026-000001", waits, "several licences", 0, 2},
		{"licence suspended", facts(licence, suspended), licenceID, stops, "DX02: licence licensing/L-2026-000001 is suspended: forged", 0, 0},
		{"licence used up", facts(one, declared(all)), licenceID, stops, "DX03: nothing is left", 0, 0},
		{"lodged", facts(licence, lodgedAs(lodgement)), declarationID, goes, "", 0, 0},
		{"lodged, goes elsewhere", facts(licence, lodgedAs(toXC, elsewhere)), declarationID, waits, "DX09 is open", 1, 0},
		{"lodged, above what is left", facts(licence, lodgedAs(more)), declarationID, stops, "DX03: 101 H87", 1, 0},
		{"lodged, line unclear", facts(licence, lodgedAs(unclear)), declarationID, stops, "DX01: several lines", 0, 4},
		{"lodged, no licence", facts(licence, lodgedAs(unnamed)), declarationID, stops, "DX01: declaration customs/26XA0001 names no licence", 1, 0},
		{"released", facts(licence, declared(command)), declarationID, goes, "", 0, 0},
		{"released, then suspended", facts(licence, declared(command), suspended), declarationID, waits, "is suspended: forged", 0, 0},
		{"held", facts(licence, declared(command), onHold), declarationID, waits, "to be examined", 0, 0},
		{"held for a discrepancy", facts(licence, declared(with(command, func(c *customsv1.AcceptDeclarationRequest) { c.Destination = "XC" }), elsewhere)), declarationID, waits, "DX09 is open", 1, 0},
		{"exited", facts(licence, declared(command), exited), declarationID, stops, "have moved", 0, 0},
		{"cancelled", facts(licence, declared(command), cancelled), declarationID, stops, "was cancelled: sale fell through", 0, 0},
		{"licence not on record", declared(command), declarationID, stops, "DX01", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, err := declaration.Check(given(t, tt.given...), tt.id, now)
			if err != nil {
				t.Fatal(err)
			}
			reason := strings.Join(res.Reasons, "\n")
			if res.Advice != tt.want || !strings.Contains(reason, tt.reason) || (reason == "") != (tt.reason == "") ||
				len(res.Open) != tt.open || len(res.Suggestions) != tt.suggested {
				t.Errorf("%s: %q, open %v, suggested %v", res.Advice, res.Reasons, res.Open, res.Suggestions)
			}
			if tt.want == goes && (len(res.Lines) == 0 || res.Freshness == nil) {
				t.Errorf("lines %v, freshness %v", res.Lines, res.Freshness)
			}
		})
	}
}

// A copy of a licence that is too old says so, and nothing goes on it.
func TestCheckOfAnOldCopy(t *testing.T) {
	long := with(licence, func(l *licensingv1.LicenceGranted) { l.ValidUntil = timestamppb.New(now.AddDate(2, 0, 0)) })
	res, err := declaration.Check(given(t, long), licenceID, now.AddDate(0, 0, 9))
	if err != nil || res.Advice != customsv1.Advice_ADVICE_HOLD || res.Freshness.GetAgeSeconds() < 8*24*3600 {
		t.Errorf("%v, %v", res, err)
	}
}
