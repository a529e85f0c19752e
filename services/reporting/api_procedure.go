package reporting

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
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
