package field

import (
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/console/consoletest"
)

// What an officer has to look at is every condition of the licence, also those that other agencies asked for.
func TestBorderShowsEveryCondition(t *testing.T) {
	s := consoletest.Serve(t, Register)
	s.Record(&licensingv1.LicenceGranted{
		LicenceId: "licensing/L-1", Conditions: []string{"one consignment"},
		Kept: []*licensingv1.ConditionKept{{ConditionId: "enforcement/K-1", AskedBy: "enforcement", Text: "seals are photographed"}},
	})
	page := s.Read("/console/border?q=licensing/L-1")
	if !strings.Contains(page, "one consignment") || !strings.Contains(page, "seals are photographed") || strings.Contains(page, "sets no conditions") {
		t.Errorf("the conditions are not all there:\n%s", page)
	}
}

// A licence that is not on record here is not said to set no conditions.
func TestBorderSaysNothingOfALicenceThatIsNotHere(t *testing.T) {
	s := consoletest.Serve(t, Register)
	s.Record(ledgertest.By("customs", &customsv1.DeclarationAccepted{DeclarationId: "customs/D-1", LicenceId: "licensing/L-1"}))
	if page := s.Read("/console/border?q=customs/D-1"); strings.Contains(page, "sets no conditions") || strings.Count(page, "No licence is known for it") != 2 {
		t.Errorf("what is said of its licence:\n%s", page)
	}
}
