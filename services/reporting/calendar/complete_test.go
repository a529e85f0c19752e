package calendar_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/reporting/calendar"
)

// several has a report of figures and one in words.
const several = `procedure: XA-reports
version: 1
state: XA
authority: Office of XA
valid_from: 2026-01-01
in_force: 2014-12-24
reports:
  - report: att-annual
    owner: reporting
    contributors: [customs]
    steps:
      - {step: return, day: 02-28}
      - {step: reconcile, day: 03-31}
      - {step: submit, day: 05-31}
      - {step: thank, day: 06-15, agencies: [customs, reporting]}
  - {report: iti, owner: customs, steps: [{step: submit, day: 03-31}, {step: return, day: 02-28, agencies: [customs]}]}
`

var (
	ofSeveral = &reportingv1.ProcedureAdopted{ProcedureId: "reporting/XA-reports@1", Content: []byte(several)}
	by        = &eventv1.Particulars{OccurredAt: timestamppb.New(time.Date(2027, 6, 1, 12, 0, 0, 0, time.UTC))}
)

func TestComplete(t *testing.T) {
	done := func(report, step, agency string) *reportingv1.StepDone {
		return &reportingv1.StepDone{
			StepId: "reporting/" + report + "-2026-" + step + "-" + agency, Report: report, Year: 2026, Step: step, Agency: agency, Text: "letter 7",
		}
	}
	command := func(report, step, agency string) *reportingv1.CompleteStepRequest {
		return &reportingv1.CompleteStepRequest{Particulars: by, Report: report, Year: 2026, Step: step, Agency: agency, Text: "letter 7"}
	}
	otherYear, silent := command("iti", "submit", ""), command("iti", "submit", "")
	otherYear.Year, silent.Text = 2025, ""
	alarm := &reportingv1.StepAlarmed{StepId: "reporting/iti-2026-submit-customs", Report: "iti", Year: 2026, Step: "submit", Agency: "customs", Alarm: reportingv1.StepAlarm_STEP_ALARM_OVERDUE}
	answers := ledgertest.At(by.OccurredAt.AsTime(), &reportingv1.AnswersRecorded{AnswersId: "reporting/iti.1", Questionnaire: "iti", Version: 1})
	tests := []struct {
		name    string
		given   []proto.Message
		cmd     *reportingv1.CompleteStepRequest
		want    *reportingv1.StepDone
		wantErr error
		says    string
	}{
		{"in words", nil, command("iti", "submit", ""), done("iti", "submit", "customs"), nil, ""},
		{"of an agency that is named", nil, command("iti", "submit", "customs"), done("iti", "submit", "customs"), nil, ""},
		{"after it was over", []proto.Message{alarm}, command("iti", "submit", ""), done("iti", "submit", "customs"), nil, ""},
		{"again", []proto.Message{done("iti", "submit", "customs")}, command("iti", "submit", ""), nil, nil, ""},
		{"answers are on record", []proto.Message{answers}, command("iti", "submit", ""), nil, nil, ""},
		{"nothing differed", nil, command("att-annual", "reconcile", ""), done("att-annual", "reconcile", "reporting"), nil, ""},
		{"one of the State's own", nil, command("att-annual", "thank", "customs"), done("att-annual", "thank", "customs"), nil, ""},
		{"one that two owe", nil, command("att-annual", "thank", ""), nil, fault.Invalid, "owed by customs, reporting; name one"},
		{"one that is done by what it records", nil, command("att-annual", "submit", ""), nil, fault.Precondition, "counterfoil report freeze att-annual/2026"},
		{"a return", nil, command("att-annual", "return", ""), nil, fault.Precondition, "counterfoil return request --form att-annual --year 2026"},
		{"a return to a report in words", nil, command("iti", "return", ""), nil, fault.Precondition, "counterfoil return request --form iti --year 2026"},
		{"without saying what shows it", nil, silent, nil, fault.Invalid, "say what shows"},
		{"of another agency", nil, command("iti", "submit", "licensing"), nil, fault.NotFound, "owed by licensing"},
		{"an unknown step", nil, command("iti", "freeze", ""), nil, fault.NotFound, "owed by anybody"},
		{"an unknown report", nil, command("national", "submit", ""), nil, fault.NotFound, ""},
		{"a year before the procedure", nil, otherYear, nil, fault.NotFound, "--from-year 2025 --to-year 2026"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := calendar.Complete(ledgertest.GivenAs(t, "reporting", append([]proto.Message{ofSeveral}, tt.given...)...), tt.cmd)
			if !errors.Is(err, tt.wantErr) || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("refused with %v, want %v", err, tt.wantErr)
			}
			if (tt.want != nil) != (len(got) == 1) {
				t.Fatalf("decided %v, want %v", got, tt.want)
			}
			if tt.want != nil {
				fact := got[0]
				if dated, ok := fact.(ledger.Dated); ok {
					fact = dated.Message
				}
				if !proto.Equal(fact, tt.want) {
					t.Errorf("decided %v, want %v", fact, tt.want)
				}
			}
		})
	}
	if _, err := calendar.Complete(ledgertest.GivenAs(t, "customs", ofSeveral), command("iti", "submit", "")); !errors.Is(err, fault.NotFound) {
		t.Errorf("an agency whose procedure it is not: %v", err)
	}
}

func TestAnyCommand(t *testing.T) {
	words := []string{"iti", "att-annual", "submit", "thank", "reconcile", "return", "customs", "reporting", ""}
	anycommand.Check(t, "reporting", []proto.Message{weekdays, ofSeveral}, words, map[string]anycommand.Rule{
		"complete": anycommand.Of(calendar.Complete, &reportingv1.CompleteStepRequest{Particulars: by, Report: "att-annual", Year: 2026, Step: "thank", Agency: "customs", Text: "seen"}),
	})
}
