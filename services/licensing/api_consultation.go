package licensing

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/consultation"
)

// OpenConsultation asks other agencies about an application and returns the consultation's id.
func (s *Service) OpenConsultation(ctx context.Context, req *licensingv1.OpenConsultationRequest) (*licensingv1.OpenConsultationResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return consultation.Open(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("open a consultation on application %s: %w", req.GetApplicationId(), err)
	}
	return &licensingv1.OpenConsultationResponse{Receipt: receipt, ConsultationId: receipt.GetSubject()}, nil
}

// StopClock lets the deadline of a consultation move on.
func (s *Service) StopClock(ctx context.Context, req *licensingv1.StopClockRequest) (*licensingv1.StopClockResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return consultation.StopClock(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("stop the clock of consultation %s: %w", req.GetConsultationId(), err)
	}
	return &licensingv1.StopClockResponse{Receipt: receipt}, nil
}

// RestartClock sets the deadline of a consultation anew.
func (s *Service) RestartClock(ctx context.Context, req *licensingv1.RestartClockRequest) (*licensingv1.RestartClockResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return consultation.RestartClock(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("restart the clock of consultation %s: %w", req.GetConsultationId(), err)
	}
	return &licensingv1.RestartClockResponse{Receipt: receipt}, nil
}

// CloseConsultation counts the opinions and ends a consultation.
func (s *Service) CloseConsultation(ctx context.Context, req *licensingv1.CloseConsultationRequest) (*licensingv1.CloseConsultationResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return consultation.Close(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("close consultation %s: %w", req.GetConsultationId(), err)
	}
	return &licensingv1.CloseConsultationResponse{Receipt: receipt}, nil
}
