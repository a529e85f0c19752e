package duty

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// GiveOpinion answers a consultation that this agency was asked in.
func (s *answers) GiveOpinion(ctx context.Context, req *licensingv1.GiveOpinionRequest) (*licensingv1.GiveOpinionResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return GiveOpinion(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("give an opinion in consultation %s: %w", req.GetConsultationId(), err)
	}
	return &licensingv1.GiveOpinionResponse{Receipt: receipt}, nil
}

// AddCondition asks that a licence carry a condition, and returns the condition's id.
func (s *answers) AddCondition(ctx context.Context, req *licensingv1.AddConditionRequest) (*licensingv1.AddConditionResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return AddCondition(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("ask for a condition on application %s: %w", req.GetApplicationId(), err)
	}
	return &licensingv1.AddConditionResponse{Receipt: receipt, ConditionId: receipt.GetSubject()}, nil
}

// ChangeCondition changes a condition that this agency asked for.
func (s *answers) ChangeCondition(ctx context.Context, req *licensingv1.ChangeConditionRequest) (*licensingv1.ChangeConditionResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return ChangeCondition(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("change condition %s: %w", req.GetConditionId(), err)
	}
	return &licensingv1.ChangeConditionResponse{Receipt: receipt}, nil
}

// DropCondition lets a condition go that this agency asked for.
func (s *answers) DropCondition(ctx context.Context, req *licensingv1.DropConditionRequest) (*licensingv1.DropConditionResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return DropCondition(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("let condition %s go: %w", req.GetConditionId(), err)
	}
	return &licensingv1.DropConditionResponse{Receipt: receipt}, nil
}
