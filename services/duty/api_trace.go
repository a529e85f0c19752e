package duty

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

// ReplyToTrace records what this agency's records say of a traced item.
func (s *answers) ReplyToTrace(ctx context.Context, req *enforcementv1.ReplyToTraceRequest) (*enforcementv1.ReplyToTraceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return Reply(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("reply to trace %s: %w", req.GetTraceId(), err)
	}
	return &enforcementv1.ReplyToTraceResponse{Receipt: receipt}, nil
}
