package customs

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// CorrectWriteOff brings a committed entry to what really moved.
func (s *Service) CorrectWriteOff(ctx context.Context, req *customsv1.CorrectWriteOffRequest) (*customsv1.CorrectWriteOffResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return writeoff.Correct(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("correct entry %s: %w", req.GetEntryId(), err)
	}
	return &customsv1.CorrectWriteOffResponse{Receipt: receipt}, nil
}

// RestoreWriteOff makes available again what came back.
func (s *Service) RestoreWriteOff(ctx context.Context, req *customsv1.RestoreWriteOffRequest) (*customsv1.RestoreWriteOffResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return writeoff.Restore(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("restore entry %s: %w", req.GetEntryId(), err)
	}
	return &customsv1.RestoreWriteOffResponse{Receipt: receipt}, nil
}
