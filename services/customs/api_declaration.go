package customs

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
	"github.com/counterfoil/counterfoil/services/customs/grounds"
)

// recorded has a command decided and recorded. what it is about goes in front of an error.
func (s *Service) recorded(ctx context.Context, what string, req desk.Request, decide func(ledger.View) ([]proto.Message, error)) (*eventv1.Receipt, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, decide)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return receipt, nil
}

// standing is where a declaration stands.
func (s *Service) standing(id string) (standing *customsv1.Standing, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		standing, err = declaration.Standing(view, id)
		return err
	})
	return standing, err
}

// LodgeDeclaration puts a declaration on record that is not accepted yet, and returns its id.
func (s *Service) LodgeDeclaration(ctx context.Context, req *customsv1.LodgeDeclarationRequest) (*customsv1.LodgeDeclarationResponse, error) {
	receipt, err := s.recorded(ctx, "lodge declaration "+req.GetNumber(), req, func(view ledger.View) ([]proto.Message, error) {
		return declaration.Lodge(view, req)
	})
	if err != nil {
		return nil, err
	}
	standing, err := s.standing(receipt.GetSubject())
	return &customsv1.LodgeDeclarationResponse{Receipt: receipt, DeclarationId: receipt.GetSubject(), Standing: standing}, err
}

// AcceptDeclaration accepts a declaration, reserves its quantities on the licence, and returns its id.
func (s *Service) AcceptDeclaration(ctx context.Context, req *customsv1.AcceptDeclarationRequest) (*customsv1.AcceptDeclarationResponse, error) {
	receipt, err := s.recorded(ctx, "accept declaration "+req.GetNumber(), req, func(view ledger.View) ([]proto.Message, error) {
		return grounds.Cited(view)(declaration.Accept(view, req, s.node.Desk.Now()))
	})
	if err != nil {
		return nil, err
	}
	standing, err := s.standing(receipt.GetSubject())
	return &customsv1.AcceptDeclarationResponse{Receipt: receipt, DeclarationId: receipt.GetSubject(), Standing: standing}, err
}

// AcceptLodged accepts a declaration as it was lodged.
func (s *Service) AcceptLodged(ctx context.Context, req *customsv1.AcceptLodgedRequest) (*customsv1.AcceptLodgedResponse, error) {
	receipt, err := s.recorded(ctx, "accept declaration "+req.GetDeclarationId(), req, func(view ledger.View) ([]proto.Message, error) {
		return grounds.Cited(view)(declaration.AcceptLodged(view, req, s.node.Desk.Now()))
	})
	if err != nil {
		return nil, err
	}
	standing, err := s.standing(req.GetDeclarationId())
	return &customsv1.AcceptLodgedResponse{Receipt: receipt, Standing: standing}, err
}

// AmendDeclaration restates a declaration.
func (s *Service) AmendDeclaration(ctx context.Context, req *customsv1.AmendDeclarationRequest) (*customsv1.AmendDeclarationResponse, error) {
	receipt, err := s.recorded(ctx, "amend declaration "+req.GetDeclarationId(), req, func(view ledger.View) ([]proto.Message, error) {
		return declaration.Amend(view, req)
	})
	if err != nil {
		return nil, err
	}
	standing, err := s.standing(req.GetDeclarationId())
	return &customsv1.AmendDeclarationResponse{Receipt: receipt, Standing: standing}, err
}

// ConfirmExit commits the quantities that left.
func (s *Service) ConfirmExit(ctx context.Context, req *customsv1.ConfirmExitRequest) (*customsv1.ConfirmExitResponse, error) {
	receipt, err := s.recorded(ctx, "confirm exit of declaration "+req.GetDeclarationId(), req, func(view ledger.View) ([]proto.Message, error) {
		return declaration.ConfirmExit(view, req)
	})
	return &customsv1.ConfirmExitResponse{Receipt: receipt}, err
}

