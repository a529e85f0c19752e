package lab_test

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1/customsv1connect"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1/enforcementv1connect"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	d1        = enforcementv1.Stage_STAGE_D1_BEFORE_TRANSFER
	d2        = enforcementv1.Stage_STAGE_D2_IN_TRANSIT
	suspected = enforcementv1.Verdict_VERDICT_SUSPECTED
)

// The police of XA raises an alert: before the transfer, it thinks, and noticed in transit. It shares it with the police of XB.
// Everybody who is addressed acknowledges it, and sees the incident in its own way, side by side.
func (s *story) alertIsRaised() {
	police := enforcementv1connect.NewEnforcementServiceClient(s.at("enforcement"))
	raised, err := police.RaiseAlert(s.Context(), &enforcementv1.RaiseAlertRequest{
		Stage: d1, DetectedStage: d2, Type: "false_document", Priority: enforcementv1.Priority_PRIORITY_URGENT, Confidence: enforcementv1.Confidence_CONFIDENCE_MEDIUM,
		Item: "assault rifles", Category: small, Quantity: pieces(4), Serials: []*transferv1.Serials{{Mark: rifle, Serials: []string{"KA-50011", "KA-50012"}}},
		Parties: []*transferv1.Party{brigade}, LicenceIds: []string{s.forged}, DeclarationIds: []string{s.shipped}, Indicators: []string{"RF14", "RF27"},
		LastKnownLocation: "XBHAR", Places: &enforcementv1.Places{Origin: "XA", Transit: []string{"XB"}, Intended: "XC"},
		Links: &enforcementv1.Links{Certificates: []string{certificate}, TraceIds: []string{s.asked, s.received}}, DetectedAt: timestamppb.New(s.now.Now()),
		Evidence: []*enforcementv1.Evidence{{Source: "partner", Reliability: "B", Credibility: "2", Text: "recovered in a port on no route to XC"}},
		Handling: &enforcementv1.Handling{Caveats: "not to the applicant"}, Addressees: []string{"customs", "licensing", "xb-police"},
		Summary: "rifles for XC turned up in XB; the certificate may be false",
	})
	s.must(err)
	s.alert = raised.AlertId
	s.has(s.alert, "enforcement", "customs", "licensing", "reporting")
	_, err = statements(s.T, s.folder, "enforcement").Share(s.Context(), &directoryv1.ShareRequest{Id: s.alert, Group: "tracing", Reason: "the rifles are in XB"})
	s.must(err)
	s.has(s.alert, "xb-police")
	for _, agency := range []string{"customs", "licensing", "xb-police"} {
		duties(s.T, s.folder, agency, "acknowledge "+s.alert)
		_, err := enforcementv1connect.NewAlertAnswerServiceClient(s.at(agency)).AcknowledgeAlert(s.Context(), &enforcementv1.AcknowledgeAlertRequest{AlertId: s.alert, Note: "taken up"})
		s.must(err)
	}
	s.has("customs/"+s.alert, "customs", "licensing", "enforcement", "reporting")
	s.has("licensing/"+s.alert, "customs", "licensing", "enforcement", "reporting")
	s.has("xb-police/"+s.alert, "xb-police", "customs", "licensing", "enforcement")
	s.sees("customs", &enforcementv1.ClassifyAlertRequest{Verdict: suspected, Stage: d2, Type: "undeclared_port", Confidence: enforcementv1.Confidence_CONFIDENCE_LOW, Reason: "the papers were in order here"})
	s.sees("xb-police", &enforcementv1.ClassifyAlertRequest{Verdict: enforcementv1.Verdict_VERDICT_CONFIRMED, Stage: d1, Type: "false_end_user", Confidence: enforcementv1.Confidence_CONFIDENCE_HIGH, Reason: "nobody in XC waits for them"})
	s.status(s.forged, ledgerv1.Status_STATUS_GRANTED, "licensing", "customs") // an alert that is urgent suspends nothing by itself
}

func (s *story) sees(agency string, req *enforcementv1.ClassifyAlertRequest) {
	s.Helper()
	req.AlertId = s.alert
	_, err := enforcementv1connect.NewIncidentServiceClient(s.at(agency)).ClassifyAlert(s.Context(), req)
	s.must(err)
	comesTo(s.T, s.node("enforcement"), "it has the view of "+agency, func(v ledger.View) bool {
		view, err := v.AlertView(agency + "/" + s.alert)
		return err == nil && view.GetClassified().GetReason() == req.Reason
	})
}

