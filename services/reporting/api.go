package reporting

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting/request"
	"github.com/counterfoil/counterfoil/services/reporting/totals"
)

// RequestReturn asks agencies for their contribution to a form of a year and returns the request's id.
func (s *Service) RequestReturn(ctx context.Context, req *reportingv1.RequestReturnRequest) (*reportingv1.RequestReturnResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return request.Return(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("request returns for %s: %w", req.GetForm(), err)
	}
	return &reportingv1.RequestReturnResponse{Receipt: receipt, RequestId: receipt.GetSubject()}, nil
}

// Totals adds up lines by the dimensions asked for.
func (s *Service) Totals(_ context.Context, req *reportingv1.TotalsRequest) (res *reportingv1.TotalsResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		res, err = totals.Of(view, req)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("add up totals: %w", err)
	}
	return res, nil
}
