package measure_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/reporting/measure"
)

const alertID = "enforcement/D-2026-000001"

var (
	consignee = &transferv1.Party{Role: transferv1.Role_ROLE_CONSIGNEE, Name: "Harbour Trading XB", Country: "XB", Identifiers: []string{"vat:XB-4471-90"}, Address: "Quay 7, Northport"}
	granted   = &licensingv1.LicenceGranted{LicenceId: "licensing/L-2026-000001", Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}, Parties: []*transferv1.Party{consignee},
		Lines:     []*transferv1.Line{{Number: 1, Rating: "ML1.a", Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS, Row: "VIII small arms 4"}, {Number: 2, Rating: "ML3.a"}},
		Documents: []*licensingv1.Document{{Kind: "end_user_certificate", Number: "EUC 5"}}, ShipmentId: "6XA-SHIP-77",
	}}
	accepted = &customsv1.DeclarationAccepted{
		DeclarationId: "customs/26XA0001", Number: "26XA0001", LicenceId: "licensing/L-2026-000001",
		Parties:     []*transferv1.Party{{Role: transferv1.Role_ROLE_CARRIER, Name: "Slow Ships"}},
		Items:       []*customsv1.Item{{Number: 1, Serials: []*transferv1.Serials{{Serials: []string{"KA-12340"}, Lot: "LOT-9"}}}},
		Consignment: &customsv1.Consignment{Containers: []string{"CSQU3054383"}, Transport: &customsv1.Transport{Name: "Northern Star", Identity: "imo:9319466"}},
	}
	raised = &enforcementv1.DiversionAlertRaised{
		AlertId: alertID, Stage: enforcementv1.Stage_STAGE_D2_IN_TRANSIT, Type: "undeclared_port", Priority: enforcementv1.Priority_PRIORITY_URGENT, Item: "40 rifles KA-12340",
		Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_CARRIER, Name: "unknown"}}, DeclarationIds: []string{"customs/26XA0001"},
		Indicators: []string{"RF11"}, LastKnownLocation: "XCABC", Summary: "Harbour Trading XB off-loaded elsewhere", Patterns: []string{"trafficking_route"},
		OccurredFrom: timestamppb.New(ledgertest.Start.AddDate(0, 0, -20)),
	}
	confirmed = &enforcementv1.AlertConfirmed{AlertId: alertID, Evidence: "seen"}
	closed    = &enforcementv1.AlertClosed{AlertId: alertID, Outcome: "the goods were seized", Lessons: "ask for the track of the vessel", ForReport: true}
	history   = []proto.Message{granted, accepted, raised}
	acted     = ledgertest.By("customs", &enforcementv1.AlertActed{ActionId: "customs/AA-1", AlertId: alertID, Action: "goods_seized", Text: "at Quay 7, from Harbour Trading XB"})
	answered  = ledgertest.By("licensing", &enforcementv1.AlertAcknowledged{AlertId: alertID, Note: "Slow Ships again"})
	whole     = append(history[:3:3], acted, answered, confirmed, closed)

	drafted = &reportingv1.Measure{
		Title: "Measure against diversion: off-loading at an undeclared port, in transit or trans-shipment", Date: "2025-12-26", Categories: []string{"VIII small arms 4"},
		Stage: "d2_in_transit", Method: "off-loading at an undeclared port; international trafficking route", DetectedBy: "abnormal route for product and destination",
		Taken: "goods seized", Result: "the goods were seized", Lessons: "ask for the track of the vessel", Agencies: []string{"customs", "enforcement", "licensing"},
	}
	command = &reportingv1.ReportMeasureRequest{
		Particulars: &eventv1.Particulars{OccurredAt: timestamppb.New(ledgertest.Start.AddDate(0, 1, 0))}, AlertId: alertID,
		Measure: with(drafted, func(m *reportingv1.Measure) { m.Release = reportingv1.ReleaseClass_RELEASE_CLASS_PUBLIC }),
	}
)

func with[M proto.Message](m M, change func(M)) M {
	m = proto.CloneOf(m)
	change(m)
	return m
}

func TestDraft(t *testing.T) {
	got, err := measure.Draft(ledgertest.GivenAs(t, "reporting", whole...), alertID)
	if diff := cmp.Diff(&reportingv1.DraftMeasureResponse{Measure: drafted}, got, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("Draft: %v\n%s", err, diff)
	}
}

// names are what no measure for others has, as people may write it.
var names = []string{
	"Harbour Trading XB", "HARBOUR  TRADING (XB)", "XB-4471-90", "xb447190", "Quay 7, Northport", "EUC 5", "6XA-SHIP-77", "26XA0001", "Slow Ships", "KA-12340", "ka12340",
	"lot-9", "CSQU 305438 3", "Northern Star", "9319466", "licensing/L-2026-000001", alertID,
}

