package duedates_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/duedates"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

const wholeYear = `  - report: att-annual
    owner: reporting
    role: compiler
    contributors: [customs, licensing]
    approvers: [customs, licensing]
    steps:
      - {step: open, day: 01-15}
      - {step: return, day: 02-28, remind: [21, 7], role: clerk}
      - {step: reconcile, day: 03-31}
      - {step: circulate, day: 04-15}
      - {step: approve, day: 04-30}
      - {step: freeze, day: 05-15}
      - {step: submit, day: 05-31, legal: true, source: ATT Article 13(3)}
      - {step: publish, day: 06-30}
      - {step: thank, day: 07-15}
  - {report: att-initial, owner: reporting, once: true, first_year: 2026, steps: [{step: submit, day: 09-30}]}
  - {report: iti, owner: customs, every_years: 2, first_year: 2026, steps: [{step: open, day: 02-01}, {step: submit, day: 03-31}, {step: publish, day: 04-30}]}
  - {report: diversion-measures, owner: customs, steps: [{step: submit, day: 11-15}]}
`

const reportID = "reporting/att-annual-2026.1"

var procedureOfYear = adopted("valid_from: 2026-01-01\nin_force: 2014-12-24\n", wholeYear)

// on has a fact be true at noon of a day.
func on(t *testing.T, date string, fact proto.Message) proto.Message {
	return ledgertest.At(day(t, date).Add(12*time.Hour), fact)
}

// What is done when: each line adds a fact to the year, and says which steps are done then, with the day. Steps of two agencies are told
// apart by a slash.
func TestDone(t *testing.T) {
	answer := func(draft uint32, approved bool) proto.Message {
		return ledgertest.By("customs", &reportingv1.DraftAnswered{ReportId: reportID, Draft: draft, Approved: approved})
	}
	request := func(id string, agencies ...string) *reportingv1.AgencyReturnRequested {
		return &reportingv1.AgencyReturnRequested{RequestId: "reporting/" + id, Form: "att-annual", Year: 2026, Agencies: agencies}
	}
	returned := func(agency, id string) proto.Message {
		return ledgertest.By(agency, &reportingv1.AgencyReturnSubmitted{RequestId: "reporting/" + id, Nil: true})
	}
	story := []struct {
		date string
		fact proto.Message // nil: nothing
		want string
	}{
		{"2027-01-01", nil, ""},
		{"2027-01-02", &reportingv1.AgencyReturnRequested{RequestId: "reporting/Q-0", Form: "un-register", Year: 2026, Agencies: []string{"customs"}}, ""},
		{"2027-01-10", request("Q-1", "customs", "licensing"), "open:01-10"},
		{"2027-02-01", ledgertest.By("customs", &reportingv1.AgencyReturnSubmitted{RequestId: "reporting/Q-0", Nil: true}), "open:01-10"},
		{"2027-02-02", returned("customs", "Q-1"), "open:01-10 return/customs:02-02"},
		{"2027-02-03", returned("licensing", "Q-1"), "open:01-10 return/customs:02-02 return/licensing:02-03"},
		{"2027-02-20", request("Q-2", "licensing"), "open:01-10 return/customs:02-02"}, // corrections are asked for
		{"2027-03-01", returned("licensing", "Q-2"), "open:01-10 return/customs:02-02 return/licensing:03-01"},
		{"2027-03-05", &reportingv1.DifferenceFound{DifferenceId: "reporting/DF-1", Difference: &reportingv1.Difference{Year: 2026}}, "open return/customs return/licensing"},
		{"2027-03-20", &reportingv1.DifferenceClosed{DifferenceId: "reporting/DF-1"}, "open reconcile:03-20 return/customs return/licensing"},
		{"2027-04-10", &reportingv1.ReportOpened{ReportId: reportID, Report: "att-annual", Year: 2026, Revision: 1}, "open reconcile return/customs return/licensing"},
		{"2027-04-11", &reportingv1.ReportDrafted{ReportId: reportID, Draft: 1}, "open reconcile return/customs return/licensing"},
		{"2027-04-12", &reportingv1.DraftCirculated{ReportId: reportID, Draft: 1, Agencies: []string{"customs", "licensing"}}, "circulate:04-12 open reconcile return/customs return/licensing"},
		{"2027-04-13", answer(1, false), "circulate open reconcile return/customs return/licensing"},
		{"2027-04-14", answer(1, true), "approve/customs:04-14 circulate open reconcile return/customs return/licensing"},
		{"2027-04-20", &reportingv1.ReportDrafted{ReportId: reportID, Draft: 2}, "approve/customs:04-14 circulate open reconcile return/customs return/licensing"},
		{"2027-04-21", &reportingv1.DraftCirculated{ReportId: reportID, Draft: 2, Agencies: []string{"customs", "licensing"}}, "circulate:04-12 open reconcile return/customs return/licensing"},
		{"2027-04-25", answer(2, true), "approve/customs:04-25 circulate open reconcile return/customs return/licensing"},
		{"2027-05-10", &reportingv1.ReportFrozen{ReportId: reportID, Draft: 2, Without: []string{"licensing"}}, "approve/customs:04-25 approve/licensing:05-10 circulate freeze:05-10 open reconcile return/customs return/licensing"},
		{"2027-05-29", &reportingv1.ReportSubmitted{ReportId: reportID, Audience: reportingv1.Audience_AUDIENCE_STATES_PARTIES, At: timestamppb.New(day(t, "2027-05-28"))}, "approve/customs approve/licensing circulate freeze open reconcile return/customs return/licensing submit:05-28"},
		{"2027-06-02", &reportingv1.ReportSubmitted{ReportId: reportID, Audience: reportingv1.Audience_AUDIENCE_PUBLIC, At: timestamppb.New(day(t, "2027-06-01"))}, "approve/customs approve/licensing circulate freeze open publish:06-01 reconcile return/customs return/licensing submit:05-28"},
		{"2027-06-20", &reportingv1.ReportOpened{ReportId: "reporting/att-annual-2026.2", Report: "att-annual", Year: 2026, Revision: 2, Revises: reportID}, "approve/customs approve/licensing circulate freeze open publish reconcile return/customs return/licensing submit"},
		{"2027-07-01", &reportingv1.StepDone{StepId: "reporting/att-annual-2026-thank-reporting", Report: "att-annual", Year: 2026, Step: "thank", Agency: "reporting"}, "approve/customs approve/licensing circulate freeze open publish reconcile return/customs return/licensing submit thank:07-01"},
	}
	facts := []proto.Message{procedureOfYear}
	for _, s := range story {
		if s.fact != nil {
			facts = append(facts, on(t, s.date, s.fact))
		}
		got := doneOf(t, facts, "att-annual")
		for i, word := range strings.Fields(s.want) { // a day that a line does not say is told before
			if !strings.Contains(word, ":") && i < len(got) {
				got[i], _, _ = strings.Cut(got[i], ":")
			}
		}
		if have := strings.Join(got, " "); have != s.want {
			t.Errorf("after %s, %T:\n have %s\n want %s", s.date, s.fact, have, s.want)
		}
	}
}

