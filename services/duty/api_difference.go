package duty

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// AnswerDifference records what this agency found that a difference came from.
func (s *answers) AnswerDifference(ctx context.Context, req *reportingv1.AnswerDifferenceRequest) (*reportingv1.AnswerDifferenceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return AnswerDifference(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("answer difference %s: %w", req.GetDifferenceId(), err)
	}
	return &reportingv1.AnswerDifferenceResponse{Receipt: receipt}, nil
}
