package enforcement

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/services/enforcement/alert"
)

// RaiseAlert records a suspicion of diversion and returns the alert's id.
func (s *Service) RaiseAlert(ctx context.Context, req *enforcementv1.RaiseAlertRequest) (*enforcementv1.RaiseAlertResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return alert.Raise(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("raise alert: %w", err)
	}
	return &enforcementv1.RaiseAlertResponse{Receipt: receipt, AlertId: receipt.GetSubject()}, nil
}

// CorroborateAlert records evidence that supports an alert.
func (s *Service) CorroborateAlert(ctx context.Context, req *enforcementv1.CorroborateAlertRequest) (*enforcementv1.CorroborateAlertResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return alert.Corroborate(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("corroborate alert %s: %w", req.GetAlertId(), err)
	}
	return &enforcementv1.CorroborateAlertResponse{Receipt: receipt}, nil
}

// ConfirmAlert says that the diversion happened.
func (s *Service) ConfirmAlert(ctx context.Context, req *enforcementv1.ConfirmAlertRequest) (*enforcementv1.ConfirmAlertResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return alert.Confirm(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("confirm alert %s: %w", req.GetAlertId(), err)
	}
	return &enforcementv1.ConfirmAlertResponse{Receipt: receipt}, nil
}

// RefuteAlert says that it did not.
func (s *Service) RefuteAlert(ctx context.Context, req *enforcementv1.RefuteAlertRequest) (*enforcementv1.RefuteAlertResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return alert.Refute(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("refute alert %s: %w", req.GetAlertId(), err)
	}
	return &enforcementv1.RefuteAlertResponse{Receipt: receipt}, nil
}

// CloseAlert ends an alert that was confirmed or refuted.
func (s *Service) CloseAlert(ctx context.Context, req *enforcementv1.CloseAlertRequest) (*enforcementv1.CloseAlertResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return alert.Close(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("close alert %s: %w", req.GetAlertId(), err)
	}
	return &enforcementv1.CloseAlertResponse{Receipt: receipt}, nil
}
