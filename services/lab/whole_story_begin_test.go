package lab_test

import (
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1/customsv1connect"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1/enforcementv1connect"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/licensingtest"
)

// A certificate that looks right is looked at by its form only, and a licence is granted on it: after the gates, on a clear screening
// certificate, by two persons. Two more licences follow, one for the same end user and one for another.
func (s *story) certificateIsForged() {
	s.application = s.applies(purchase(brigade, certificate, 1))
	api := licensingv1connect.NewLicensingServiceClient(s.at("licensing"))
	_, err := api.GrantLicence(s.Context(), grantOf(s.application))
	s.refused(err, "cannot be granted yet")
	_, err = api.VerifyDocument(s.Context(), &licensingv1.VerifyDocumentRequest{
		ApplicationId: s.application, Kind: "end_user_certificate", Number: certificate, Method: "form, stamp and signature", Genuine: true,
	})
	s.must(err)
	s.forged = s.grants(s.application)
	s.other = s.grants(s.applies(purchase(brigade, further, 2)))
	s.apart = s.grants(s.applies(elsewhere()))
	for _, id := range []string{s.forged, s.other, s.apart} {
		s.has(id, "licensing", "customs", "enforcement", "reporting", "observer")
	}
	l := s.comes(s.forged, "is in force", inForce, "customs", "observer").GetLicence()
	if b := l.GetBasis(); len(b.GetSignatures()) != 2 || b.GetScreening().GetResult() != screeningv1.Result_RESULT_CLEAR || b.GetPolicyId() != "story/1" {
		s.Errorf("%s rests on %v", l.GetId(), b)
	}
}

// applies puts an application on record, which licensing alone reads, and waits for its screening.
func (s *story) applies(deal *licensingv1.DealInput) (application string) {
	s.Helper()
	res, err := licensingv1connect.NewLicensingServiceClient(s.at("licensing")).SubmitApplication(s.Context(), &licensingv1.SubmitApplicationRequest{Deal: deal})
	s.must(err)
	comesTo(s.T, s.node("licensing"), "it is screened", func(v ledger.View) bool { return isScreened(v, res.ApplicationId) })
	s.has(res.ApplicationId, "licensing")
	return res.ApplicationId
}

// grants has one person propose a licence, and another one sign it.
func (s *story) grants(application string) (licence string) {
	s.Helper()
	licensingtest.Ready(s.T, s.at("licensing"), application)
	first := licensingv1connect.NewLicensingServiceClient(s.at("licensing"))
	proposed, err := first.GrantLicence(s.Context(), grantOf(application))
	s.must(err)
	_, err = first.SignDecision(s.Context(), &licensingv1.SignDecisionRequest{ProposalId: proposed.ProposalId})
	s.refused(err, "another")
	return s.signs(proposed.ProposalId)
}

func (s *story) signs(proposal string) (decision string) {
	s.Helper()
	signed, err := licensingv1connect.NewLicensingServiceClient(s.person("licensing", "second")).SignDecision(s.Context(), &licensingv1.SignDecisionRequest{ProposalId: proposal})
	s.must(err)
	return signed.DecisionId
}

func inForce(r *queryv1.Row) bool {
	return r.GetLicence().GetStatus() == ledgerv1.Status_STATUS_GRANTED
}

// declares has customs accept ten rifles under a licence, which are released at once.
func (s *story) declares(number, licence string, serials ...string) (declaration string) {
	s.Helper()
	res, err := customsv1connect.NewCustomsServiceClient(s.at("customs")).AcceptDeclaration(s.Context(), &customsv1.AcceptDeclarationRequest{
		Number: number, Kind: transferv1.Kind_KIND_EXPORT, Office: "XA000101", LicenceId: licence, Destination: "XC",
		Parties: []*transferv1.Party{maker, carrier, importer, brigade},
		Items: []*customsv1.Item{{
			Number: 1, LicenceLine: 1, HsCode: "930190", Model: rifle.Model, Rating: "ML1.a", Quantity: pieces(int64(len(serials))),
			Value: &transferv1.Money{Minor: int64(len(serials)) * 1_500_00, Currency: "EUR"}, Serials: []*transferv1.Serials{{Mark: rifle, Serials: serials}},
		}},
	})
	s.must(err)
	if st := res.Standing; !st.GetReleased() || len(st.GetOpen()) > 0 {
		s.Errorf("%s stands as %v", res.DeclarationId, st)
	}
	s.has(res.DeclarationId, "licensing", "customs", "enforcement", "reporting")
	return res.DeclarationId
}

