package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/config"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// storyteller plays one case across the agencies of a lab, through their APIs, and tells what happens.
type storyteller struct {
	env      *Env
	contexts config.Contexts
	at       map[string]*Clients
	// licence and alert are what the case comes to be called.
	licence, alert string
}

// arrival is how long one agency's record may take to reach another's ledger before the story gives up.
const arrival = 10 * time.Second

func (s *storyteller) say(format string, args ...any) {
	fmt.Fprintf(s.env.Err, "  "+format+"\n", args...)
}

func (s *storyteller) tell(ctx context.Context) error {
	s.at = map[string]*Clients{}
	for _, agency := range []string{"licensing", "customs", "enforcement", "reporting", "observer"} {
		context, err := s.contexts.Load(agency)
		if err != nil {
			return err
		}
		if s.at[agency], err = dial(s.contexts, context); err != nil {
			return err
		}
	}
	for _, act := range []func(context.Context) error{s.grant, s.ship, s.warn, s.suspend, s.report} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

var (
	consignee = &transferv1.Party{Role: transferv1.Role_ROLE_CONSIGNEE, Name: "Harbour Trading XB", Country: "XB", Identifiers: []string{"reg:XB-4411"}}
	rifles    = &transferv1.Line{
		Rating: "ML1.a", Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS, HsCode: "930190", Description: "assault rifle",
		Quantity: pieces(500), Value: &transferv1.Money{Minor: 40_000_000, Currency: "EUR"},
	}
)

func pieces(n int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: n * 1000, Unit: "H87"}
}

func (s *storyteller) grant(ctx context.Context) error {
	exporter := &transferv1.Party{Role: transferv1.Role_ROLE_EXPORTER, Name: "Northgate Arms XA", Country: "XA", Identifiers: []string{"reg:XA-1001"}}
	applied, err := s.at["licensing"].Licensing.SubmitApplication(ctx, &licensingv1.SubmitApplicationRequest{Deal: &licensingv1.DealInput{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: "XB", EndUse: "police equipment",
		Parties: []*transferv1.Party{exporter, consignee}, Lines: []*transferv1.Line{rifles},
	}})
	if err != nil {
		return err
	}
	if err := s.examine(ctx, applied.ApplicationId); err != nil {
		return err
	}
	granted, err := s.at["licensing"].Licensing.GrantLicence(ctx, &licensingv1.GrantLicenceRequest{ApplicationId: applied.ApplicationId})
	if err != nil {
		return err
	}
	s.licence = granted.LicenceId
	s.say("licensing   grants %s: 500 assault rifles to XB (block %d of %s)", s.licence, granted.Receipt.Block, granted.Receipt.Journal)
	return s.arrives(ctx, "customs", queryv1.Table_TABLE_LICENCES, s.licence, func(*queryv1.Row) bool { return true })
}

