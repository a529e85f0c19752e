package customs

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// AcceptDeclaration accepts a declaration, reserves its quantities on the licence, and returns its id.
func (s *Service) AcceptDeclaration(ctx context.Context, req *customsv1.AcceptDeclarationRequest) (*customsv1.AcceptDeclarationResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return declaration.Accept(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("accept declaration %s: %w", req.GetNumber(), err)
	}
	return &customsv1.AcceptDeclarationResponse{Receipt: receipt, DeclarationId: receipt.GetSubject()}, nil
}

// ConfirmExit commits the quantities that left.
func (s *Service) ConfirmExit(ctx context.Context, req *customsv1.ConfirmExitRequest) (*customsv1.ConfirmExitResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return declaration.ConfirmExit(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("confirm exit of declaration %s: %w", req.GetDeclarationId(), err)
	}
	return &customsv1.ConfirmExitResponse{Receipt: receipt}, nil
}

// ConfirmArrival commits the quantities that arrived.
func (s *Service) ConfirmArrival(ctx context.Context, req *customsv1.ConfirmArrivalRequest) (*customsv1.ConfirmArrivalResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return declaration.ConfirmArrival(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("confirm arrival of declaration %s: %w", req.GetDeclarationId(), err)
	}
	return &customsv1.ConfirmArrivalResponse{Receipt: receipt}, nil
}

// CancelDeclaration gives the reserved quantities back.
func (s *Service) CancelDeclaration(ctx context.Context, req *customsv1.CancelDeclarationRequest) (*customsv1.CancelDeclarationResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return declaration.Cancel(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("cancel declaration %s: %w", req.GetDeclarationId(), err)
	}
	return &customsv1.CancelDeclarationResponse{Receipt: receipt}, nil
}

// Balance says what a licence still allows.
func (s *Service) Balance(_ context.Context, req *customsv1.BalanceRequest) (res *customsv1.BalanceResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		res, err = writeoff.Balance(view, req.GetLicenceId())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("balance of licence %s: %w", req.GetLicenceId(), err)
	}
	return res, nil
}