// doneOf are the steps of a report of 2026 that are done, each with its day, in order.
func doneOf(t *testing.T, facts []proto.Message, report string) (list []string) {
	t.Helper()
	view := given(t, facts...)
	dates, err := duedates.Of(view, report, 2026)
	if err != nil || len(dates) == 0 {
		t.Fatalf("%v, %v", dates, err)
	}
	record, owing := duedates.NewRecord(view), map[string]int{}
	for _, d := range dates {
		owing[d.Step.GetStep()]++
	}
	for _, d := range dates {
		at, err := record.Done(d)
		if err != nil {
			t.Fatal(err)
		}
		if at == nil {
			continue
		}
		name := d.Step.GetStep()
		if owing[name] > 1 {
			name += "/" + d.Agency
		}
		list = append(list, name+":"+at.AsTime().Format("01-02"))
	}
	slices.Sort(list)
	return list
}

// Reports in words are submitted by what they rest on: of one that comes again, what was recorded in the years that it stands for.
func TestDoneInWords(t *testing.T) {
	answers := func(questionnaire string) proto.Message {
		return &reportingv1.AnswersRecorded{AnswersId: "reporting/" + questionnaire + ".1", Questionnaire: questionnaire, Version: 1}
	}
	measure := &reportingv1.MeasureReported{MeasureId: "reporting/M-1", Measure: &reportingv1.Measure{Title: "seals"}}
	for name, tt := range map[string]struct {
		report, date string
		fact         proto.Message
		want         string
	}{
		"answers, once":                     {"att-initial", "2025-03-01", answers("att-initial"), "submit:03-01"},
		"answers to another":                {"att-initial", "2025-03-01", answers("iti"), ""},
		"answers in the year":               {"iti", "2027-02-03", answers("iti"), "submit:02-03"},
		"answers in the second year":        {"iti", "2028-12-30", answers("iti"), "submit:12-30"},
		"answers for the next":              {"iti", "2029-01-02", answers("iti"), ""},
		"answers for the one before":        {"iti", "2026-12-30", answers("iti"), ""},
		"a return was asked for":            {"iti", "2027-01-05", &reportingv1.AgencyReturnRequested{RequestId: "reporting/Q-1", Form: "iti", Year: 2026, Agencies: []string{"customs"}}, "open:01-05"},
		"a measure":                         {"diversion-measures", "2027-06-01", measure, "submit:06-01"},
		"a measure of the year before":      {"diversion-measures", "2026-06-01", measure, ""},
		"somebody said so":                  {"iti", "2027-05-02", &reportingv1.StepDone{StepId: "reporting/iti-2026-publish-customs"}, "publish:05-02"},
		"somebody said so of another year":  {"iti", "2027-05-02", &reportingv1.StepDone{StepId: "reporting/iti-2028-publish-customs"}, ""},
		"somebody said so of another owner": {"iti", "2027-05-02", &reportingv1.StepDone{StepId: "reporting/iti-2026-publish-licensing"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(doneOf(t, []proto.Message{procedureOfYear, on(t, tt.date, tt.fact)}, tt.report), " "); got != tt.want {
				t.Errorf("done are %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCalendar(t *testing.T) {
	handover := func(agency, role, to string) proto.Message {
		return ledgertest.By(agency, &directoryv1.RoleHandedOver{HandoverId: agency + "/handover-" + to, Role: role, ToPerson: to})
	}
	view := given(t, weekdays(), procedureOfYear,
		on(t, "2027-01-10", &reportingv1.AgencyReturnRequested{RequestId: "reporting/Q-1", Form: "att-annual", Year: 2026, Agencies: []string{"customs", "licensing"}}),
		on(t, "2027-01-11", handover("customs", "clerk", "p-1")), on(t, "2027-01-12", handover("customs", "clerk", "p-2")),
		on(t, "2027-01-13", handover("customs", "director", "p-3")), on(t, "2027-01-14", handover("licensing", "compiler", "p-4")),
		on(t, "2027-02-02", ledgertest.By("licensing", &reportingv1.AgencyReturnSubmitted{RequestId: "reporting/Q-1", Nil: true})),
		on(t, "2027-02-07", &reportingv1.StepAlarmed{StepId: "reporting/att-annual-2026-return-customs", Alarm: reportingv1.StepAlarm_STEP_ALARM_REMINDED, Days: 21}),
	)
	for name, tt := range map[string]struct {
		req  *reportingv1.CalendarRequest
		now  string
		want string // date step/agency state, next
	}{
		"what customs has to do": {
			&reportingv1.CalendarRequest{Agency: "customs", FromYear: 2027, ToYear: 2027}, "2027-02-06",
			"02-01 open/customs overdue; 02-28 return/customs ahead; 03-31 submit/customs ahead; 04-30 approve/customs ahead; 04-30 publish/customs ahead; 11-15 submit/customs ahead",
		},
		"due before a reminder": {&reportingv1.CalendarRequest{Due: true, Agency: "licensing"}, "2027-02-06", ""},
		"due from a reminder on": {
			&reportingv1.CalendarRequest{Due: true, Agency: "customs"}, "2027-02-07", "02-01 open/customs overdue; 02-28 return/customs soon",
		},
		"due on its day":     {&reportingv1.CalendarRequest{Due: true, Agency: "reporting"}, "2027-03-31", "03-31 reconcile/reporting soon"},
		"a year, by default": {&reportingv1.CalendarRequest{Agency: "licensing"}, "2028-07-01", "02-28 return/licensing done; 04-30 approve/licensing overdue; 02-28 return/licensing overdue; 04-30 approve/licensing overdue; 02-28 return/licensing ahead; 04-30 approve/licensing ahead"},
		"from a year on":     {&reportingv1.CalendarRequest{Agency: "licensing", FromYear: 2031}, "2027-01-01", "02-28 return/licensing ahead; 04-30 approve/licensing ahead"},
		"up to a year":       {&reportingv1.CalendarRequest{Agency: "licensing", ToYear: 2027}, "2027-01-01", "02-28 return/licensing done; 04-30 approve/licensing ahead"},
		"long ago":           {&reportingv1.CalendarRequest{ToYear: 2001}, "2027-01-01", ""},
		"nobody":             {&reportingv1.CalendarRequest{Agency: "observer"}, "2027-01-01", ""},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := duedates.Calendar(view, tt.req, day(t, tt.now))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range res.Steps {
				got = append(got, fmt.Sprintf("%s %s/%s %s", s.Date[5:], s.Step, s.Agency, strings.ToLower(strings.TrimPrefix(s.State.String(), "STEP_STATE_"))))
			}
			if have := strings.Join(got, "; "); have != tt.want || res.ProcedureId != "reporting/XA-reports@1" {
				t.Errorf("%s\n have %s\n want %s", res.ProcedureId, have, tt.want)
			}
		})
	}
	res, err := duedates.Calendar(view, &reportingv1.CalendarRequest{FromYear: 2027, ToYear: 2027}, day(t, "2027-02-07"))
	if err != nil {
		t.Fatal(err)
	}
	next := map[string]string{}
	for _, s := range res.Steps {
		next[s.Report+" "+s.Step+" "+s.Agency] = s.Next
		if s.Step == "return" && s.Agency == "customs" && (s.HandedOver != "p-2, 2027-01-12" || len(s.Alarms) != 1 || len(s.Remind) != 2) {
			t.Errorf("step %v", s)
		}
		if s.Step != "return" && s.HandedOver != "" {
			t.Errorf("handed over: %v", s)
		}
	}
	for step, want := range map[string]string{
		"att-annual return customs":         "counterfoil return prepare reporting/Q-1",
		"att-annual return licensing":       "",
		"att-annual reconcile reporting":    "counterfoil reconcile customs-licensing --year 2026",
		"att-annual approve customs":        "counterfoil report circulate att-annual/2026",
		"att-annual publish reporting":      "counterfoil report freeze att-annual/2026",
		"att-annual thank reporting":        "counterfoil calendar done att-annual/2026 thank --agency reporting --text T",
		"iti open customs":                  "counterfoil return request --form iti --year 2026",
		"diversion-measures submit customs": "counterfoil report measure record FILE",
		"att-initial submit reporting":      "counterfoil report answers record FILE",
		"iti submit customs":                "counterfoil calendar done iti/2026 submit --agency customs --text T",
	} {
		if got, is := next[step]; !is || got != want {
			t.Errorf("next of %s is %q, want %q", step, got, want)
		}
	}
	for _, span := range [][2]uint32{{2030, 2027}, {2027, 2127}} {
		if _, err := duedates.Calendar(view, &reportingv1.CalendarRequest{FromYear: span[0], ToYear: span[1]}, day(t, "2027-01-01")); fault.As(err) == nil {
			t.Errorf("from %d to %d: %v", span[0], span[1], err)
		}
	}
}

// The command that comes next is of the report that is on record.
func TestNextOfReport(t *testing.T) {
	facts := []proto.Message{procedureOfYear, &reportingv1.ReportOpened{ReportId: reportID, Report: "att-annual", Year: 2026, Revision: 1}, &reportingv1.ReportDrafted{ReportId: reportID, Draft: 1},
		&reportingv1.DraftCirculated{ReportId: reportID, Draft: 1}}
	next := func(step string) string {
		t.Helper()
		view := given(t, facts...)
		dates, err := duedates.Of(view, "att-annual", 2026)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(dates, func(d duedates.Date) bool { return d.Step.GetStep() == step })
		s, err := duedates.NewRecord(view).Step(dates[i], day(t, "2027-01-01"))
		if err != nil {
			t.Fatal(err)
		}
		return s.Next
	}
	if got := next("approve"); got != "counterfoil report approve "+reportID {
		t.Errorf("approve: %s", got)
	}
	facts = append(facts, &reportingv1.ReportFrozen{ReportId: reportID, Draft: 1})
	for step, want := range map[string]string{"submit": "counterfoil report submit " + reportID + " --to RECEIVER --audience AUDIENCE", "publish": "counterfoil report submit " + reportID + " --to RECEIVER --audience public", "freeze": ""} {
		if got := next(step); got != want {
			t.Errorf("%s: %q", step, got)
		}
	}
}
