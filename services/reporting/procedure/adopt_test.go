package procedure_test

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/reporting/procedure"
)

const text = `procedure: XA-reports
version: 1
state: XA
authority: Office of XA
reports:
  - report: att-annual
    owner: reporting
    contributors: [customs]
    approvers: [licensing]
    steps:
      - step: return
        day: 02-28
        agencies: [customs]
        escalate: [{working_days: 2, agency: enforcement}]
`

var (
	by        = &eventv1.Particulars{OccurredAt: timestamppb.New(ledgertest.Start)}
	directory = append(ledgertest.Registered("reporting", "customs", "licensing", "enforcement"), &directoryv1.CalendarAdopted{CalendarId: "XA", Weekend: []uint32{6, 7}})
)

func TestAdopt(t *testing.T) {
	adopted := &reportingv1.ProcedureAdopted{ProcedureId: "reporting/XA-reports@1", Content: []byte(text), Reason: "the first"}
	with := func(old, new string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("%q is not in the procedure", old)
		}
		return strings.Replace(text, old, new, 1)
	}
	second := with("version: 1", "version: 2")
	tests := []struct {
		name    string
		given   []proto.Message
		text    string
		wantID  string // empty: nothing
		wantErr error
		says    string
	}{
		{"the first version", nil, text, adopted.ProcedureId, nil, ""},
		{"the same again", []proto.Message{adopted}, text, "", nil, ""},
		{"the next version", []proto.Message{adopted}, second, "reporting/XA-reports@2", nil, ""},
		{"another text of a version", []proto.Message{adopted}, with("02-28", "02-27"), "", fault.Conflict, "give the new text the next version"},
		{"another procedure", []proto.Message{adopted}, with("XA-reports", "XA-others"), "reporting/XA-others@1", nil, ""},
		{"a version of another agency", []proto.Message{ledgertest.By("customs", &reportingv1.ProcedureAdopted{ProcedureId: "customs/XA-reports@1", Content: []byte(second)})}, text, adopted.ProcedureId, nil, ""},
		{"by a calendar of the directory", nil, with("state: XA", "state: XA\ncalendar: XA"), adopted.ProcedureId, nil, ""},
		{"by an unknown calendar", nil, with("state: XA", "state: XA\ncalendar: XB"), "", fault.Invalid, "counterfoil calendar adopt"},
		{"an unknown owner", nil, with("owner: reporting", "owner: ministry"), "", fault.Invalid, "names ministry, which is not in the directory"},
		{"an unknown contributor", nil, with("contributors: [customs]", "contributors: [ministry]"), "", fault.Invalid, "names ministry"},
		{"an unknown approver", nil, with("[licensing]", "[ministry]"), "", fault.Invalid, "names ministry"},
		{"a step of an unknown agency", nil, with("agencies: [customs]", "agencies: [ministry]"), "", fault.Invalid, "names ministry"},
		{"an unknown agency that is told", nil, with("agency: enforcement", "agency: ministry"), "", fault.Invalid, "names ministry"},
		{"what cannot be followed", nil, with("02-28", "02-30"), "", fault.Invalid, "procedure:12: reports[0].steps[0].day: no year has a day 02-30"},
		{"nothing", nil, "", "", fault.Invalid, "it is empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.GivenAs(t, "reporting", append(append([]proto.Message{}, directory...), tt.given...)...)
			got, err := procedure.Adopt(view, &reportingv1.AdoptProcedureRequest{Particulars: by, Content: []byte(tt.text), Reason: "the first"})
			if !errors.Is(err, tt.wantErr) || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("refused with %v, want %v", err, tt.wantErr)
			}
			if tt.wantID == "" {
				if len(got) > 0 {
					t.Errorf("decided %v", got)
				}
				return
			}
			want := &reportingv1.ProcedureAdopted{ProcedureId: tt.wantID, Content: []byte(tt.text), Reason: "the first"}
			if len(got) != 1 || !proto.Equal(got[0], want) {
				t.Errorf("decided %v, want %v", got, want)
			}
		})
	}
}

func TestAnyCommand(t *testing.T) {
	anycommand.Check(t, "reporting", directory, []string{"", "new dates"}, map[string]anycommand.Rule{
		"adopt": anycommand.Of(procedure.Adopt, &reportingv1.AdoptProcedureRequest{Particulars: by, Content: []byte(text), Reason: "the first"}),
	})
}
