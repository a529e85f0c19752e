package statement

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/services/statement/handover"
)

// AgreeRelease lets a member of a group read this agency's journal of it.
func (s *Service) AgreeRelease(ctx context.Context, req *directoryv1.AgreeReleaseRequest) (*directoryv1.AgreeReleaseResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return s.node.Keeper.Agree(view, req.GetGroup(), req.GetReader())
	})
	if err != nil {
		return nil, fmt.Errorf("agree to %s for group %s: %w", req.GetReader(), req.GetGroup(), err)
	}
	return &directoryv1.AgreeReleaseResponse{Receipt: receipt}, nil
}

// RefuseRelease does not let a member of a group read this agency's journal of it.
func (s *Service) RefuseRelease(ctx context.Context, req *directoryv1.RefuseReleaseRequest) (*directoryv1.RefuseReleaseResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return s.node.Keeper.Refuse(view, req.GetGroup(), req.GetReader(), req.GetReason())
	})
	if err != nil {
		return nil, fmt.Errorf("refuse %s for group %s: %w", req.GetReader(), req.GetGroup(), err)
	}
	return &directoryv1.RefuseReleaseResponse{Receipt: receipt}, nil
}

// EndRelease takes a consent back.
func (s *Service) EndRelease(ctx context.Context, req *directoryv1.EndReleaseRequest) (*directoryv1.EndReleaseResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return s.node.Keeper.End(view, req.GetGroup(), req.GetReader(), req.GetReason())
	})
	if err != nil {
		return nil, fmt.Errorf("end the release to %s for group %s: %w", req.GetReader(), req.GetGroup(), err)
	}
	return &directoryv1.EndReleaseResponse{Receipt: receipt}, nil
}

// HandOver records that a role passes on, with the duties that are open.
func (s *Service) HandOver(ctx context.Context, req *directoryv1.HandOverRequest) (*directoryv1.HandOverResponse, error) {
	res := &directoryv1.HandOverResponse{}
	var err error
	res.Receipt, err = s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return handover.HandOver(view, req)
	})
	if err == nil {
		res.Duties, err = s.handedOver(res.Receipt.GetSubject())
	}
	if err != nil {
		return nil, fmt.Errorf("hand over %s: %w", req.GetRole(), err)
	}
	return res, nil
}

// handedOver are the duties that a hand-over on record names; none of a dry run.
func (s *Service) handedOver(id string) (duties []*directoryv1.Duty, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		all, err := view.Handovers()
		for _, h := range all {
			if h.Id == id {
				duties = h.HandedOver.GetDuties()
			}
		}
		return err
	})
	return duties, err
}

// Duties lists what is open at this agency.
func (s *Service) Duties(context.Context, *directoryv1.DutiesRequest) (res *directoryv1.DutiesResponse, err error) {
	res = &directoryv1.DutiesResponse{}
	err = s.node.Ledger.View(func(view ledger.View) error {
		res.Duties, err = handover.Duties(view, s.now())
		return err
	})
	return res, err
}
