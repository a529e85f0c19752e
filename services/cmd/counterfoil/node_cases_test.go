package main

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

type consulting struct {
	licensingv1connect.UnimplementedConsultationServiceHandler
	licensingv1connect.UnimplementedOpinionServiceHandler
	node *fixedNode
}

func (consulting) OpenConsultation(context.Context, *licensingv1.OpenConsultationRequest) (*licensingv1.OpenConsultationResponse, error) {
	const id = "licensing/C-000001"
	return &licensingv1.OpenConsultationResponse{Receipt: receipt("licensing/committee", id, 1), ConsultationId: id}, nil
}

func (consulting) StopClock(_ context.Context, req *licensingv1.StopClockRequest) (*licensingv1.StopClockResponse, error) {
	return &licensingv1.StopClockResponse{Receipt: receipt("licensing/committee", req.ConsultationId, 1)}, nil
}

func (consulting) RestartClock(_ context.Context, req *licensingv1.RestartClockRequest) (*licensingv1.RestartClockResponse, error) {
	return &licensingv1.RestartClockResponse{Receipt: receipt("licensing/committee", req.ConsultationId, 1)}, nil
}

func (consulting) CloseConsultation(_ context.Context, req *licensingv1.CloseConsultationRequest) (*licensingv1.CloseConsultationResponse, error) {
	return &licensingv1.CloseConsultationResponse{Receipt: receipt("licensing/committee", req.ConsultationId, 1)}, nil
}

func (consulting) GiveOpinion(_ context.Context, req *licensingv1.GiveOpinionRequest) (*licensingv1.GiveOpinionResponse, error) {
	return &licensingv1.GiveOpinionResponse{Receipt: receipt("licensing/committee", req.ConsultationId, 2)}, nil
}

func (consulting) AddCondition(context.Context, *licensingv1.AddConditionRequest) (*licensingv1.AddConditionResponse, error) {
	const id = "licensing/K-000001"
	return &licensingv1.AddConditionResponse{Receipt: receipt("licensing/committee", id, 1), ConditionId: id}, nil
}

func (consulting) ChangeCondition(_ context.Context, req *licensingv1.ChangeConditionRequest) (*licensingv1.ChangeConditionResponse, error) {
	return &licensingv1.ChangeConditionResponse{Receipt: receipt("licensing/committee", req.ConditionId, 1)}, nil
}

func (consulting) DropCondition(_ context.Context, req *licensingv1.DropConditionRequest) (*licensingv1.DropConditionResponse, error) {
	return &licensingv1.DropConditionResponse{Receipt: receipt("licensing/committee", req.ConditionId, 1)}, nil
}

func (w withdrawals) Duties(context.Context, *directoryv1.DutiesRequest) (*directoryv1.DutiesResponse, error) {
	return &directoryv1.DutiesResponse{Duties: []*directoryv1.Duty{
		{Subject: "licensing/O-000001", What: "fulfil", Due: timestamppb.New(day)},
		{Subject: "licensing/C-000009", What: "answer", Due: timestamppb.New(day)},
		{Subject: "licensing/A-000009", What: "decide"},
	}}, nil
}

// conditioned is a licence with two conditions of the foreign ministry, and one whose own row is not read here.
func conditioned() *ledgerv1.Licence {
	return &ledgerv1.Licence{Id: "licensing/L-000007", ApplicationId: "licensing/A-000007", Kept: []*licensingv1.ConditionKept{
		{ConditionId: "foreign/K-1", AskedBy: "foreign", Text: "no re-export"},
		{ConditionId: "foreign/K-2", AskedBy: "foreign", Text: "report within a month"},
		{ConditionId: "intelligence/K-1", AskedBy: "intelligence", Text: "of the service"},
	}}
}

