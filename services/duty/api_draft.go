package duty

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// AnswerDraft records that this agency approves a draft, or what it objects to.
func (s *answers) AnswerDraft(ctx context.Context, req *reportingv1.AnswerDraftRequest) (*reportingv1.AnswerDraftResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) { return AnswerDraft(view, req) })
	if err != nil {
		return nil, fmt.Errorf("answer a draft of %s: %w", req.GetReportId(), err)
	}
	return &reportingv1.AnswerDraftResponse{Receipt: receipt}, nil
}

// ReadDraft returns a draft, or a frozen report, as this agency's own ledger has it.
func (s *answers) ReadDraft(_ context.Context, req *reportingv1.ReadDraftRequest) (*reportingv1.ReadDraftResponse, error) {
	var kept report.Recorded
	err := s.node.Ledger.View(func(view ledger.View) (err error) {
		kept, err = report.Read(view, req.GetReportId(), req.GetDraft())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read a draft of %s: %w", req.GetReportId(), err)
	}
	return &reportingv1.ReadDraftResponse{
		Content: report.Only(kept.Content, req.GetTable(), req.GetContributions()), Draft: kept.Draft, Frozen: kept.Frozen(),
		Problems: kept.Drafted.GetProblems(),
	}, nil
}
