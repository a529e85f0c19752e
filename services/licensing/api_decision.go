package licensing

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

// GrantLicence decides an application in its favour and returns the licence's id, or that of a proposal where further persons
// have to sign.
func (s *Service) GrantLicence(ctx context.Context, req *licensingv1.GrantLicenceRequest) (*licensingv1.GrantLicenceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return licence.Grant(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("grant application %s: %w", req.GetApplicationId(), err)
	}
	res := &licensingv1.GrantLicenceResponse{Receipt: receipt}
	res.LicenceId, res.ProposalId = decided(receipt.GetSubject())
	return res, nil
}

// DenyLicence refuses an application and returns the denial's id, or that of a proposal where further persons have to sign.
func (s *Service) DenyLicence(ctx context.Context, req *licensingv1.DenyLicenceRequest) (*licensingv1.DenyLicenceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return licence.Deny(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("deny application %s: %w", req.GetApplicationId(), err)
	}
	res := &licensingv1.DenyLicenceResponse{Receipt: receipt}
	res.DenialId, res.ProposalId = decided(receipt.GetSubject())
	return res, nil
}

// decided tells a licence or denial from a proposal, by the letter that ids begin with.
func decided(id string) (decision, proposal string) {
	if _, number, _ := strings.Cut(id, "/"); strings.HasPrefix(number, "P-") {
		return "", id
	}
	return id, ""
}

// SignDecision signs what another person proposed, and returns the licence or denial when it was the last signature.
func (s *Service) SignDecision(ctx context.Context, req *licensingv1.SignDecisionRequest) (*licensingv1.SignDecisionResponse, error) {
	var open uint32
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		facts, err := licence.Sign(view, req)
		open = licence.Open(view, req.GetProposalId())
		return facts, err
	})
	if err != nil {
		return nil, fmt.Errorf("sign proposal %s: %w", req.GetProposalId(), err)
	}
	res := &licensingv1.SignDecisionResponse{Receipt: receipt}
	if res.DecisionId, _ = decided(receipt.GetSubject()); res.DecisionId == "" {
		res.Open = open
	}
	return res, nil
}

// DropProposal takes a proposal back.
func (s *Service) DropProposal(ctx context.Context, req *licensingv1.DropProposalRequest) (*licensingv1.DropProposalResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return licence.Drop(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("take proposal %s back: %w", req.GetProposalId(), err)
	}
	return &licensingv1.DropProposalResponse{Receipt: receipt}, nil
}

// DeclareConflict keeps the caller out of a case.
func (s *Service) DeclareConflict(ctx context.Context, req *licensingv1.DeclareConflictRequest) (*licensingv1.DeclareConflictResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return licence.DeclareConflict(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("declare a conflict of interest in %s: %w", req.GetApplicationId(), err)
	}
	return &licensingv1.DeclareConflictResponse{Receipt: receipt}, nil
}

// AmendLicence changes the lines, the parties, the conditions or the validity of a licence. New parties are screened first,
// and where hits wait for an officer that is all it does: amend again once they are judged.
func (s *Service) AmendLicence(ctx context.Context, req *licensingv1.AmendLicenceRequest) (*licensingv1.AmendLicenceResponse, error) {
	if len(req.GetParties()) > 0 && !req.GetParticulars().GetDryRun() {
		screen := proto.CloneOf(req)
		screen.Lines, screen.ValidUntil = nil, nil
		if key := screen.GetParticulars().GetIdempotencyKey(); key != "" {
			screen.Particulars.IdempotencyKey = "screen/" + key
		}
		if _, err := s.node.Desk.Execute(ctx, screen, func(view ledger.View) ([]proto.Message, error) {
			return licence.Screen(view, screen)
		}); err != nil {
			return nil, fmt.Errorf("screen the new parties of licence %s: %w", req.GetLicenceId(), err)
		}
	}
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return licence.Amend(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("amend licence %s: %w", req.GetLicenceId(), err)
	}
	return &licensingv1.AmendLicenceResponse{Receipt: receipt}, nil
}

// LodgeAppeal puts an appeal against a decision on record.
func (s *Service) LodgeAppeal(ctx context.Context, req *licensingv1.LodgeAppealRequest) (*licensingv1.LodgeAppealResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return licence.Appeal(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("appeal against %s: %w", req.GetDecisionId(), err)
	}
	return &licensingv1.LodgeAppealResponse{Receipt: receipt, AppealId: receipt.GetSubject()}, nil
}

// DecideAppeal decides an appeal.
func (s *Service) DecideAppeal(ctx context.Context, req *licensingv1.DecideAppealRequest) (*licensingv1.DecideAppealResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return licence.DecideAppeal(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("decide appeal %s: %w", req.GetAppealId(), err)
	}
	return &licensingv1.DecideAppealResponse{Receipt: receipt}, nil
}

// MeetObligation says that something that a decision obliges to was done.
func (s *Service) MeetObligation(ctx context.Context, req *licensingv1.MeetObligationRequest) (*licensingv1.MeetObligationResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return licence.Meet(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("meet obligation %s: %w", req.GetObligationId(), err)
	}
	return &licensingv1.MeetObligationResponse{Receipt: receipt}, nil
}
