package lab_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report/setup"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// national leaves answers, a measure, and a request that was answered.
func (r rehearsed) national(licence string) {
	r.do("reporting", &reportingv1.RecordAnswersRequest{Questionnaire: "att-initial", Answers: []*reportingv1.Answer{
		{Question: "A1.1", Choice: "yes", Agency: "licensing", Audience: reportingv1.Audience_AUDIENCE_PUBLIC},
	}})
	alert := r.do("enforcement", &enforcementv1.RaiseAlertRequest{
		Stage: enforcementv1.Stage_STAGE_D3_AT_DELIVERY, Priority: enforcementv1.Priority_PRIORITY_ROUTINE, Item: "assault rifles", Parties: []*transferv1.Party{consignee},
		LicenceIds: []string{licence}, Indicators: []string{"RF10"}, LastKnownLocation: "XBHAR", Addressees: []string{"licensing"}, Handling: &enforcementv1.Handling{},
	})
	r.do("enforcement", &enforcementv1.RefuteAlertRequest{AlertId: alert, Reason: "found"})
	r.do("enforcement", &enforcementv1.CloseAlertRequest{AlertId: alert, Outcome: "found at the harbour", Lessons: "ask Harbour Trading XB first", ForReport: true})
	api := reportingv1connect.NewNationalServiceClient(client(r.node("reporting"), tokenOf(r.T, r.node("reporting"))))
	draft, err := api.DraftMeasure(r.Context(), &reportingv1.DraftMeasureRequest{AlertId: alert})
	if err != nil || draft.Measure.Result != "found at the harbour" || draft.Measure.Lessons != "" || len(draft.LeftOut) != 1 {
		r.Fatalf("drafted %v, %v", draft, err)
	}
	draft.Measure.Release, draft.Measure.Taken = reportingv1.ReleaseClass_RELEASE_CLASS_PUBLIC, "asked at the harbour"
	r.do("reporting", &reportingv1.ReportMeasureRequest{AlertId: alert, Measure: draft.Measure})
	request := r.do("reporting", &reportingv1.OpenPublicRequestRequest{From: "parliament", Text: "which exports went to XB?", Due: timestamppb.New(inTwoYears)})
	r.do("reporting", &reportingv1.AnswerPublicRequestRequest{RequestId: request, Text: "those of the report", Redactions: []*reportingv1.Redaction{{What: "values", Ground: "Arms Act, section 12"}}})
}

// setupHasNoCase looks for every id and party of every case in the exported set-up, and adopts its policies in a second lab.
func (r rehearsed) setupHasNoCase() {
	n := r.node("reporting")
	res, err := reportingv1connect.NewNationalServiceClient(client(n, tokenOf(r.T, n))).ExportSetup(r.Context(), &reportingv1.ExportSetupRequest{})
	if err != nil {
		r.Fatal(err)
	}
	file := string(res.File)
	found := 0
	for _, of := range r.lab.Agencies {
		if err := of.Node.Ledger.View(func(v ledger.View) error {
			for _, value := range caseValues(r, v) {
				if found++; strings.Contains(file, value) {
					r.Errorf("%s stands in the set-up", value)
				}
			}
			return nil
		}); err != nil {
			r.Fatal(err)
		}
	}
	if found < 300 {
		r.Errorf("only %d ids and parties were looked for", found)
	}
	s, err := setup.Parse("setup", res.File)
	if err != nil || len(s.Policies) != 3 || len(s.Groups) != len(r.plan.Groups) || len(s.Agencies) != len(r.plan.Agencies) {
		r.Fatalf("the set-up has %d policies, %d groups and %d agencies: %v", len(s.Policies), len(s.Groups), len(s.Agencies), err)
	}
	r.adoptElsewhere(s.Policies)
}

// directoryTables have no case in them.
var directoryTables = []queryv1.Table{
	queryv1.Table_TABLE_AGENCIES, queryv1.Table_TABLE_GROUPS, queryv1.Table_TABLE_POLICIES, queryv1.Table_TABLE_CALENDARS, queryv1.Table_TABLE_PROCEDURES,
}

// caseValues are the ids of all rows of a ledger but the directory's, and the names and identifiers of all parties.
func caseValues(r rehearsed, v ledger.View) (values []string) {
	for number := range queryv1.Table_name {
		table := queryv1.Table(number)
		if table == queryv1.Table_TABLE_UNSPECIFIED || slices.Contains(directoryTables, table) {
			continue
		}
		rows, _, err := v.List(table, nil, "", 1000)
		if err != nil {
			continue // events are no rows
		}
		for _, row := range rows {
			of := row.ProtoReflect()
			field := of.WhichOneof(of.Descriptor().Oneofs().Get(0))
			message := of.Get(field).Message()
			values = append(append(values, message.Get(message.Descriptor().Fields().ByName("id")).String()), partiesIn(message)...)
		}
	}
	return values
}

// partiesIn are the names and identifiers of parties anywhere in a message.
func partiesIn(m protoreflect.Message) (values []string) {
	if p, ok := m.Interface().(*transferv1.Party); ok {
		return append(slices.Clone(p.GetIdentifiers()), p.GetName())
	}
	m.Range(func(f protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case f.Message() == nil || f.IsMap():
		case f.IsList():
			for i := range value.List().Len() {
				values = append(values, partiesIn(value.List().Get(i).Message())...)
			}
		default:
			values = append(values, partiesIn(value.Message())...)
		}
		return true
	})
	return values
}

// adoptElsewhere adopts policies in a lab of the same agencies that has none.
func (r rehearsed) adoptElsewhere(policies []setup.Policy) {
	text, err := os.ReadFile(filepath.Join("testdata", "rehearsal.yaml"))
	if err != nil {
		r.Fatal(err)
	}
	without, _, _ := strings.Cut(string(text), "policies:")
	path := filepath.Join(r.TempDir(), "plan.yaml")
	if err := os.WriteFile(path, []byte(without), 0o600); err != nil {
		r.Fatal(err)
	}
	plan, err := lab.ReadPlan(path)
	if err != nil {
		r.Fatal(err)
	}
	second := startPlan(r.T, lab.Folder(r.TempDir()), plan, lab.Options{})
	for _, p := range policies {
		res, err := operator(r.T, second).AdoptPolicy(r.Context(), &directoryv1.AdoptPolicyRequest{Policy: &directoryv1.PolicyAdopted{PolicyId: p.Policy, Content: []byte(p.Content)}})
		if err != nil || res.GetReceipt().GetEvents() != 1 {
			r.Errorf("adopt %s in a second lab: %v, %v", p.Policy, res, err)
		}
	}
}
