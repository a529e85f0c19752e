package duty

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

// ClassifyAlert records how this agency sees an incident.
func (s *answers) ClassifyAlert(ctx context.Context, req *enforcementv1.ClassifyAlertRequest) (*enforcementv1.ClassifyAlertResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return Classify(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("classify alert %s: %w", req.GetAlertId(), err)
	}
	return &enforcementv1.ClassifyAlertResponse{Receipt: receipt}, nil
}

// ActOnAlert records what this agency did about an alert, and returns the action's id.
func (s *answers) ActOnAlert(ctx context.Context, req *enforcementv1.ActOnAlertRequest) (*enforcementv1.ActOnAlertResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return ActOn(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("act on alert %s: %w", req.GetAlertId(), err)
	}
	return &enforcementv1.ActOnAlertResponse{Receipt: receipt, ActionId: receipt.GetSubject()}, nil
}

// AnswerConsequence takes or declines what an alert may lead to.
func (s *answers) AnswerConsequence(ctx context.Context, req *enforcementv1.AnswerConsequenceRequest) (*enforcementv1.AnswerConsequenceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return AnswerConsequence(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("answer offer %s: %w", req.GetOfferId(), err)
	}
	return &enforcementv1.AnswerConsequenceResponse{Receipt: receipt}, nil
}

// AddSighting records something that was seen, and returns the sighting's id.
func (s *answers) AddSighting(ctx context.Context, req *enforcementv1.AddSightingRequest) (*enforcementv1.AddSightingResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return AddSighting(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("add a sighting: %w", err)
	}
	return &enforcementv1.AddSightingResponse{Receipt: receipt, SightingId: receipt.GetSubject()}, nil
}

// ProposeCorrection says what should stand in another agency's record, and returns the proposal's id.
func (s *answers) ProposeCorrection(ctx context.Context, req *enforcementv1.ProposeCorrectionRequest) (*enforcementv1.ProposeCorrectionResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return ProposeCorrection(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("propose a correction of %s: %w", req.GetRecordId(), err)
	}
	return &enforcementv1.ProposeCorrectionResponse{Receipt: receipt, CorrectionId: receipt.GetSubject()}, nil
}

// AnswerCorrection accepts or declines a correction of a record of this agency, and says what is still to be done.
func (s *answers) AnswerCorrection(ctx context.Context, req *enforcementv1.AnswerCorrectionRequest) (*enforcementv1.AnswerCorrectionResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return AnswerCorrection(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("answer correction %s: %w", req.GetCorrectionId(), err)
	}
	res := &enforcementv1.AnswerCorrectionResponse{Receipt: receipt}
	if receipt.GetDryRun() != nil {
		return res, nil
	}
	err = s.node.Ledger.View(func(view ledger.View) error {
		res.Next, err = NextStep(view, req.GetCorrectionId())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("say what follows from correction %s: %w", req.GetCorrectionId(), err)
	}
	return res, nil
}