// The ministry that the certificate names did not issue it. Licensing puts that on the file and sees the incident so; the police adds
// it to the alert, and confirms it. By now the last who had the rifle lawfully is the exporter: the chain was broken before it left.
func (s *story) alertIsConfirmed() {
	licensing := licensingv1connect.NewLicensingServiceClient(s.at("licensing"))
	_, err := licensing.VerifyDocument(s.Context(), &licensingv1.VerifyDocumentRequest{
		ApplicationId: s.application, Kind: "end_user_certificate", Number: certificate, Method: "ministry register", Note: "no such number was issued",
	})
	s.must(err)
	if c := s.custody("licensing", "KA-50011"); c.GetOpen().GetIndicator() != "RF15" || c.GetStage() != d1 {
		s.Errorf("custody at licensing is %v", c)
	}
	s.sees("licensing", &enforcementv1.ClassifyAlertRequest{
		Verdict: enforcementv1.Verdict_VERDICT_CONFIRMED, Stage: d1, Type: "false_document", Confidence: enforcementv1.Confidence_CONFIDENCE_HIGH,
		Indicators: []string{"RF15"}, Reason: "the ministry of XC did not issue it",
	})
	police := enforcementv1connect.NewEnforcementServiceClient(s.at("enforcement"))
	_, err = police.CorroborateAlert(s.Context(), &enforcementv1.CorroborateAlertRequest{AlertId: s.alert, Indicators: []string{"RF15"}, Evidence: "the register of the ministry of XC"})
	s.must(err)
	_, err = police.ConfirmAlert(s.Context(), &enforcementv1.ConfirmAlertRequest{AlertId: s.alert, Evidence: "the ministry of XC in writing"})
	s.must(err)
	s.comes(s.alert, "is confirmed", func(r *queryv1.Row) bool {
		a := r.GetAlert()
		return a.GetFinding() == ledgerv1.AlertStatus_ALERT_STATUS_CONFIRMED && slices.Equal(a.GetIndicators(), []string{"RF14", "RF27", "RF15"})
	}, "enforcement", "customs", "licensing", "reporting", "xb-police")
	if c := s.custody("enforcement", "KA-50012"); c.GetLastLawful().GetParty().GetName() != maker.Name || c.GetOpen().GetStep() != "certificate" || c.GetStage() != d1 {
		s.Errorf("custody is %v", c)
	}
	s.sideBySide()
}

// sideBySide checks how the agencies see the incident, and who took it up.
func (s *story) sideBySide() {
	file, err := queryv1connect.NewLinkServiceClient(s.at("enforcement")).AlertFile(s.Context(), &queryv1.AlertFileRequest{AlertId: s.alert})
	s.must(err)
	var seen, acknowledged []string
	for _, v := range file.Standings {
		seen = append(seen, v.Agency+" "+v.Verdict+" "+v.Type)
	}
	for _, a := range file.Addressees {
		if a.AcknowledgedAt != nil && !a.Escalated {
			acknowledged = append(acknowledged, a.Agency)
		}
	}
	want := []string{"enforcement confirmed false_document", "customs suspected undeclared_port", "licensing confirmed false_document", "xb-police confirmed false_end_user"}
	if !slices.Equal(seen, want) || !slices.Equal(acknowledged, []string{"customs", "licensing", "xb-police"}) {
		s.Errorf("it is seen as %q and was taken up by %q", seen, acknowledged)
	}
	links, err := queryv1connect.NewLinkServiceClient(s.at("enforcement")).Links(s.Context(), &queryv1.LinksRequest{Id: s.alert})
	s.must(err)
	var linked []string
	for _, l := range links.Links {
		linked = append(linked, l.Attribute+" "+l.Id)
	}
	for _, wanted := range []string{"certificate " + s.forged, "serial " + s.shipped, "party " + s.other, "party " + s.waiting} {
		if !slices.Contains(linked, wanted) {
			s.Errorf("the alert has %q in common with others; want %q", linked, wanted)
		}
	}
	alone := &queryv1.Horizon{AsOf: timestamppb.New(s.now.Now()), Kinds: []string{"counterfoil.enforcement.v1.DiversionAlertRaised"}}
	links, err = queryv1connect.NewLinkServiceClient(s.at("enforcement")).Links(s.Context(), &queryv1.LinksRequest{Id: s.alert, Horizon: alone})
	if err != nil || len(links.Links) != 0 {
		s.Errorf("among alerts alone it has in common with others: %v, %v", links, err)
	}
}

