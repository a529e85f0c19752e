package licence_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

func TestAnyCommand(t *testing.T) {
	const open = "licensing/A-2026-000002"
	given := []proto.Message{registered, submitted, granted, suspended, othersApplication, othersLicence,
		with(granted, func(g *licensingv1.LicenceGranted) { g.LicenceId, g.ApplicationId = "licensing/L-2026-000002", "" }),
		with(submitted, func(a *licensingv1.ApplicationSubmitted) { a.ApplicationId = open }),
		accepted("customs/1"), reserved("customs/1", 40_000, 2_000_00),
	}
	words := []string{"XA", "XB", "", "H87", "EUR", "ML1.a", applicationID, open, licenceID, othersApplicationID, othersLicenceID}
	input := &licensingv1.DealInput{Kind: deal().Kind, Parties: parties(), Destination: "XB", Sources: []string{"XC"}, Lines: deal().Lines}
	anycommand.Check(t, "licensing", given, words, map[string]anycommand.Rule{
		"submit":    anycommand.Of(licence.Submit, &licensingv1.SubmitApplicationRequest{Particulars: particulars, Deal: input}),
		"grant":     anycommand.Of(licence.Grant, &licensingv1.GrantLicenceRequest{Particulars: particulars, ApplicationId: open, Conditions: []string{"proof of arrival"}}),
		"deny":      anycommand.Of(licence.Deny, &licensingv1.DenyLicenceRequest{Particulars: particulars, ApplicationId: open, Criteria: []string{"7"}, Reason: "risk"}),
		"amend":     anycommand.Of(licence.Amend, &licensingv1.AmendLicenceRequest{Particulars: particulars, LicenceId: licenceID, Lines: []*transferv1.Line{line(1, 50_000, 3_000_00)}, Reason: "smaller"}),
		"suspend":   anycommand.Of(licence.Suspend, &licensingv1.SuspendLicenceRequest{Particulars: particulars, LicenceId: "licensing/L-2026-000002", Reason: "forged"}),
		"reinstate": anycommand.Of(licence.Reinstate, &licensingv1.ReinstateLicenceRequest{Particulars: particulars, LicenceId: licenceID, Reason: "verified"}),
		"revoke":    anycommand.Of(licence.Revoke, &licensingv1.RevokeLicenceRequest{Particulars: particulars, LicenceId: licenceID, Reason: "false statement"}),
	})
}