// ConfirmArrival commits the quantities that arrived.
func (s *Service) ConfirmArrival(ctx context.Context, req *customsv1.ConfirmArrivalRequest) (*customsv1.ConfirmArrivalResponse, error) {
	receipt, err := s.recorded(ctx, "confirm arrival of declaration "+req.GetDeclarationId(), req, func(view ledger.View) ([]proto.Message, error) {
		return declaration.ConfirmArrival(view, req)
	})
	return &customsv1.ConfirmArrivalResponse{Receipt: receipt}, err
}

// CancelDeclaration gives the reserved quantities back.
func (s *Service) CancelDeclaration(ctx context.Context, req *customsv1.CancelDeclarationRequest) (*customsv1.CancelDeclarationResponse, error) {
	receipt, err := s.recorded(ctx, "cancel declaration "+req.GetDeclarationId(), req, func(view ledger.View) ([]proto.Message, error) {
		return declaration.Cancel(view, req)
	})
	return &customsv1.CancelDeclarationResponse{Receipt: receipt}, err
}

// OpenTransit sends goods to an office, where they are due.
func (s *Service) OpenTransit(ctx context.Context, req *customsv1.OpenTransitRequest) (*customsv1.OpenTransitResponse, error) {
	receipt, err := s.recorded(ctx, "open transit of declaration "+req.GetDeclarationId(), req, func(view ledger.View) ([]proto.Message, error) {
		return declaration.OpenTransit(view, req)
	})
	return &customsv1.OpenTransitResponse{Receipt: receipt}, err
}

// DischargeTransit says that goods came to an office.
func (s *Service) DischargeTransit(ctx context.Context, req *customsv1.DischargeTransitRequest) (*customsv1.DischargeTransitResponse, error) {
	receipt, err := s.recorded(ctx, "discharge transit of declaration "+req.GetDeclarationId(), req, func(view ledger.View) ([]proto.Message, error) {
		return declaration.DischargeTransit(view, req)
	})
	return &customsv1.DischargeTransitResponse{Receipt: receipt}, err
}

// NoteDiscrepancy records what an officer found.
func (s *Service) NoteDiscrepancy(ctx context.Context, req *customsv1.NoteDiscrepancyRequest) (*customsv1.NoteDiscrepancyResponse, error) {
	receipt, err := s.recorded(ctx, "note a discrepancy of declaration "+req.GetDeclarationId(), req, func(view ledger.View) ([]proto.Message, error) {
		return declaration.Note(view, req)
	})
	return &customsv1.NoteDiscrepancyResponse{Receipt: receipt}, err
}

// OverrideDiscrepancy lets goods go on in spite of a discrepancy.
func (s *Service) OverrideDiscrepancy(ctx context.Context, req *customsv1.OverrideDiscrepancyRequest) (*customsv1.OverrideDiscrepancyResponse, error) {
	receipt, err := s.recorded(ctx, "override discrepancy "+req.GetDiscrepancyId(), req, func(view ledger.View) ([]proto.Message, error) {
		return grounds.Cited(view)(declaration.Override(view, req))
	})
	return &customsv1.OverrideDiscrepancyResponse{Receipt: receipt}, err
}

// SettleDiscrepancy says what a discrepancy turned out to be.
func (s *Service) SettleDiscrepancy(ctx context.Context, req *customsv1.SettleDiscrepancyRequest) (*customsv1.SettleDiscrepancyResponse, error) {
	receipt, err := s.recorded(ctx, "settle discrepancy "+req.GetDiscrepancyId(), req, func(view ledger.View) ([]proto.Message, error) {
		return grounds.Cited(view)(declaration.Settle(view, req))
	})
	return &customsv1.SettleDiscrepancyResponse{Receipt: receipt}, err
}

// CheckDeclaration says whether goods may go on, and what is in the way.
func (s *Service) CheckDeclaration(_ context.Context, req *customsv1.CheckDeclarationRequest) (res *customsv1.CheckDeclarationResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		res, err = declaration.Check(view, req.GetId(), s.node.Desk.Now())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", req.GetId(), err)
	}
	return res, nil
}
