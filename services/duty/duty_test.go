package duty_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/duty"
)

// expect compares what a rule decided with what it should have: facts, nothing, or a refusal of a kind.
func expect(t *testing.T, got []proto.Message, err error, want []proto.Message, wantErr error) {
	t.Helper()
	if !errors.Is(err, wantErr) {
		t.Errorf("refused with %v, want %v", err, wantErr)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestAcknowledge(t *testing.T) {
	const id = "enforcement/D-2026-000001"
	raised := &enforcementv1.DiversionAlertRaised{AlertId: id, Addressees: []string{"licensing", "customs"}}
	acknowledged := &enforcementv1.AlertAcknowledged{AlertId: id, Note: "consignment held"}
	tests := []struct {
		name    string
		agency  string
		given   []proto.Message
		note    string
		want    []proto.Message
		wantErr error
	}{
		{"addressee", "customs", []proto.Message{raised}, acknowledged.Note, []proto.Message{acknowledged}, nil},
		{"without a note", "customs", []proto.Message{raised}, "", []proto.Message{&enforcementv1.AlertAcknowledged{AlertId: id}}, nil},
		{"closed meanwhile", "customs", []proto.Message{raised, &enforcementv1.AlertRefuted{AlertId: id}, &enforcementv1.AlertClosed{AlertId: id}},
			acknowledged.Note, []proto.Message{acknowledged}, nil},
		{"another addressee has", "customs", []proto.Message{raised, ledgertest.By("licensing", acknowledged)}, acknowledged.Note, []proto.Message{acknowledged}, nil},
		{"again", "customs", []proto.Message{raised, ledgertest.By("customs", acknowledged)}, acknowledged.Note, nil, nil},
		{"again with another note", "customs", []proto.Message{raised, ledgertest.By("customs", acknowledged)}, "consignment seized", nil, fault.Conflict},
		{"not an addressee", "reporting", []proto.Message{raised}, "", nil, fault.NotAllowed},
		{"who raised it", "enforcement", []proto.Message{raised}, "", nil, fault.NotAllowed},
		{"never heard of", "customs", nil, "", nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := duty.Acknowledge(ledgertest.GivenAs(t, tt.agency, tt.given...), &enforcementv1.AcknowledgeAlertRequest{AlertId: id, Note: tt.note})
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestSubmitReturn(t *testing.T) {
	const id = "reporting/Q-2026-000001"
	requested := &reportingv1.AgencyReturnRequested{RequestId: id, Year: 2025, Form: "att-annual-exports", Agencies: []string{"licensing", "customs"}}
	figures := []*reportingv1.Figure{{Row: "viii", Destination: "XB", Lines: 3, Value: 5_000_00, Currency: "EUR"}, {Row: "i", Destination: "XC", Lines: 1}}
	submitted := &reportingv1.AgencyReturnSubmitted{RequestId: id, Figures: figures, Comment: "authorized"}
	command := &reportingv1.SubmitReturnRequest{RequestId: id, Figures: figures, Comment: "authorized"}
	none := &reportingv1.SubmitReturnRequest{RequestId: id, Nil: true}
	byCustoms := ledgertest.By("customs", submitted)
	tests := []struct {
		name    string
		agency  string
		given   []proto.Message
		command *reportingv1.SubmitReturnRequest
		want    []proto.Message
		wantErr error
	}{
		{"figures", "customs", []proto.Message{requested}, command, []proto.Message{submitted}, nil},
		{"nil", "customs", []proto.Message{requested}, none, []proto.Message{&reportingv1.AgencyReturnSubmitted{RequestId: id, Nil: true}}, nil},
		{"another agency has", "licensing", []proto.Message{requested, byCustoms}, none, []proto.Message{&reportingv1.AgencyReturnSubmitted{RequestId: id, Nil: true}}, nil},
		{"again", "customs", []proto.Message{requested, byCustoms}, command, nil, nil},
		{"again with other content", "customs", []proto.Message{requested, byCustoms}, none, []proto.Message{ledger.Dated{Message: &reportingv1.AgencyReturnSubmitted{RequestId: id, Nil: true}, Group: "all"}}, nil},
		{"of a table", "customs", []proto.Message{requested}, &reportingv1.SubmitReturnRequest{RequestId: id, NilTables: []string{"exports"}}, nil, fault.Invalid},
		{"figures of a table", "customs", []proto.Message{requested},
			&reportingv1.SubmitReturnRequest{RequestId: id, Figures: []*reportingv1.Figure{{Table: "exports", Row: "i", Destination: "XB", Lines: 1}}}, nil, fault.Invalid},
		{"no State", "customs", []proto.Message{requested},
			&reportingv1.SubmitReturnRequest{RequestId: id, Figures: []*reportingv1.Figure{{Row: "i", Destination: "Atlantis", Lines: 1}}}, nil, fault.Invalid},
		{"nil and figures", "customs", []proto.Message{requested}, &reportingv1.SubmitReturnRequest{RequestId: id, Nil: true, Figures: figures}, nil, fault.Invalid},
		{"silence", "customs", []proto.Message{requested}, &reportingv1.SubmitReturnRequest{RequestId: id}, nil, fault.Invalid},
		{"value without currency", "customs", []proto.Message{requested},
			&reportingv1.SubmitReturnRequest{RequestId: id, Figures: []*reportingv1.Figure{{Row: "i", Destination: "XB", Value: 1}}}, nil, fault.Invalid},
		{"not asked", "enforcement", []proto.Message{requested}, command, nil, fault.NotAllowed},
		{"never heard of", "customs", nil, command, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := duty.SubmitReturn(ledgertest.GivenAs(t, tt.agency, tt.given...), tt.command)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}
