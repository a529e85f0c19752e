package duty

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// AcknowledgeAlert records that this agency has taken an alert up.
func (s *answers) AcknowledgeAlert(ctx context.Context, req *enforcementv1.AcknowledgeAlertRequest) (*enforcementv1.AcknowledgeAlertResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return Acknowledge(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("acknowledge alert %s: %w", req.GetAlertId(), err)
	}
	return &enforcementv1.AcknowledgeAlertResponse{Receipt: receipt}, nil
}

// PrepareReturn draws the figures of a return from this agency's own journals.
func (s *answers) PrepareReturn(_ context.Context, req *reportingv1.PrepareReturnRequest) (res *reportingv1.PrepareReturnResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		res, err = PrepareReturn(view, req)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("prepare return to request %s: %w", req.GetRequestId(), err)
	}
	return res, nil
}

// SubmitReturn records this agency's contribution to a report.
func (s *answers) SubmitReturn(ctx context.Context, req *reportingv1.SubmitReturnRequest) (*reportingv1.SubmitReturnResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return SubmitReturn(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("submit return to request %s: %w", req.GetRequestId(), err)
	}
	return &reportingv1.SubmitReturnResponse{Receipt: receipt}, nil
}
