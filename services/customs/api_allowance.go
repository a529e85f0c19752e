package customs

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// GiveAllowance lends a post a part of a licence line.
func (s *Service) GiveAllowance(ctx context.Context, req *customsv1.GiveAllowanceRequest) (*customsv1.GiveAllowanceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return writeoff.Give(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("give %s an allowance on licence %s: %w", req.GetPost(), req.GetLicenceId(), err)
	}
	return &customsv1.GiveAllowanceResponse{Receipt: receipt, AllowanceId: receipt.GetSubject()}, nil
}

// ReturnAllowance gives back what this post will not use.
func (s *Service) ReturnAllowance(ctx context.Context, req *customsv1.ReturnAllowanceRequest) (*customsv1.ReturnAllowanceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return writeoff.Return(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("return the allowance on licence %s: %w", req.GetLicenceId(), err)
	}
	return &customsv1.ReturnAllowanceResponse{Receipt: receipt, ReturnId: receipt.GetSubject()}, nil
}

// Allowance says who has how much of a licence.
func (s *Service) Allowance(_ context.Context, req *customsv1.AllowanceRequest) (res *customsv1.AllowanceResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		res, err = writeoff.Allowances(view, req.GetLicenceId())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("allowances on licence %s: %w", req.GetLicenceId(), err)
	}
	return res, nil
}
