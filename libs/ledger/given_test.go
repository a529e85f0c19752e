package ledger_test

import (
	"testing"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func TestGiven(t *testing.T) {
	v := ledgertest.GivenAs(t, "customs",
		&licensingv1.LicenceGranted{LicenceId: "licensing/L-000001", Deal: &licensingv1.Deal{
			Kind:    transferv1.Kind_KIND_EXPORT,
			Parties: []*transferv1.Party{{Name: "Müller & Söhne", Identifiers: []string{"lei:X"}}},
			Lines:   []*transferv1.Line{{Number: 1, Rating: "ML1"}, {Number: 2, Rating: "ML1"}},
		}},
		&customsv1.DeclarationAccepted{DeclarationId: "customs/D-000007", LicenceId: "licensing/L-000001"},
		&customsv1.LicenceQuantityReserved{DeclarationId: "customs/D-000007", Item: 1, LicenceId: "licensing/L-000001", LicenceLine: 1},
		ledgertest.By("licensing", &licensingv1.LicenceSuspended{LicenceId: "licensing/L-000001", Reason: "forged"}),
	)
	l, err := v.Licence("licensing/L-000001")
	if err != nil || l.GetStatusReason() != "forged" || len(l.Events) != 2 {
		t.Errorf("Licence: %v, %v", l, err)
	}
	if got, err := v.LicencesWith("party", "name:muller sohne"); err != nil || len(got) != 1 {
		t.Errorf("LicencesWith party: %v, %v", got, err)
	}
	if got, err := v.LinesWith("rating", "ML1"); err != nil || len(got) != 2 || got[1].Id != "licensing/L-000001#2" {
		t.Errorf("LinesWith rating: %v, %v", got, err)
	}
	if got, err := v.WriteOffsWith("licence", "licensing/L-000001"); err != nil || len(got) != 1 {
		t.Errorf("WriteOffsWith licence: %v, %v", got, err)
	}
	if got, err := v.NextID("D"); err != nil || got != "customs/D-000008" {
		t.Errorf("NextID: %v, %v", got, err)
	}
	if got, err := v.EventsOf(l); err != nil || len(got) != 2 || got[1].Kind != "counterfoil.licensing.v1.LicenceSuspended" {
		t.Errorf("EventsOf: %v, %v", got, err)
	}
}