func (s *story) status(licence string, status ledgerv1.Status, agencies ...string) {
	s.Helper()
	s.comes(licence, "is "+status.String(), func(r *queryv1.Row) bool { return r.GetLicence().GetStatus() == status }, agencies...)
}

// By the policy, every licence that the alert touches is suspended: the one on the certificate and the other of the same end user.
// Both are looked at again. The licence of another end user stays in force, everywhere.
func (s *story) licencesAreSuspended() {
	for licence, why := range map[string]string{s.forged: "names this licence", s.other: "a party of it, as end user, is a party to this licence"} {
		s.status(licence, ledgerv1.Status_STATUS_SUSPENDED, "licensing", "customs", "enforcement", "reporting", "observer")
		var opened *ledgerv1.Reassessment
		comesTo(s.T, s.node("licensing"), licence+" is looked at again", func(v ledger.View) bool {
			rows, err := v.ReassessmentsWith("licence", licence)
			if err == nil && len(rows) > 0 {
				opened = rows[0]
			}
			return opened != nil
		})
		if opened.GetAlertId() != s.alert || opened.GetReason() != "alert "+s.alert+" was confirmed and "+why {
			s.Errorf("%s is looked at again because %s", licence, opened.GetReason())
		}
		s.has(opened.GetId(), "licensing", "customs", "enforcement", "reporting")
	}
	s.status(s.apart, ledgerv1.Status_STATUS_GRANTED, "licensing", "customs", "observer")
	s.looks("licensing", func(v ledger.View) error {
		rows, err := v.ReassessmentsWith("licence", s.apart)
		if len(rows) > 0 {
			s.Errorf("%s is looked at again: %v", s.apart, rows)
		}
		return err
	})
}

// The rifles under the other licence had been released and not left. They are held now, and stay so: for the licence, and for the
// alert when customs takes what it is offered. Nothing more is declared under the licences, and nothing more written off.
func (s *story) isHeldAtTheBorder() {
	held := func(reason customsv1.HoldReason) func(*queryv1.Row) bool {
		return func(r *queryv1.Row) bool {
			d := r.GetDeclaration()
			return d.GetStatus() == ledgerv1.DeclarationStatus_DECLARATION_STATUS_HELD && d.GetHeld().GetReason() == reason
		}
	}
	readers := []string{"customs", "licensing", "enforcement", "reporting"}
	s.comes(s.waiting, "is held for its licence", held(customsv1.HoldReason_HOLD_REASON_LICENCE), readers...)
	release, customs := customsv1connect.NewReleaseServiceClient(s.at("customs")), customsv1connect.NewCustomsServiceClient(s.at("customs"))
	res, err := release.ReleaseGoods(s.Context(), &customsv1.ReleaseGoodsRequest{DeclarationId: s.waiting})
	if err != nil || res.Released || !strings.Contains(res.Held.GetText(), "is suspended: alert "+s.alert) {
		s.Errorf("released: %v, %v", res, err)
	}
	var offer string
	comesTo(s.T, s.node("customs"), "a hold is offered", func(v ledger.View) bool {
		rows, err := v.ConsequenceOffersWith("subject", s.waiting)
		if err == nil && len(rows) == 1 {
			offer = rows[0].GetId()
		}
		return offer != ""
	})
	_, err = enforcementv1connect.NewIncidentServiceClient(s.at("customs")).AnswerConsequence(s.Context(), &enforcementv1.AnswerConsequenceRequest{OfferId: offer, Taken: true})
	s.must(err)
	s.comes(s.waiting, "is held for the alert", held(customsv1.HoldReason_HOLD_REASON_ALERT), readers...)
	_, err = release.ReleaseGoods(s.Context(), &customsv1.ReleaseGoodsRequest{DeclarationId: s.waiting})
	s.refused(err, "lift that first")
	_, err = customs.ConfirmExit(s.Context(), &customsv1.ConfirmExitRequest{DeclarationId: s.waiting})
	s.refused(err, "are held")
	_, err = customs.AcceptDeclaration(s.Context(), &customsv1.AcceptDeclarationRequest{
		Number: "26XA0003", Kind: transferv1.Kind_KIND_EXPORT, Office: "XA000101", LicenceId: s.forged, Destination: "XC", Parties: []*transferv1.Party{brigade},
		Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, HsCode: "930190", Quantity: pieces(4)}},
	})
	s.refused(err, "is suspended")
	s.writtenOff(s.forged, 4)
	s.writtenOff(s.other, 0)
}
