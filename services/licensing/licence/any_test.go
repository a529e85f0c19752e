package licence_test

import (
	"testing"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

func TestAnyCommand(t *testing.T) {
	const open = "licensing/A-2026-000002"
	second := with(submitted, func(a *licensingv1.ApplicationSubmitted) { a.ApplicationId = open })
	const proposed, signed, appealed, set = "licensing/A-2026-000003", "licensing/P-2026-000001", "licensing/X-2026-000001", "licensing/O-2026-000001"
	given := append(readyFor(second), alone, submitted, granted, suspended, othersApplication, othersLicence,
		with(granted, func(g *licensingv1.LicenceGranted) { g.LicenceId, g.ApplicationId = "licensing/L-2026-000002", "" }),
		with(submitted, func(a *licensingv1.ApplicationSubmitted) { a.ApplicationId = proposed }),
		&licensingv1.DecisionProposed{ProposalId: signed, ApplicationId: proposed, Outcome: licensingv1.DecisionOutcome_DECISION_OUTCOME_DENY, Criteria: []string{"7"}, Reason: "risk", Needed: 2, Signature: &licensingv1.Signature{Person: "p-1"}},
		with(denied, func(d *licensingv1.LicenceDenied) { d.ApplicationId, d.Deal.Parties = "", nil }),
		&licensingv1.AppealLodged{AppealId: appealed, DecisionId: denialID, Grounds: "new certificate"},
		&licensingv1.ObligationSet{ObligationId: set, Subject: licenceID, Kind: "delivery_verification", Owner: "holder"},
		accepted("customs/1"), reserved("customs/1", 40_000, 2_000_00),
	)
	another := &eventv1.Particulars{OccurredAt: particulars.OccurredAt, Officer: &eventv1.Officer{Role: "head", Person: "p-2"}}
	words := []string{"XA", "XB", "", "H87", "EUR", "ML1.a", applicationID, open, licenceID, othersApplicationID, othersLicenceID, proposed, signed, appealed, set, "p-1"}
	input := &licensingv1.DealInput{Kind: deal().Kind, Parties: parties(), Destination: "XB", Sources: []string{"XC"}, Lines: deal().Lines}
	anycommand.Check(t, "licensing", given, words, map[string]anycommand.Rule{
		"submit":    anycommand.Of(licence.Submit, &licensingv1.SubmitApplicationRequest{Particulars: particulars, Deal: input}),
		"grant":     anycommand.Of(licence.Grant, &licensingv1.GrantLicenceRequest{Particulars: particulars, ApplicationId: open, Conditions: []string{"proof of arrival"}}),
		"deny":      anycommand.Of(licence.Deny, &licensingv1.DenyLicenceRequest{Particulars: particulars, ApplicationId: open, Criteria: []string{"7"}, Reason: "risk"}),
		"amend":     anycommand.Of(licence.Amend, &licensingv1.AmendLicenceRequest{Particulars: particulars, LicenceId: licenceID, Lines: []*transferv1.Line{line(1, 50_000, 3_000_00)}, Reason: "smaller"}),
		"sign":      anycommand.Of(licence.Sign, &licensingv1.SignDecisionRequest{Particulars: another, ProposalId: signed}),
		"drop":      anycommand.Of(licence.Drop, &licensingv1.DropProposalRequest{Particulars: another, ProposalId: signed, Reason: "not yet"}),
		"conflict":  anycommand.Of(licence.DeclareConflict, &licensingv1.DeclareConflictRequest{Particulars: another, ApplicationId: open, Reason: "kin"}),
		"appeal":    anycommand.Of(licence.Appeal, &licensingv1.LodgeAppealRequest{Particulars: particulars, DecisionId: licenceID, Grounds: "error"}),
		"hear":      anycommand.Of(licence.DecideAppeal, &licensingv1.DecideAppealRequest{Particulars: another, AppealId: appealed, Outcome: licensingv1.AppealOutcome_APPEAL_OUTCOME_OVERTURNED, Reason: "new facts"}),
		"meet":      anycommand.Of(licence.Meet, &licensingv1.MeetObligationRequest{Particulars: particulars, ObligationId: set, How: "certificate 7"}),
		"suspend":   anycommand.Of(licence.Suspend, &licensingv1.SuspendLicenceRequest{Particulars: particulars, LicenceId: "licensing/L-2026-000002", Reason: "forged"}),
		"reinstate": anycommand.Of(licence.Reinstate, &licensingv1.ReinstateLicenceRequest{Particulars: particulars, LicenceId: licenceID, Reason: "verified"}),
		"revoke":    anycommand.Of(licence.Revoke, &licensingv1.RevokeLicenceRequest{Particulars: particulars, LicenceId: licenceID, Reason: "false statement"}),
	})
}
