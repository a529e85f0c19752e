package calendar_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/duedates"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting/calendar"
)

// procedure has a report with one date, 31 May 2027, a Monday.
const procedure = `procedure: XA-reports
version: %d
state: XA
authority: Office of XA
valid_from: 2026-01-01
reports:
  - report: iti
    owner: reporting
    role: compiler
    first_year: 2026
    once: true
    steps:
      - step: submit
        day: %s
        remind: [30, 7, 1]
        escalate: [{working_days: 1, agency: reporting, role: head}, {working_days: 5, agency: licensing}]
`

const stepID = "reporting/iti-2026-submit-reporting"

func adopted(version int, day string) *reportingv1.ProcedureAdopted {
	return &reportingv1.ProcedureAdopted{ProcedureId: fmt.Sprintf("reporting/XA-reports@%d", version), Content: fmt.Appendf(nil, procedure, version, day)}
}

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	for _, layout := range []string{time.DateOnly, time.DateTime} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	t.Fatalf("%s is no time", text)
	return time.Time{}
}

var weekdays = &directoryv1.CalendarAdopted{CalendarId: "XA", Weekend: []uint32{6, 7}}

// alarmed is what was said of the step, such as "reminded 30", "overdue", "told licensing".
func alarmed(due time.Time, what string) *reportingv1.StepAlarmed {
	a := &reportingv1.StepAlarmed{StepId: stepID, Report: "iti", Year: 2026, Step: "submit", Agency: "reporting", Role: "compiler", Due: timestamppb.New(due)}
	switch kind, rest, _ := strings.Cut(what, " "); kind {
	case "reminded":
		a.Alarm = reportingv1.StepAlarm_STEP_ALARM_REMINDED
		fmt.Sscan(rest, &a.Days)
	case "overdue":
		a.Alarm = reportingv1.StepAlarm_STEP_ALARM_OVERDUE
	default:
		a.Alarm = reportingv1.StepAlarm_STEP_ALARM_ESCALATED
		a.ToldAgency, a.ToldRole, _ = strings.Cut(rest, " ")
	}
	return a
}

// said is alarmed the other way round.
func said(fact proto.Message) string {
	if dated, ok := fact.(ledger.Dated); ok {
		fact = dated.Message
	}
	a := fact.(*reportingv1.StepAlarmed)
	switch a.Alarm {
	case reportingv1.StepAlarm_STEP_ALARM_REMINDED:
		return fmt.Sprintf("reminded %d", a.Days)
	case reportingv1.StepAlarm_STEP_ALARM_OVERDUE:
		return "overdue"
	}
	return strings.TrimSpace("told " + a.ToldAgency + " " + a.ToldRole)
}

func TestDue(t *testing.T) {
	due := moment(t, "2027-05-31 23:59:59")
	at := func(when string, fact proto.Message) proto.Message { return ledgertest.At(moment(t, when), fact) }
	known := func(what ...string) []proto.Message {
		facts := []proto.Message{weekdays, at("2026-06-01", adopted(1, "05-31"))}
		for _, w := range what {
			facts = append(facts, alarmed(due, w))
		}
		return facts
	}
	done := &reportingv1.StepDone{StepId: stepID, Report: "iti", Year: 2026, Step: "submit", Agency: "reporting", Text: "letter 7"}
	tests := []struct {
		name  string
		given []proto.Message
		now   string
		want  string
		next  string // empty: never
	}{
		{"long before", known(), "2026-12-01", "", "2027-05-01"},
		{"a moment before the first reminder", known(), "2027-04-30 23:59:59", "", "2027-05-01"},
		{"at the first", known(), "2027-05-01", "reminded 30", ""},
		{"reminded", known("reminded 30"), "2027-05-02", "", "2027-05-24"},
		{"at the second", known("reminded 30"), "2027-05-24", "reminded 7", ""},
		{"both were missed", known(), "2027-05-25", "reminded 7", ""},
		{"the last of all", known(), "2027-05-30 12:00:00", "reminded 1", ""},
		{"on its day", known("reminded 1"), "2027-05-31 23:59:59", "", "2027-06-01"},
		{"the clock was set back", known("reminded 7"), "2027-05-02", "", "2027-05-24"},
		{"the clock was set back over the date", known("overdue"), "2027-05-30", "", "2027-06-01"},
		{"over", known("reminded 1"), "2027-06-01", "overdue", ""},
		{"over, and nobody was reminded", known(), "2027-06-01", "overdue", ""},
		{"overdue", known("overdue"), "2027-06-01 12:00:00", "", "2027-06-02"},
		{"a working day later", known("overdue"), "2027-06-02", "told reporting head", ""},
		{"told", known("overdue", "told reporting head"), "2027-06-02 00:00:01", "", "2027-06-08"},
		{"five working days later", known("overdue", "told reporting head"), "2027-06-08", "told licensing", ""},
		{"all at once", known(), "2027-09-01", "overdue, told reporting head, told licensing", ""},
		{"all was said", known("overdue", "told reporting head", "told licensing"), "2028-01-01", "", ""},
		{"done", append(known(), done), "2027-09-01", "", ""},
		{"done after a reminder", append(known("reminded 30"), done), "2027-05-24", "", ""},
		{"adopted after its date", []proto.Message{weekdays, at("2027-06-02", adopted(1, "05-31"))}, "2027-09-01", "", ""},
		{"adopted within the time of a reminder", []proto.Message{weekdays, at("2027-05-10", adopted(1, "05-31"))}, "2027-05-10", "reminded 30", ""},
		{"a later version goes on", append(known("overdue"), at("2027-06-03", adopted(2, "05-31"))), "2027-06-03", "told reporting head", ""},
		{"a later version with a later date", append(known("overdue"), at("2027-06-03", adopted(2, "06-30"))), "2027-06-03", "reminded 30", ""},
		{"a procedure of another agency", []proto.Message{weekdays, ledgertest.By("customs", &reportingv1.ProcedureAdopted{
			ProcedureId: "customs/XA-reports@1", Content: fmt.Appendf(nil, procedure, 1, "05-31"),
		})}, "2027-09-01", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.GivenAs(t, "reporting", tt.given...)
			dates, err := duedates.Dates(view, 2026, 2028)
			if err != nil || len(dates) != 1 {
				t.Fatalf("%v, %v", dates, err)
			}
			facts, next, err := calendar.Due(view, calendar.Plan(dates), moment(t, tt.now))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range facts {
				got = append(got, said(f))
			}
			if have := strings.Join(got, ", "); have != tt.want {
				t.Errorf("said %q, want %q", have, tt.want)
			}
			if (tt.next == "") != next.IsZero() || tt.next != "" && !next.Equal(moment(t, tt.next)) {
				t.Errorf("next at %s, want %s", next, tt.next)
			}
		})
	}
}

// What is recorded says all of the step.
func TestAlarm(t *testing.T) {
	view := ledgertest.GivenAs(t, "reporting", weekdays, adopted(1, "05-31"))
	dates, err := duedates.Dates(view, 2027, 2027)
	if err != nil {
		t.Fatal(err)
	}
	facts, _, err := calendar.Due(view, calendar.Plan(dates), moment(t, "2027-05-01"))
	if want := alarmed(moment(t, "2027-05-31 23:59:59"), "reminded 30"); err != nil || len(facts) != 1 || !proto.Equal(facts[0], want) {
		t.Errorf("%v, %v; want %v", facts, err, want)
	}
}