// What is drafted of an alert names nobody, whatever was written when it was closed.
func TestDraftNamesNobody(t *testing.T) {
	for _, name := range names {
		ended := with(closed, func(c *enforcementv1.AlertClosed) {
			c.Outcome, c.Lessons = "it was "+name+", in the end", "ask "+name+"."
		})
		got, err := measure.Draft(ledgertest.GivenAs(t, "reporting", append(history[:3:3], acted, answered, confirmed, ended)...), alertID)
		if err != nil {
			t.Fatal(err)
		}
		if m := got.GetMeasure(); m.GetResult() != "" || m.GetLessons() != "" || len(got.GetLeftOut()) != 2 {
			t.Errorf("%s: %v", name, got)
		}
		text := strings.ToLower(prototext.Format(got))
		for _, name := range names {
			if strings.Contains(text, strings.ToLower(name)) {
				t.Errorf("%s stands in %s", name, text)
			}
		}
	}
}

func TestReport(t *testing.T) {
	of := func(change func(*reportingv1.Measure)) *reportingv1.ReportMeasureRequest {
		return with(command, func(c *reportingv1.ReportMeasureRequest) { change(c.Measure) })
	}
	fact := &reportingv1.MeasureReported{MeasureId: "reporting/M-2026-000001", AlertId: alertID, Measure: command.Measure}
	cases := of(func(m *reportingv1.Measure) {
		m.Release, m.Taken = reportingv1.ReleaseClass_RELEASE_CLASS_CASE_EXCHANGE, "seized from Harbour Trading XB"
	})
	tests := []struct {
		name    string
		given   []proto.Message
		command *reportingv1.ReportMeasureRequest
		want    []proto.Message
		wantErr error
		says    string
	}{
		{"of a closed alert", whole, command, []proto.Message{fact}, nil, ""},
		{"the same again", append(whole[:7:7], fact), command, nil, nil, ""},
		{"more of it", append(whole[:7:7], fact), of(func(m *reportingv1.Measure) { m.Lessons = "others" }), []proto.Message{
			with(fact, func(f *reportingv1.MeasureReported) {
				f.MeasureId, f.Measure.Lessons = "reporting/M-2026-000002", "others"
			}),
		}, nil, ""},
		{"for the exchange of cases, with a name", whole, cases, []proto.Message{&reportingv1.MeasureReported{MeasureId: "reporting/M-2026-000001", AlertId: alertID, Measure: cases.Measure}}, nil, ""},
		{"for others, with a name", whole, of(func(m *reportingv1.Measure) { m.Taken, m.Title = "seized from harbour trading xb", "KA 12340" }), nil, fault.Invalid, "title, taken of the measure"},
		{"of an alert that is not here", history[:2], command, nil, fault.NotFound, "counterfoil list alerts"},
		{"of an open alert", history, command, nil, fault.Precondition, "counterfoil alert confirm " + alertID},
		{"of a confirmed alert", append(history[:3:3], confirmed), command, nil, fault.Precondition, "counterfoil alert close " + alertID},
		{"of an alert of which nothing is told", append(history[:3:3], confirmed, with(closed, func(c *enforcementv1.AlertClosed) { c.ForReport = false })), command, nil, fault.Precondition, "without letting it"},
		{"of a day that is none", whole, of(func(m *reportingv1.Measure) { m.Date = "2026-02-30" }), nil, fault.Invalid, ""},
		{"of a day to come", whole, of(func(m *reportingv1.Measure) { m.Date = "2027-02-01" }), nil, fault.Invalid, ""},
		{"at a stage that is none", whole, of(func(m *reportingv1.Measure) { m.Stage = "D2" }), nil, fault.Invalid, "d2_in_transit"},
		{"without a release", whole, of(func(m *reportingv1.Measure) { m.Release = 0 }), nil, fault.Invalid, ""},
		{"without what was done", whole, of(func(m *reportingv1.Measure) { m.Taken = " " }), nil, fault.Invalid, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := measure.Report(ledgertest.GivenAs(t, "reporting", tt.given...), tt.command)
			for i, f := range got {
				if dated, ok := f.(ledger.Dated); ok {
					got[i] = dated.Message
					if dated.Group != "all" { // the alert's
						t.Errorf("recorded for %q", dated.Group)
					}
				}
			}
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || !errors.Is(err, tt.wantErr) || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Report: %v, want %v\n%s", err, tt.wantErr, diff)
			}
		})
	}
}

func TestAnyCommand(t *testing.T) {
	anycommand.Check(t, "reporting", whole, []string{alertID, "Slow Ships", "d2_in_transit", "2026-01-01"}, map[string]anycommand.Rule{
		"report": anycommand.Of(measure.Report, command),
	})
}
