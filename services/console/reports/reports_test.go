package reports

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

var now = time.Date(2026, 11, 26, 13, 0, 0, 0, time.UTC)

func request(id, form string, year uint32, due time.Time, agencies ...string) *queryv1.Row {
	return &queryv1.Row{Row: &queryv1.Row_ReturnRequest{ReturnRequest: &ledgerv1.ReturnRequest{
		Id: id, Requested: &reportingv1.AgencyReturnRequested{RequestId: id, Form: form, Year: year, Agencies: agencies, Due: timestamppb.New(due)},
	}}}
}

func submission(agency, request string, none bool) *queryv1.Row {
	return &queryv1.Row{Row: &queryv1.Row_ReturnSubmission{ReturnSubmission: &ledgerv1.ReturnSubmission{
		Id: agency + "/" + request, RequestId: request, Agency: agency, Submitted: &reportingv1.AgencyReturnSubmitted{RequestId: request, Nil: none},
	}}}
}

func TestWhoWasAsked(t *testing.T) {
	list := asked([]*queryv1.Row{
		request("reporting/Q-1", "att-annual", 2025, now.AddDate(0, 0, -1), "licensing", "customs"),
		request("reporting/Q-2", "att-annual", 2026, now.AddDate(0, 1, 0), "customs"),
		request("reporting/Q-3", "att-annual", 2025, now.AddDate(0, 2, 0), "customs"),
	}, []*queryv1.Row{submission("customs", "reporting/Q-2", true), submission("customs", "reporting/Q-1", false)}, "customs", now)
	var got []string
	for _, a := range list {
		got = append(got, strings.Join([]string{a.Request, a.Agency, a.State}, " "))
	}
	want := []string{"reporting/Q-1 licensing overdue", "reporting/Q-3 customs awaited", "reporting/Q-2 customs nil", "reporting/Q-1 customs taken-over"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if other := asked([]*queryv1.Row{request("reporting/Q-1", "att-annual-exports", 2025, now, "customs")}, nil, "customs", now); other[0].Drawn || !list[1].Drawn {
		t.Errorf("figures are drawn for a form that is not known: %v, for the annual report: %v", other[0].Drawn, list[1].Drawn)
	}
	if list[0].Own || !list[1].Own {
		t.Errorf("own returns are %v and %v", list[0].Own, list[1].Own)
	}
}

// askedWrongly is a rule that takes an answer to an earlier request for one to the last.
func askedWrongly(requests, submissions []*queryv1.Row, own string, now time.Time) []askedReturn {
	list := asked(requests, submissions, own, now)
	for i := range list {
		if list[i].State == "taken-over" && list[i].Submitted != nil {
			list[i].State = "submitted"
		}
	}
	return list
}

// Of the requests to an agency for a form and year exactly one counts, the last; nobody who was asked is left out; and what is waited for
// stands before all else.
func oneCounts(t rapid.TB, rule func(requests, submissions []*queryv1.Row, own string, now time.Time) []askedReturn, requests, submissions []*queryv1.Row) bool {
	counted, wanted, closed := map[string]int{}, 0, false
	for _, r := range requests {
		wanted += len(r.GetReturnRequest().GetRequested().GetAgencies())
	}
	list := rule(requests, submissions, "customs", now)
	for _, a := range list {
		if a.State != "taken-over" {
			counted[a.Agency+a.Form+time.Unix(int64(a.Year), 0).String()]++
		}
		if a.Open() && closed {
			return false
		}
		closed = closed || !a.Open()
	}
	for _, n := range counted {
		if n != 1 {
			return false
		}
	}
	return len(list) == wanted
}

func history(t *rapid.T) (requests, submissions []*queryv1.Row) {
	agencies := rapid.SampledFrom([][]string{{"customs"}, {"licensing"}, {"customs", "licensing"}})
	for i := range rapid.IntRange(1, 6).Draw(t, "requests") {
		id := "reporting/Q-" + string(rune('1'+i))
		to := agencies.Draw(t, "agencies")
		requests = append(requests, request(id, "att-annual", uint32(rapid.IntRange(2025, 2026).Draw(t, "year")), now.AddDate(0, 0, rapid.IntRange(-3, 3).Draw(t, "due")), to...))
		for _, agency := range to {
			if rapid.Bool().Draw(t, "submitted") {
				submissions = append(submissions, submission(agency, id, rapid.Bool().Draw(t, "nil")))
			}
		}
	}
	return requests, submissions
}

func TestOneRequestCounts(t *testing.T) {
	caught := false
	rapid.Check(t, func(t *rapid.T) {
		requests, submissions := history(t)
		if !oneCounts(t, asked, requests, submissions) {
			t.Fatalf("%v with %v came to %v", requests, submissions, asked(requests, submissions, "customs", now))
		}
		caught = caught || !oneCounts(t, askedWrongly, requests, submissions)
	})
	if !caught {
		t.Error("a rule that counts answers to earlier requests was not found out")
	}
}

func TestAnswersToADraft(t *testing.T) {
	r := &ledgerv1.Report{Id: "reporting/att-annual-2026.1", Circulated: []*reportingv1.DraftCirculated{
		{Draft: 1, Agencies: []string{"enforcement"}}, {Draft: 2, Agencies: []string{"licensing", "customs"}}, {Draft: 2, Agencies: []string{"customs", "enforcement"}},
	}}
	given := []*queryv1.Row{
		{Row: &queryv1.Row_DraftAnswer{DraftAnswer: &ledgerv1.DraftAnswer{Agency: "licensing", Answered: &reportingv1.DraftAnswered{ReportId: r.Id, Draft: 1, Approved: true}}}},
		{Row: &queryv1.Row_DraftAnswer{DraftAnswer: &ledgerv1.DraftAnswer{Agency: "customs", Answered: &reportingv1.DraftAnswered{ReportId: r.Id, Draft: 2, Text: "incomplete"}}}},
		{Row: &queryv1.Row_DraftAnswer{DraftAnswer: &ledgerv1.DraftAnswer{Agency: "enforcement", Answered: &reportingv1.DraftAnswered{ReportId: r.Id, Draft: 2, Approved: true}}}},
	}
	var got []string
	for _, a := range answersTo(r, 2, given) {
		got = append(got, a.Agency+" "+a.Key())
	}
	if diff := cmp.Diff([]string{"licensing reports.awaited", "customs reports.objects", "enforcement field.approved"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestDueStepsComeInOrder(t *testing.T) {
	on := func(name, date string, legal bool, state reportingv1.StepState) step {
		return step{CalendarStep: &reportingv1.CalendarStep{Step: name, Date: date, Legal: legal, State: state}}
	}
	due := dueOf([]step{
		on("ahead", "2026-01-01", true, reportingv1.StepState_STEP_STATE_AHEAD), on("soon", "2026-12-01", false, reportingv1.StepState_STEP_STATE_SOON),
		on("informal", "2026-05-31", false, reportingv1.StepState_STEP_STATE_OVERDUE), on("legal", "2026-05-31", true, reportingv1.StepState_STEP_STATE_OVERDUE),
		on("done", "2026-02-01", true, reportingv1.StepState_STEP_STATE_DONE),
	})
	var got []string
	for _, s := range due {
		got = append(got, s.GetStep())
	}
	if diff := cmp.Diff([]string{"legal", "informal", "soon"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestShapesOfAReport(t *testing.T) {
	first := &ledgerv1.Report{Id: "reporting/att-annual-2026.1", Opened: &reportingv1.ReportOpened{Revision: 1}, Drafts: []*reportingv1.ReportDrafted{{}, {}}, Frozen: &reportingv1.ReportFrozen{Draft: 2}}
	second := &ledgerv1.Report{Id: "reporting/att-annual-2026.2", Opened: &reportingv1.ReportOpened{Revision: 2}}
	e := &edition{
		Content: &reportingv1.Content{Title: &reportingv1.Title{Report: "att-annual", Year: 2026}},
		Which:   &reportingv1.Which{ReportId: first.Id}, Draft: 2, Frozen: true,
	}
	list, record := others(e, []*ledgerv1.Report{second, first})
	want := []other{
		{Named: "att-annual/2026", Path: "/reports/att-annual/2026", Live: true},
		{Named: first.Id + "#1", Path: "/reports/" + first.Id + "?draft=1"},
		{Named: first.Id + "#2", Path: "/reports/" + first.Id + "?draft=2", Frozen: true, On: true},
	}
	if diff := cmp.Diff(want, list); diff != "" || record != first {
		t.Errorf("record %v\n%s", record, diff)
	}
	e.Which, e.Live = &reportingv1.Which{Report: "att-annual", Year: 2026}, true
	if list, record := others(e, []*ledgerv1.Report{second, first}); record != second || !list[0].On {
		t.Errorf("as its facts stand it is %v of %v", list, record)
	}
}

func TestRowByItsContributions(t *testing.T) {
	amounts := &reportingv1.Amounts{Licences: 1}
	e := &edition{Content: &reportingv1.Content{
		Tables: []*reportingv1.TableHead{{Table: "exports"}},
		Rows: []*reportingv1.Row{{Id: "9cd9c583323c", Table: "exports", Contributions: []*reportingv1.Contribution{
			{Subject: "licensing/L-1#1", Journal: "licensing/all", Events: []uint64{1, 3}, Amounts: amounts},
		}}},
	}}
	got, err := byContributions(e, "9cd9c583323c.licences")
	want := &reportingv1.ExplainFigureResponse{Row: e.Rows[0], Measure: "licences", Table: e.Tables[0], Count: 2, Sources: []*reportingv1.Source{
		{Subject: "licensing/L-1#1", Journal: "licensing/all", Number: 1, Amounts: amounts}, {Subject: "licensing/L-1#1", Journal: "licensing/all", Number: 3},
	}}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if _, err := byContributions(e, "exports"); err == nil {
		t.Error("a whole table is explained where that is not served")
	}
}

func TestSeveralFilesAreOne(t *testing.T) {
	files := []*reportingv1.ExportedFile{{Name: "att-annual-2026-public-fr-exports.csv", Data: []byte("a")}, {Name: "att-annual-2026-public-fr-imports.csv", Data: []byte("b")}}
	name, data, err := packed(files, "csv")
	if err != nil || name != "att-annual-2026-public-fr-csv.zip" {
		t.Fatalf("%s, %v", name, err)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(z.File) != 2 || z.File[1].Name != files[1].Name {
		t.Errorf("%v, %v", z, err)
	}
	if name, data, err := packed(files[:1], "csv"); err != nil || name != files[0].Name || string(data) != "a" {
		t.Errorf("%s: %q, %v", name, data, err)
	}
	if _, _, err := packed(nil, "svg"); err == nil {
		t.Error("nothing was packed")
	}
}

func TestMeasuresInWords(t *testing.T) {
	for measure, want := range map[string]string{"licences": "1500", "licensed EUR": "15.00 EUR", "quantity H87": "1.5 H87", "value JPY": "1500 JPY"} {
		if got := measured(measure, 1500); got != want {
			t.Errorf("%s: %s, want %s", measure, got, want)
		}
	}
}

func FuzzParsePercent(f *testing.F) {
	for _, s := range []string{"", "5", "0.5%", "100", "100.1", "-1", "5 %", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := parsePercent(text); err == nil && n > 1000 {
			t.Errorf("%q is %d thousandths", text, n)
		}
	})
}

func FuzzParseRedactions(f *testing.F) {
	for _, s := range []string{"values = Arms Act, section 12", "a=b\nc=d\n\n", "=", "x", "a=b=c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseRedactions(text)
		if err != nil {
			return
		}
		for _, r := range list {
			if r.What == "" || r.Ground == "" || strings.ContainsAny(r.What+r.Ground, "\n") {
				t.Errorf("%q has %v", text, r)
			}
		}
	})
}
