package licensing

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/edition"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

// SubmitApplication puts an application on the record and returns its id.
func (s *Service) SubmitApplication(ctx context.Context, req *licensingv1.SubmitApplicationRequest) (*licensingv1.SubmitApplicationResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return licence.Submit(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("submit application: %w", err)
	}
	return &licensingv1.SubmitApplicationResponse{Receipt: receipt, ApplicationId: receipt.GetSubject()}, nil
}

// SuspendLicence stops the use of a licence until it is reinstated.
func (s *Service) SuspendLicence(ctx context.Context, req *licensingv1.SuspendLicenceRequest) (*licensingv1.SuspendLicenceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return licence.Suspend(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("suspend licence %s: %w", req.GetLicenceId(), err)
	}
	return &licensingv1.SuspendLicenceResponse{Receipt: receipt}, nil
}

// ReinstateLicence lets a suspended licence be used again.
func (s *Service) ReinstateLicence(ctx context.Context, req *licensingv1.ReinstateLicenceRequest) (*licensingv1.ReinstateLicenceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return licence.Reinstate(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("reinstate licence %s: %w", req.GetLicenceId(), err)
	}
	return &licensingv1.ReinstateLicenceResponse{Receipt: receipt}, nil
}

// RevokeLicence ends a licence.
func (s *Service) RevokeLicence(ctx context.Context, req *licensingv1.RevokeLicenceRequest) (*licensingv1.RevokeLicenceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return licence.Revoke(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("revoke licence %s: %w", req.GetLicenceId(), err)
	}
	return &licensingv1.RevokeLicenceResponse{Receipt: receipt}, nil
}

// ConcludeReassessment closes a reassessment with its outcome.
func (s *Service) ConcludeReassessment(ctx context.Context, req *licensingv1.ConcludeReassessmentRequest) (*licensingv1.ConcludeReassessmentResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return reassessment.Conclude(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("conclude reassessment %s: %w", req.GetReassessmentId(), err)
	}
	return &licensingv1.ConcludeReassessmentResponse{Receipt: receipt}, nil
}

// EditionContents lists what is on record from a published register.
func (s *Service) EditionContents(_ context.Context, req *licensingv1.EditionContentsRequest) (res *licensingv1.EditionContentsResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		res, err = edition.Contents(view, req)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list what is on record from %s: %w", req.GetSource(), err)
	}
	return res, nil
}

// RecordEdition records a part of what an edition adds, changes and leaves out.
func (s *Service) RecordEdition(ctx context.Context, req *licensingv1.RecordEditionRequest) (*licensingv1.RecordEditionResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return edition.Record(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("record a part of edition %s: %w", req.GetEdition(), err)
	}
	return &licensingv1.RecordEditionResponse{Receipt: receipt}, nil
}

// CloseEdition says that an edition was read to its end.
func (s *Service) CloseEdition(ctx context.Context, req *licensingv1.CloseEditionRequest) (*licensingv1.CloseEditionResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return edition.Close(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("close edition %s: %w", req.GetEdition(), err)
	}
	return &licensingv1.CloseEditionResponse{Receipt: receipt}, nil
}
