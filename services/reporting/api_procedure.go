package reporting

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting/calendar"
	"github.com/counterfoil/counterfoil/services/reporting/procedure"
)

// AdoptProcedure puts a version of the procedure on record.
func (s *Service) AdoptProcedure(ctx context.Context, req *reportingv1.AdoptProcedureRequest) (*reportingv1.AdoptProcedureResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return procedure.Adopt(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("adopt a procedure: %w", err)
	}
	return &reportingv1.AdoptProcedureResponse{Receipt: receipt, ProcedureId: receipt.GetSubject()}, nil
}

// CompleteStep records that a step of a report was done.
func (s *Service) CompleteStep(ctx context.Context, req *reportingv1.CompleteStepRequest) (*reportingv1.CompleteStepResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return calendar.Complete(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("complete step %s of %s: %w", req.GetStep(), req.GetReport(), err)
	}
	return &reportingv1.CompleteStepResponse{Receipt: receipt}, nil
}
