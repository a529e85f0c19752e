package lab_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/published"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Every command of every agency says on a dry run what it would record and for whom, and records nothing.
func TestDryRunOfEveryCommand(t *testing.T) {
	t.Parallel()
	r := rehearse(t)
	r.lists()
	r.applications()
	licence := r.examined()
	r.decisions()
	r.denials()
	r.atTheBorder(licence)
	r.lodgedAndInTransit(licence)
	r.delivered(licence)
	r.licenceMessages()
	r.writtenOff(licence)
	r.alerts(licence)
	r.traces()
	r.editionsAndReturns()
	r.national(licence)
	r.setupHasNoCase()
	r.reconciled()
	r.reports()
	r.procedures()
	for _, file := range commanded {
		for _, m := range commandable(file) {
			if !r.tried[m.FullName()] {
				t.Errorf("%s was not tried", m.FullName())
			}
		}
	}
}

func pieces(n int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: n * 1000, Unit: "H87"}
}

// consignee is who a licence's goods go to.
var consignee = &transferv1.Party{Role: transferv1.Role_ROLE_CONSIGNEE, Name: "Harbour Trading XB", Country: "XB"}

func (r rehearsed) atTheBorder(licence string) {
	declare := func(number string) string {
		return r.do("customs", &customsv1.AcceptDeclarationRequest{
			Number: number, Kind: transferv1.Kind_KIND_TRANSIT, Office: "XA000101", LicenceId: licence, Destination: "XB", Parties: []*transferv1.Party{consignee},
			Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, HsCode: "930190", Quantity: pieces(10)}},
		})
	}
	declaration := declare("26XA1")
	r.do("customs", &customsv1.ConfirmExitRequest{DeclarationId: declaration})
	r.do("customs", &customsv1.ConfirmArrivalRequest{DeclarationId: declaration})
	r.do("customs", &customsv1.CancelDeclarationRequest{DeclarationId: declare("26XA2"), Reason: "not shipped"})
}

func (r rehearsed) alerts(licence string) {
	raise := &enforcementv1.RaiseAlertRequest{
		Stage: enforcementv1.Stage_STAGE_D3_AT_DELIVERY, Priority: enforcementv1.Priority_PRIORITY_URGENT, Item: "assault rifles", Parties: []*transferv1.Party{consignee},
		LicenceIds: []string{licence}, Indicators: []string{"RF10"}, LastKnownLocation: "XBHAR", Addressees: []string{"licensing"}, Summary: "not seen",
		Handling: &enforcementv1.Handling{},
	}
	alert := r.do("enforcement", raise)
	r.do("enforcement", &enforcementv1.CorroborateAlertRequest{AlertId: alert, Indicators: []string{"RF11"}, Evidence: "a second report"})
	r.do("licensing", &enforcementv1.AcknowledgeAlertRequest{AlertId: alert, Note: "seen"})
	refuted := r.do("enforcement", raise)
	r.do("enforcement", &enforcementv1.RefuteAlertRequest{AlertId: refuted, Reason: "found"})
	r.do("enforcement", &enforcementv1.CloseAlertRequest{AlertId: refuted, Outcome: "nothing in it"})
	r.do("enforcement", &enforcementv1.ConfirmAlertRequest{AlertId: alert, Evidence: "goods found elsewhere"})
	reassessment := r.reassessment(licence, alert)
	r.incidents(licence, alert)
	r.do("licensing", &licensingv1.SuspendLicenceRequest{LicenceId: licence, Reason: "diversion"})
	r.do("licensing", &licensingv1.ReinstateLicenceRequest{LicenceId: licence, Reason: "explained"})
	r.do("licensing", &licensingv1.RevokeLicenceRequest{LicenceId: licence, Reason: "diverted"})
	r.do("licensing", &licensingv1.ConcludeReassessmentRequest{ReassessmentId: reassessment, Outcome: licensingv1.Outcome_OUTCOME_REVOKED, Reason: "diverted"})
}

// reassessment waits until an alert that was rehearsed and confirmed has a licence looked at again, once.
func (r rehearsed) reassessment(licence, alert string) (id string) {
	r.Helper()
	comesTo(r.T, r.node("licensing"), licence+" is looked at again, once", func(v ledger.View) bool {
		found, err := v.ReassessmentsWith("licence", licence)
		found = slices.DeleteFunc(found, func(a *ledgerv1.Reassessment) bool { return a.AlertId != alert })
		if err == nil && len(found) == 1 {
			id = found[0].Id
		}
		return id != ""
	})
	return id
}

func (r rehearsed) editionsAndReturns() {
	entry := &licensingv1.Entry{Date: "2012-01-02", Destination: &licensingv1.Place{Country: "XB"}, Lines: []*transferv1.Line{{Number: 1, Rating: "ML1"}}}
	entry.Digest = published.Digest(entry)
	r.do("licensing", &licensingv1.RecordEditionRequest{
		Source: "uk-licences", Edition: "2012-06-14", Added: []*licensingv1.Addition{{Ordinal: 1, Entry: entry}},
	})
	r.do("licensing", &licensingv1.CloseEditionRequest{
		Source: "uk-licences", Edition: "2012-06-14", Digest: published.EditionDigest([]*licensingv1.Entry{entry}), Entries: 1, Lines: 1,
	})
	request := r.do("reporting", &reportingv1.RequestReturnRequest{Year: 2025, Form: "att-annual-exports", Agencies: []string{"licensing"}, Due: timestamppb.New(inTwoYears)})
	r.do("licensing", &reportingv1.SubmitReturnRequest{RequestId: request, Nil: true})
}