// examine is what comes before a decision: the parties are screened, Article 6 is checked, the risks of Articles 7 and 11 are
// assessed, and the police are asked.
func (s *storyteller) examine(ctx context.Context, application string) error {
	at := s.at["licensing"]
	screened, err := at.Screening.ScreenSubject(ctx, &screeningv1.ScreenSubjectRequest{Subject: application})
	if err != nil {
		return err
	}
	s.say("licensing   screens the parties of %s (%s)", application, screened.ScreeningId)
	var clear []*licensingv1.ProhibitionFinding
	for _, paragraph := range []string{"6(1)", "6(2)", "6(3)"} {
		clear = append(clear, &licensingv1.ProhibitionFinding{Paragraph: paragraph, Result: licensingv1.GateResult_GATE_RESULT_CLEAR, Reason: "nothing stands against it"})
	}
	if _, err := at.Licensing.CheckProhibitions(ctx, &licensingv1.CheckProhibitionsRequest{ApplicationId: application, Findings: clear}); err != nil {
		return err
	}
	var low []*licensingv1.RiskFinding
	for _, criterion := range []string{"7(1)(a)", "7(1)(b)(i)", "7(1)(b)(ii)", "7(1)(b)(iii)", "7(1)(b)(iv)", "7(4)", "11"} {
		low = append(low, &licensingv1.RiskFinding{Criterion: criterion, Level: licensingv1.Level_LEVEL_LOW, Reason: "nothing is known"})
	}
	if _, err := at.Licensing.AssessRisk(ctx, &licensingv1.AssessRiskRequest{ApplicationId: application, Findings: low}); err != nil {
		return err
	}
	s.say("licensing   finds no prohibition (ATT Article 6) and a low risk (Articles 7 and 11)")
	opened, err := at.Consultation.OpenConsultation(ctx, &licensingv1.OpenConsultationRequest{
		ApplicationId: application, With: []*licensingv1.Addressee{{Agency: "enforcement"}}, Question: "is anything known of the consignee?",
	})
	if err != nil {
		return err
	}
	police := s.at["enforcement"]
	if err := s.arrives(ctx, "enforcement", queryv1.Table_TABLE_CONSULTATIONS, opened.ConsultationId, func(*queryv1.Row) bool { return true }); err != nil {
		return err
	}
	condition := "proof of arrival within 90 days"
	if _, err := police.Opinion.GiveOpinion(ctx, &licensingv1.GiveOpinionRequest{
		ConsultationId: opened.ConsultationId, View: licensingv1.OpinionView_OPINION_VIEW_CONCUR_WITH_CONDITIONS, Conditions: []string{condition},
	}); err != nil {
		return err
	}
	s.say("enforcement is asked (%s) and concurs, on condition of %s", opened.ConsultationId, condition)
	return s.arrives(ctx, "licensing", queryv1.Table_TABLE_OPINIONS, "enforcement/"+opened.ConsultationId, func(*queryv1.Row) bool { return true })
}

func (s *storyteller) declare(ctx context.Context, suffix string, n int64) (string, error) {
	res, err := s.at["customs"].Customs.AcceptDeclaration(ctx, &customsv1.AcceptDeclarationRequest{
		Number: fmt.Sprintf("26XA%s%s", s.licence[len(s.licence)-6:], suffix), Kind: transferv1.Kind_KIND_EXPORT, Office: "XA000101",
		LicenceId: s.licence, Destination: "XB", Parties: []*transferv1.Party{consignee},
		Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, Quantity: pieces(n), Value: &transferv1.Money{Minor: n * 80_000, Currency: "EUR"}}},
	})
	return res.GetDeclarationId(), err
}

func (s *storyteller) ship(ctx context.Context) error {
	declaration, err := s.declare(ctx, "A", 300)
	if err != nil {
		return err
	}
	s.say("customs     accepts %s: 300 of the 500 are reserved", declaration)
	if _, err := s.at["customs"].Customs.ConfirmExit(ctx, &customsv1.ConfirmExitRequest{DeclarationId: declaration}); err != nil {
		return err
	}
	s.say("customs     confirms the exit: 300 are used, 200 are left")
	_, err = s.declare(ctx, "B", 300)
	return s.refused(err, "customs     refuses another 300")
}

// refused says why something was refused; it is an error when it was not.
func (s *storyteller) refused(err error, what string) error {
	var refusal *connect.Error
	if !errors.As(err, &refusal) {
		return fmt.Errorf("%s, but it went through: %w", what, err)
	}
	s.say("%s: %s", what, refusal.Message())
	return nil
}

func (s *storyteller) warn(ctx context.Context) error {
	raised, err := s.at["enforcement"].Enforcement.RaiseAlert(ctx, &enforcementv1.RaiseAlertRequest{
		Stage: enforcementv1.Stage_STAGE_D3_AT_DELIVERY, Priority: enforcementv1.Priority_PRIORITY_URGENT, Item: "assault rifles",
		Parties: []*transferv1.Party{consignee}, LicenceIds: []string{s.licence}, Indicators: []string{"RF10", "RF26"},
		LastKnownLocation: "XBHAR", Addressees: []string{"licensing", "customs"}, Summary: "consignment not seen at the declared place of delivery",
		Handling: &enforcementv1.Handling{},
	})
	if err != nil {
		return err
	}
	s.alert = raised.AlertId
	s.say("enforcement raises %s about the consignee", s.alert)
	for _, agency := range []string{"licensing", "customs"} {
		if err := s.arrives(ctx, agency, queryv1.Table_TABLE_ALERTS, s.alert, func(*queryv1.Row) bool { return true }); err != nil {
			return err
		}
		if _, err := s.at[agency].AlertAnswer.AcknowledgeAlert(ctx, &enforcementv1.AcknowledgeAlertRequest{AlertId: s.alert}); err != nil {
			return err
		}
		s.say("%-11s acknowledges it in its own journal", agency)
	}
	if _, err := s.at["enforcement"].Enforcement.ConfirmAlert(ctx, &enforcementv1.ConfirmAlertRequest{AlertId: s.alert, Evidence: "goods found elsewhere"}); err != nil {
		return err
	}
	s.say("enforcement confirms the diversion")
	return nil
}

