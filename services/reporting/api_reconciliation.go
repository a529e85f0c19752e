package reporting

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting/reconciliation"
)

// RecordPartnerFigures puts figures that others published on record.
func (s *Service) RecordPartnerFigures(ctx context.Context, req *reportingv1.RecordPartnerFiguresRequest) (*reportingv1.RecordPartnerFiguresResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return reconciliation.Record(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("record figures of %s: %w", req.GetSource(), err)
	}
	return &reportingv1.RecordPartnerFiguresResponse{Receipt: receipt}, nil
}

// ClosePartnerEdition closes the reading of an edition.
func (s *Service) ClosePartnerEdition(ctx context.Context, req *reportingv1.ClosePartnerEditionRequest) (*reportingv1.ClosePartnerEditionResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return reconciliation.Close(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("close edition %s of %s: %w", req.GetEdition(), req.GetSource(), err)
	}
	return &reportingv1.ClosePartnerEditionResponse{Receipt: receipt}, nil
}

// Reconcile lists what differs.
func (s *Service) Reconcile(_ context.Context, req *reportingv1.ReconcileRequest) (res *reportingv1.ReconcileResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		res, err = reconciliation.Reconcile(view, req)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("compare figures of %d: %w", req.GetYear(), err)
	}
	return res, nil
}

// OpenDifferences makes tasks of what differs and has none, and returns their ids.
func (s *Service) OpenDifferences(ctx context.Context, req *reportingv1.OpenDifferencesRequest) (*reportingv1.OpenDifferencesResponse, error) {
	res := &reportingv1.OpenDifferencesResponse{}
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		facts, err := reconciliation.Open(view, req)
		res.DifferenceIds = nil
		for _, f := range facts {
			res.DifferenceIds = append(res.DifferenceIds, reconciliation.TaskOf(f))
		}
		return facts, err
	})
	if err != nil {
		return nil, fmt.Errorf("open differences of %d: %w", req.GetYear(), err)
	}
	res.Receipt = receipt
	return res, nil
}

// CloseDifference settles a task.
func (s *Service) CloseDifference(ctx context.Context, req *reportingv1.CloseDifferenceRequest) (*reportingv1.CloseDifferenceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return reconciliation.CloseTask(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("close difference %s: %w", req.GetDifferenceId(), err)
	}
	return &reportingv1.CloseDifferenceResponse{Receipt: receipt}, nil
}