// caseRows are the rows of the tables of cases; nil for another table.
func caseRows(table queryv1.Table) (rows []*queryv1.Row) {
	switch table {
	case queryv1.Table_TABLE_CONDITIONS:
		for _, k := range []*ledgerv1.Condition{
			{Id: "defence/K-1", Agency: "defence", Text: "inspection", Dropped: true},
			{Id: "defence/K-2", Agency: "defence", Text: "escort"},
			{Id: "foreign/K-1", Agency: "foreign", Text: "no re-export", Asked: "no re-export ever"},
			{Id: "foreign/K-2", Agency: "foreign", Text: "report within a year", Asked: "report within a month"},
		} {
			rows = append(rows, &queryv1.Row{Row: &queryv1.Row_Condition{Condition: k}})
		}
	case queryv1.Table_TABLE_OBLIGATIONS:
		for _, o := range []*licensingv1.ObligationSet{
			{Subject: "licensing/L-000001", Kind: "delivery_verification", Owner: "licensing", Due: timestamppb.New(day)},
			{Subject: "licensing/L-000001", Kind: "U6", Owner: "holder", Due: timestamppb.New(time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC))},
			{Subject: "licensing/L-000002", Kind: "U6", Owner: "holder", Days: 30, After: "exit"},
		} {
			rows = append(rows, &queryv1.Row{Row: &queryv1.Row_Obligation{Obligation: &ledgerv1.Obligation{Set: o}}})
		}
	}
	return rows
}

func TestCellsOfCases(t *testing.T) {
	t.Parallel()
	at := timestamppb.New(day)
	tests := map[string]struct {
		row  *queryv1.Row
		want []string
	}{
		"consultation": {&queryv1.Row{Row: &queryv1.Row_Consultation{Consultation: &ledgerv1.Consultation{
			Id: "licensing/C-1", Due: at, Stops: []*ledgerv1.ClockStop{{Reason: "information requested"}}, Opened: &licensingv1.ConsultationOpened{
				ApplicationId: "licensing/A-1", OpenedAt: at, Silence: "concurs", Addressees: []*licensingv1.Addressee{{Agency: "foreign", Part: "mandatory"}, {Agency: "academy", Part: "guest"}},
			},
		}}}, []string{"licensing/C-1", "licensing/A-1", "foreign (mandatory), academy (guest)", "2008-01-02", "2008-01-02", "concurs", "clock stopped"}},
		"opinion": {&queryv1.Row{Row: &queryv1.Row_Opinion{Opinion: &ledgerv1.Opinion{
			Id: "foreign/licensing/C-1", ConsultationId: "licensing/C-1", Agency: "foreign", At: at, Given: &licensingv1.OpinionGiven{
				Recused: true, Reason: "own stock", Signer: &licensingv1.Signer{Role: "deputy", Person: "p-2", ForRole: "director"},
			},
		}}}, []string{"foreign/licensing/C-1", "licensing/C-1", "foreign", "", "recused", "2008-01-02", "deputy p-2 for director", "own stock"}},
		"assessment": {&queryv1.Row{Row: &queryv1.Row_Assessment{Assessment: &ledgerv1.Assessment{Id: "licensing/V-1", At: at, Assessed: &licensingv1.RiskAssessed{
			ApplicationId: "licensing/A-1", Mitigations: []*licensingv1.Mitigation{{}}, Findings: []*licensingv1.RiskFinding{
				{Criterion: "7(4)", Level: licensingv1.Level_LEVEL_LOW}, {Criterion: "11", Level: licensingv1.Level_LEVEL_HIGH, Mitigated: licensingv1.Level_LEVEL_LOW},
			},
		}}}}, []string{"licensing/V-1", "licensing/A-1", "2008-01-02", "7(4) low, 11 high (mitigated low)", "1"}},
	}
	for name, tt := range tests {
		got := cells(tt.row)
		for i, want := range tt.want {
			if i >= len(got) || got[i] != want {
				t.Errorf("%s: %q, want %q", name, got, tt.want)
				break
			}
		}
	}
}
