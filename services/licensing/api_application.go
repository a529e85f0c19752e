package licensing

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/application"
)

// AmendApplication states the deal anew before it is decided.
func (s *Service) AmendApplication(ctx context.Context, req *licensingv1.AmendApplicationRequest) (*licensingv1.AmendApplicationResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return application.Amend(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("amend application %s: %w", req.GetApplicationId(), err)
	}
	return &licensingv1.AmendApplicationResponse{Receipt: receipt}, nil
}

// WithdrawApplication ends an application because the applicant says so.
func (s *Service) WithdrawApplication(ctx context.Context, req *licensingv1.WithdrawApplicationRequest) (*licensingv1.WithdrawApplicationResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return application.Withdraw(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("withdraw application %s: %w", req.GetApplicationId(), err)
	}
	return &licensingv1.WithdrawApplicationResponse{Receipt: receipt}, nil
}

// ReturnApplication sends an incomplete application back.
func (s *Service) ReturnApplication(ctx context.Context, req *licensingv1.ReturnApplicationRequest) (*licensingv1.ReturnApplicationResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return application.Return(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("return application %s: %w", req.GetApplicationId(), err)
	}
	return &licensingv1.ReturnApplicationResponse{Receipt: receipt}, nil
}

// ClassifyLine says which category of the Treaty a line falls under, and answers with what the table says of it.
func (s *Service) ClassifyLine(ctx context.Context, req *licensingv1.ClassifyLineRequest) (*licensingv1.ClassifyLineResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return application.Classify(view, req)
	})
	res := &licensingv1.ClassifyLineResponse{Receipt: receipt}
	if err == nil {
		err = s.node.Ledger.View(func(view ledger.View) (err error) {
			res.Fired, res.Missing, err = application.Look(view, req)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("classify line %d of application %s: %w", req.GetLine(), req.GetApplicationId(), err)
	}
	return res, nil
}

// FileDocument puts a paper on the file of an application.
func (s *Service) FileDocument(ctx context.Context, req *licensingv1.FileDocumentRequest) (*licensingv1.FileDocumentResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return application.FileDocument(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("file a document with application %s: %w", req.GetApplicationId(), err)
	}
	return &licensingv1.FileDocumentResponse{Receipt: receipt}, nil
}

// FileAuthorization puts an authorization of somebody else on the file.
func (s *Service) FileAuthorization(ctx context.Context, req *licensingv1.FileAuthorizationRequest) (*licensingv1.FileAuthorizationResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return application.FileAuthorization(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("file an authorization with application %s: %w", req.GetApplicationId(), err)
	}
	return &licensingv1.FileAuthorizationResponse{Receipt: receipt}, nil
}

// VerifyDocument says what asking after a paper came to.
func (s *Service) VerifyDocument(ctx context.Context, req *licensingv1.VerifyDocumentRequest) (*licensingv1.VerifyDocumentResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return application.VerifyDocument(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("verify a document of application %s: %w", req.GetApplicationId(), err)
	}
	return &licensingv1.VerifyDocumentResponse{Receipt: receipt}, nil
}