func (s *storyteller) suspend(ctx context.Context) error {
	opened, err := s.find(ctx, "licensing", &queryv1.ListRequest{
		Table:  queryv1.Table_TABLE_REASSESSMENTS,
		Filter: &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "alert", Values: []string{s.alert}}}},
	})
	if err != nil {
		return err
	}
	s.say("licensing   has opened %s by itself, as ATT Article 7(7) encourages", opened.GetReassessment().GetId())
	_, err = s.at["licensing"].Licensing.SuspendLicence(ctx, &licensingv1.SuspendLicenceRequest{LicenceId: s.licence, Reason: "diversion confirmed by enforcement"})
	if err != nil {
		return err
	}
	s.say("licensing   suspends %s", s.licence)
	err = s.arrives(ctx, "customs", queryv1.Table_TABLE_LICENCES, s.licence, func(r *queryv1.Row) bool {
		return r.GetLicence().GetStatusReason() != ""
	})
	if err != nil {
		return err
	}
	_, err = s.declare(ctx, "C", 100)
	return s.refused(err, "customs     stops the next consignment")
}

func (s *storyteller) report(ctx context.Context) error {
	year := uint32(s.env.Now().UTC().Year())
	asked, err := s.at["reporting"].Reporting.RequestReturn(ctx, &reportingv1.RequestReturnRequest{
		Year: year, Form: "att-annual-exports", Agencies: []string{"customs"}, Due: timestamppb.New(s.env.Now().AddDate(0, 3, 0)),
	})
	if err != nil {
		return err
	}
	if err := s.arrives(ctx, "customs", queryv1.Table_TABLE_RETURN_REQUESTS, asked.RequestId, func(*queryv1.Row) bool { return true }); err != nil {
		return err
	}
	_, err = s.at["customs"].Return.SubmitReturn(ctx, &reportingv1.SubmitReturnRequest{
		RequestId: asked.RequestId, Figures: []*reportingv1.Figure{{Row: "ML1.a", Destination: "XB", Lines: 1, Value: 24_000_000, Currency: "EUR"}},
	})
	if err != nil {
		return err
	}
	s.say("reporting   asks for the return of %d; customs submits it", year)
	return nil
}

// arrives returns once an agency's own ledger has the row as wanted.
func (s *storyteller) arrives(ctx context.Context, agency string, table queryv1.Table, id string, wanted func(*queryv1.Row) bool) error {
	return s.until(ctx, agency, func(ctx context.Context) (bool, error) {
		res, err := s.at[agency].Query.Get(ctx, &queryv1.GetRequest{Table: table, Id: id})
		if connect.CodeOf(err) == connect.CodeNotFound {
			return false, nil
		}
		return err == nil && wanted(res.GetRow()), err
	})
}

// find returns the first row of a list once there is one.
func (s *storyteller) find(ctx context.Context, agency string, req *queryv1.ListRequest) (row *queryv1.Row, err error) {
	err = s.until(ctx, agency, func(ctx context.Context) (bool, error) {
		res, err := s.at[agency].Query.List(ctx, req)
		if len(res.GetRows()) > 0 {
			row = res.Rows[0]
		}
		return row != nil, err
	})
	return row, err
}

// until asks again after each event that the agency's ledger folds.
func (s *storyteller) until(ctx context.Context, agency string, met func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, arrival)
	defer cancel()
	stream, err := s.at[agency].Query.Watch(ctx, &queryv1.WatchRequest{Token: "now"})
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		if _, err := stream.Receive(); err != nil { // the first message comes at once
			return fmt.Errorf("wait for %s: %w", agency, err)
		}
		if ok, err := met(ctx); ok || err != nil {
			return err
		}
	}
}
