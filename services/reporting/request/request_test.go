package request_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting/request"
)

// procedure has licensing and customs contribute by the last working day of February.
var procedure = &reportingv1.ProcedureAdopted{ProcedureId: "reporting/XA-reports@1", Content: []byte(`
procedure: XA-reports
version: 1
state: XA
valid_from: 2020-01-01
in_force: 2014-12-24
authority: Treaty reporting office
reports:
  - report: att-annual
    owner: reporting
    contributors: [licensing, customs]
    steps:
      - {step: return, day: 02-last, move: before}
      - {step: submit, day: "05-31", legal: true}
`)}

func TestReturn(t *testing.T) {
	now := time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC)
	directory := []proto.Message{&directoryv1.AgencyRegistered{Agency: "licensing"}, &directoryv1.AgencyRegistered{Agency: "reporting"}}
	command := &reportingv1.RequestReturnRequest{
		Particulars: &eventv1.Particulars{OccurredAt: timestamppb.New(now)}, Year: 2025, Form: "att-annual-exports",
		Agencies: []string{"licensing", "reporting"}, Due: timestamppb.New(now.AddDate(0, 2, 0)),
	}
	requested := func(id string) *reportingv1.AgencyReturnRequested {
		return &reportingv1.AgencyReturnRequested{RequestId: id, Year: 2025, Form: command.Form, Agencies: command.Agencies, Due: command.Due}
	}
	of := func(change func(*reportingv1.RequestReturnRequest)) *reportingv1.RequestReturnRequest {
		c := proto.CloneOf(command)
		change(c)
		return c
	}
	tests := []struct {
		name    string
		given   []proto.Message
		command *reportingv1.RequestReturnRequest
		want    []proto.Message
		wantErr error
	}{
		{"of two agencies", directory, command, []proto.Message{requested("reporting/Q-2026-000001")}, nil},
		{"second of the year", append(directory[:2:2], requested("reporting/Q-2026-000001")), command, []proto.Message{requested("reporting/Q-2026-000002")}, nil},
		{"of an agency that nobody registered", directory[:1], command, nil, fault.Invalid},
		{"of nobody", directory, of(func(c *reportingv1.RequestReturnRequest) { c.Agencies = nil }), nil, fault.Invalid},
		{"due at once", directory, of(func(c *reportingv1.RequestReturnRequest) { c.Due = timestamppb.New(now) }), nil, fault.Invalid},
		{"of a report that has no returns", directory, of(func(c *reportingv1.RequestReturnRequest) { c.Form = "national" }), nil, fault.Invalid},
		{"as the procedure has it", append(directory[:2:2], procedure, &directoryv1.AgencyRegistered{Agency: "customs"}), of(func(c *reportingv1.RequestReturnRequest) { c.Form, c.Agencies, c.Due = "att-annual", nil, nil }),
			[]proto.Message{&reportingv1.AgencyReturnRequested{
				RequestId: "reporting/Q-2026-000001", Year: 2025, Form: "att-annual", Agencies: []string{"licensing", "customs"},
				Due: timestamppb.New(time.Date(2026, 2, 27, 23, 59, 59, 0, time.UTC)),
			}}, nil},
		{"by the procedure's date", append(directory[:2:2], procedure), of(func(c *reportingv1.RequestReturnRequest) { c.Form, c.Due = "att-annual", nil }),
			[]proto.Message{&reportingv1.AgencyReturnRequested{
				RequestId: "reporting/Q-2026-000001", Year: 2025, Form: "att-annual", Agencies: command.Agencies, Due: timestamppb.New(time.Date(2026, 2, 27, 23, 59, 59, 0, time.UTC)),
			}}, nil},
		{"the procedure's date is over", append(directory[:2:2], procedure), of(func(c *reportingv1.RequestReturnRequest) { c.Form, c.Year, c.Due = "att-annual", 2024, nil }), nil, fault.Invalid},
		{"a procedure of later", append(directory[:2:2], procedure), of(func(c *reportingv1.RequestReturnRequest) { c.Form, c.Year, c.Due = "att-annual", 2019, nil }), nil, fault.Invalid},
		{"of who would not hear of it", append(directory[:2:2], &directoryv1.GroupDefined{Group: "all", Members: []string{"reporting"}},
			&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Group: "all"}}}), command, nil, fault.Precondition},
		{"never due", directory, of(func(c *reportingv1.RequestReturnRequest) { c.Due = nil }), nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := request.Return(ledgertest.GivenAs(t, "reporting", tt.given...), tt.command)
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || !errors.Is(err, tt.wantErr) {
				t.Errorf("Return: %v, want %v\n%s", err, tt.wantErr, diff)
			}
		})
	}
}