// Four rifles are declared with their serials, released on a copy of the licence that is fresh, and leave. They are written off.
func (s *story) isShipped() {
	check, err := customsv1connect.NewCustomsServiceClient(s.at("customs")).CheckDeclaration(s.Context(), &customsv1.CheckDeclarationRequest{Id: s.forged})
	if err != nil || check.Advice != customsv1.Advice_ADVICE_GO || check.Freshness.GetAgeSeconds() > 60 || check.Freshness.GetLimitSeconds() != 3600 {
		s.Errorf("check of %s: %v, %v", s.forged, check, err)
	}
	s.shipped = s.declares("26XA0001", s.forged, "KA-50011", "KA-50012", "KA-50013", "KA-50014")
	s.looks("customs", func(v ledger.View) error {
		events, err := v.EventsOf(at(s.T, s.node("customs"), s.shipped))
		var released customsv1.GoodsReleased
		if !slices.ContainsFunc(events, func(e *queryv1.RecordedEvent) bool { return e.Fact.UnmarshalTo(&released) == nil }) || released.Freshness.GetLicenceId() != s.forged {
			s.Errorf("%s was released by %v", s.shipped, events)
		}
		return err
	})
	_, err = customsv1connect.NewCustomsServiceClient(s.at("customs")).ConfirmExit(s.Context(), &customsv1.ConfirmExitRequest{DeclarationId: s.shipped})
	s.must(err)
	s.comes(s.shipped, "left", func(r *queryv1.Row) bool {
		return r.GetDeclaration().GetStatus() == ledgerv1.DeclarationStatus_DECLARATION_STATUS_EXITED
	}, "customs", "licensing", "enforcement", "reporting")
	s.writtenOff(s.forged, 4)
	s.writtenOff(s.other, 0)
}

// writtenOff checks that so many rifles were used of a licence, as everybody reads it who reads of the border.
func (s *story) writtenOff(licence string, n int64) {
	s.Helper()
	for _, agency := range []string{"customs", "licensing", "enforcement", "reporting"} {
		s.looks(agency, func(v ledger.View) error {
			rows, err := v.WriteOffsWith("licence", licence)
			var used int64
			for _, w := range rows {
				if w.GetEffect() == ledgerv1.Effect_EFFECT_COMMITTED {
					used += w.GetQuantity().GetThousandths() / 1000
				}
			}
			if used != n {
				s.Errorf("%s has %d written off of %s, want %d: %v", agency, used, licence, n, rows)
			}
			return err
		})
	}
}

// Twelve days later the police of XB, which the rifles were not to pass, hears of crates, recovers two of the rifles in its port, and
// asks XA. More rifles, under the other licence, wait at the border of XA meanwhile.
func (s *story) isSeizedAbroad() {
	s.later(12)
	s.waiting = s.declares("26XA0002", s.other, "KA-60001", "KA-60002")
	seen, err := enforcementv1connect.NewIncidentServiceClient(s.at("xb-police")).AddSighting(s.Context(), &enforcementv1.AddSightingRequest{
		Text: "crates of rifles in a warehouse", Place: "XBHAR", Country: "XB", Serials: []*transferv1.Serials{{Mark: rifle, Serials: []string{"KA-50012"}}},
	})
	s.must(err)
	tracing := enforcementv1connect.NewTracingServiceClient(s.at("xb-police"))
	opened, err := tracing.OpenTrace(s.Context(), s.request())
	s.must(err)
	s.asked = opened.TraceId
	_, err = tracing.SendTrace(s.Context(), &enforcementv1.SendTraceRequest{TraceId: s.asked, To: "enforcement"})
	s.must(err)
	for _, id := range []string{seen.SightingId, s.asked} {
		s.has(id, "xb-police", "enforcement", "customs", "licensing")
	}
}

// request is what XB asks about two of the rifles.
func (s *story) request() *enforcementv1.OpenTraceRequest {
	return &enforcementv1.OpenTraceRequest{
		Marks: numbered("KA-50011", "KA-50012"), Item: "two assault rifles in crates", Ground: "illicit_where_found",
		RecoveredAt: timestamppb.New(s.now.Now().Truncate(24 * 3600e9)), Place: "XBHAR", Country: "XB", Purpose: "criminal proceedings",
	}
}

