package customs

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/grounds"
	"github.com/counterfoil/counterfoil/services/customs/release"
)

// ReleaseGoods looks again whether goods may go. What time it is says the desk's clock, when it decides.
func (s *Service) ReleaseGoods(ctx context.Context, req *customsv1.ReleaseGoodsRequest) (*customsv1.ReleaseGoodsResponse, error) {
	var outcome proto.Message
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) (facts []proto.Message, err error) {
		facts, outcome, err = release.Try(view, req, s.node.Desk.Now())
		return grounds.Cited(view)(facts, err)
	})
	if err != nil {
		return nil, fmt.Errorf("release the goods of declaration %s: %w", req.GetDeclarationId(), err)
	}
	res := &customsv1.ReleaseGoodsResponse{Receipt: receipt}
	switch o := outcome.(type) {
	case *customsv1.GoodsHeld:
		res.Held = o
	case *customsv1.GoodsReleased:
		res.Released = true
	default: // it was recorded before, under the same idempotency key
		return res, s.stands(req.GetDeclarationId(), res)
	}
	return res, nil
}

// stands says how the goods of a declaration stand.
func (s *Service) stands(id string, res *customsv1.ReleaseGoodsResponse) error {
	return s.node.Ledger.View(func(view ledger.View) error {
		d, err := view.Declaration(id)
		if err != nil {
			return fmt.Errorf("read declaration %s: %w", id, err)
		}
		res.Released, res.Held = release.Stands(d)
		return nil
	})
}

// HoldGoods holds goods for an examination or because of an alert.
func (s *Service) HoldGoods(ctx context.Context, req *customsv1.HoldGoodsRequest) (*customsv1.HoldGoodsResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return grounds.Cited(view)(release.Hold(view, req))
	})
	if err != nil {
		return nil, fmt.Errorf("hold the goods of declaration %s: %w", req.GetDeclarationId(), err)
	}
	return &customsv1.HoldGoodsResponse{Receipt: receipt}, nil
}

// LiftHold ends a hold for an examination or an alert.
func (s *Service) LiftHold(ctx context.Context, req *customsv1.LiftHoldRequest) (*customsv1.LiftHoldResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return grounds.Cited(view)(release.Lift(view, req))
	})
	if err != nil {
		return nil, fmt.Errorf("lift the hold on declaration %s: %w", req.GetDeclarationId(), err)
	}
	return &customsv1.LiftHoldResponse{Receipt: receipt}, nil
}
