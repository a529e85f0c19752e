package licensing

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/gate"
)

// CheckProhibitions is the gate of Article 6. The answer to a command that recorded nothing names the check that stands; that
// to a dry run has the result among the facts that would be recorded.
func (s *Service) CheckProhibitions(ctx context.Context, req *licensingv1.CheckProhibitionsRequest) (*licensingv1.CheckProhibitionsResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return gate.CheckProhibitions(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("check application %s under Article 6: %w", req.GetApplicationId(), err)
	}
	if receipt.GetDryRun() != nil {
		return &licensingv1.CheckProhibitionsResponse{Receipt: receipt, CheckId: receipt.GetSubject()}, nil
	}
	var check *ledgerv1.ProhibitionCheck
	err = s.node.Ledger.View(func(view ledger.View) (err error) {
		if receipt.GetSubject() != "" {
			check, err = view.ProhibitionCheck(receipt.GetSubject())
			return err
		}
		a, err := view.Application(req.GetApplicationId())
		if err == nil {
			check, err = gate.LatestCheck(view, a)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the check of application %s: %w", req.GetApplicationId(), err)
	}
	return &licensingv1.CheckProhibitionsResponse{Receipt: receipt, CheckId: check.GetId(), Result: check.GetChecked().GetResult()}, nil
}

// AssessRisk is the gate of Article 7, and the finding on diversion of Article 11. The answer to a command that recorded nothing
// names the assessment that stands.
func (s *Service) AssessRisk(ctx context.Context, req *licensingv1.AssessRiskRequest) (*licensingv1.AssessRiskResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return gate.AssessRisk(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("assess application %s under Article 7: %w", req.GetApplicationId(), err)
	}
	if receipt.GetSubject() != "" {
		return &licensingv1.AssessRiskResponse{Receipt: receipt, AssessmentId: receipt.GetSubject()}, nil
	}
	var standing *ledgerv1.Assessment
	err = s.node.Ledger.View(func(view ledger.View) error {
		a, err := view.Application(req.GetApplicationId())
		if err == nil {
			standing, err = gate.LatestAssessment(view, a)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the assessment of application %s: %w", req.GetApplicationId(), err)
	}
	return &licensingv1.AssessRiskResponse{Receipt: receipt, AssessmentId: standing.GetId()}, nil
}