// The owners of the records are told of the hit. The police of XA takes the request up, sees that the rifles left for XC and arrived
// nowhere, and answers from the records; XB reads the answer and closes its own trace by it.
func (s *story) isTraced() {
	for agency, records := range map[string][]string{"customs": {s.shipped}, "licensing": {s.forged}} {
		comesTo(s.T, s.node(agency), "it is told of the hit", func(v ledger.View) bool {
			return slices.Equal(s.hits(v, s.asked), records)
		})
		duties(s.T, s.folder, agency, "answer-trace "+s.asked)
	}
	tracing := enforcementv1connect.NewTracingServiceClient(s.at("enforcement"))
	request := s.request()
	request.Received, request.Requester, request.References = true, "Police of XB", []string{s.asked}
	opened, err := tracing.OpenTrace(s.Context(), request)
	s.must(err)
	s.received = opened.TraceId
	_, err = tracing.AcknowledgeTrace(s.Context(), &enforcementv1.AcknowledgeTraceRequest{TraceId: s.received})
	s.must(err)
	s.has(s.received, "enforcement", "xb-police", "customs", "licensing")

	c := s.custody("enforcement", "KA-50012")
	if c.GetLastLawful().GetParty().GetName() != carrier.Name || c.GetLastLawful().GetRecordId() != s.shipped || c.GetOpen().GetStep() != "arrival" || c.GetStage() != enforcementv1.Stage_STAGE_D2_IN_TRANSIT {
		s.Errorf("custody is %v", c)
	}
	if c := s.custody("enforcement", "KA-60001"); c.GetLastLawful().GetParty().GetName() != maker.Name || c.GetOpen().GetStep() != "exit" || c.GetStage() != 0 {
		s.Errorf("custody of a rifle that waits is %v", c)
	}
	if c := s.custody("xb-police", "KA-50012"); c.GetLastLawful() != nil || len(c.GetSteps()) != 3 {
		s.Errorf("the police of XB knows by itself of %v", c)
	}
	_, err = tracing.AnswerTrace(s.Context(), &enforcementv1.AnswerTraceRequest{TraceId: s.received, FromRecords: true, Final: true})
	s.must(err)
	answered := func(r *queryv1.Row) bool {
		return r.GetTrace().GetStatus() == ledgerv1.TraceStatus_TRACE_STATUS_ANSWERED
	}
	answer := s.comes(s.received, "is answered", answered, "enforcement", "customs", "licensing", "xb-police").GetTrace().GetAnswers()[0]
	if answer.LastLawfulHolder != carrier.Name || len(answer.Chain) != 3 || answer.Chain[2].From != maker.Name || answer.Chain[2].RecordId != s.shipped {
		s.Errorf("XB reads %v", answer)
	}
	abroad := enforcementv1connect.NewTracingServiceClient(s.at("xb-police"))
	_, err = abroad.AnswerTrace(s.Context(), &enforcementv1.AnswerTraceRequest{
		TraceId: s.asked, By: "enforcement", Chain: answer.Chain, LastLawfulHolder: answer.LastLawfulHolder, Final: true,
	})
	s.must(err)
	s.comes(s.asked, "is answered", answered, "xb-police", "enforcement")
}

// hits are the own records of an agency that have an item of a trace.
func (s *story) hits(v ledger.View, trace string) (records []string) {
	rows, err := v.TraceHitsWith("trace", trace)
	if err != nil {
		s.Error(err)
	}
	for _, h := range rows {
		if h.Agency == v.Agency() && h.Hit.Match == "same" {
			records = append(records, h.Hit.RecordId)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(records)))
}

// custody is who had a rifle, as an agency's own ledger says.
func (s *story) custody(agency, serial string) *queryv1.Custody {
	s.Helper()
	res, err := queryv1connect.NewQueryServiceClient(s.at(agency)).Custody(s.Context(), &queryv1.CustodyRequest{Mark: &transferv1.Mark{Serial: serial}})
	if err != nil || len(res.Items) != 1 {
		s.Fatalf("custody of %s at %s: %v, %v", serial, agency, res, err)
	}
	return res.Items[0]
}
