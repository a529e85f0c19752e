package application_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/licensing/application"
)

func TestAnyCommand(t *testing.T) {
	const routedID, ended = "licensing/A-2026-000002", "licensing/A-2026-000003"
	all := func(id string, from string) proto.Message {
		return &licensingv1.ApplicationSubmitted{ApplicationId: id, RoutedFrom: from, Deal: with(deal(), classified)}
	}
	given := []proto.Message{registered, heavy, light, all(applicationID, ""), all(routedID, othersApplicationID), all(ended, ""),
		&licensingv1.ApplicationWithdrawn{ApplicationId: ended}, ledgertest.By("small-arms", all(othersApplicationID, ""))}
	words := []string{"XA", "XB", "", "H87", "ML1.a", "ML6.a", "end_user_certificate", "1", applicationID, routedID, ended, othersApplicationID}
	amend := input(func(d *licensingv1.DealInput) {
		d.EndUse, d.Parties, d.Lines, d.Documents = "training", d.Parties[1:], d.Lines[:1], nil
	})
	anycommand.Check(t, "licensing", given, words, map[string]anycommand.Rule{
		"amend":    anycommand.Of(application.Amend, &licensingv1.AmendApplicationRequest{Particulars: particulars, ApplicationId: applicationID, Deal: amend, Reason: "corrected"}),
		"withdraw": anycommand.Of(application.Withdraw, &licensingv1.WithdrawApplicationRequest{Particulars: particulars, ApplicationId: applicationID, Reason: "not wanted"}),
		"return":   anycommand.Of(application.Return, &licensingv1.ReturnApplicationRequest{Particulars: particulars, ApplicationId: applicationID, Reason: "incomplete"}),
		"classify": anycommand.Of(application.Classify, &licensingv1.ClassifyLineRequest{Particulars: particulars, ApplicationId: applicationID, Line: 2, Parameters: rifle, Category: small, Reason: "seen"}),
		"document": anycommand.Of(application.FileDocument, &licensingv1.FileDocumentRequest{Particulars: particulars, ApplicationId: applicationID, Document: document("2")}),
		"authorization": anycommand.Of(application.FileAuthorization, &licensingv1.FileAuthorizationRequest{
			Particulars: particulars, ApplicationId: applicationID, Authorization: authorization("7"),
		}),
		"verify": anycommand.Of(application.VerifyDocument, &licensingv1.VerifyDocumentRequest{
			Particulars: particulars, ApplicationId: applicationID, Kind: "end_user_certificate", Number: "1", Method: "embassy", Genuine: true, Note: "stamp compared",
		}),
	})
}
