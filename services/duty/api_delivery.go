package duty

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/duty/delivery"
)

// RequestDelivery asks for proof that goods arrived, and returns the delivery's id.
func (s *answers) RequestDelivery(ctx context.Context, req *customsv1.RequestDeliveryRequest) (*customsv1.RequestDeliveryResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return delivery.Request(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("ask for proof of delivery of %s %v: %w", req.GetLicenceId(), req.GetDeclarationIds(), err)
	}
	return &customsv1.RequestDeliveryResponse{Receipt: receipt, DeliveryId: receipt.GetSubject()}, nil
}

// VerifyDelivery puts a proof on record, and says why the delivery is disputed where it is.
func (s *answers) VerifyDelivery(ctx context.Context, req *customsv1.VerifyDeliveryRequest) (*customsv1.VerifyDeliveryResponse, error) {
	res := &customsv1.VerifyDeliveryResponse{}
	var decided []proto.Message
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) (facts []proto.Message, err error) {
		decided, err = delivery.Verify(view, req)
		return decided, err
	})
	if err == nil {
		res.Receipt = receipt
		err = s.node.Ledger.View(func(view ledger.View) (err error) {
			res.Dispute, err = delivery.DisputeIn(view, req.GetDeliveryId(), decided)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("verify delivery %s: %w", req.GetDeliveryId(), err)
	}
	return res, nil
}

// DisputeDelivery says that the goods did not arrive as they should.
func (s *answers) DisputeDelivery(ctx context.Context, req *customsv1.DisputeDeliveryRequest) (*customsv1.DisputeDeliveryResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return delivery.Dispute(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("dispute delivery %s: %w", req.GetDeliveryId(), err)
	}
	return &customsv1.DisputeDeliveryResponse{Receipt: receipt}, nil
}

// ConfirmDelivery tells another agency what arrived.
func (s *answers) ConfirmDelivery(ctx context.Context, req *customsv1.ConfirmDeliveryRequest) (*customsv1.ConfirmDeliveryResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return delivery.Confirm(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("confirm delivery %s: %w", req.GetDeliveryId(), err)
	}
	return &customsv1.ConfirmDeliveryResponse{Receipt: receipt}, nil
}

// PlanCheck plans a look at delivered goods, and returns the check's id.
func (s *answers) PlanCheck(ctx context.Context, req *customsv1.PlanCheckRequest) (*customsv1.PlanCheckResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return delivery.Plan(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("plan a check of %s %s: %w", req.GetLicenceId(), req.GetDeliveryId(), err)
	}
	return &customsv1.PlanCheckResponse{Receipt: receipt, CheckId: receipt.GetSubject()}, nil
}

// RecordCheck says what a check found.
func (s *answers) RecordCheck(ctx context.Context, req *customsv1.RecordCheckRequest) (*customsv1.RecordCheckResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return delivery.Record(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("record check %s: %w", req.GetCheckId(), err)
	}
	return &customsv1.RecordCheckResponse{Receipt: receipt}, nil
}

// ObstructCheck says why a check could not be done.
func (s *answers) ObstructCheck(ctx context.Context, req *customsv1.ObstructCheckRequest) (*customsv1.ObstructCheckResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return delivery.Obstruct(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("record that check %s was obstructed: %w", req.GetCheckId(), err)
	}
	return &customsv1.ObstructCheckResponse{Receipt: receipt}, nil
}
