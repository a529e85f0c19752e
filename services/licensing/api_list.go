package licensing

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/licensing/list"
)

// ListContents lists what is on record from a watch list.
func (s *Service) ListContents(_ context.Context, req *screeningv1.ListContentsRequest) (res *screeningv1.ListContentsResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		res, err = list.Contents(view, req)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list what is on record from %s: %w", req.GetSource(), err)
	}
	return res, nil
}

// RecordList records a part of what an edition of a watch list adds, changes and leaves out.
func (s *Service) RecordList(ctx context.Context, req *screeningv1.RecordListRequest) (*screeningv1.RecordListResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return list.Record(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("record a part of list %s of %s: %w", req.GetSource(), req.GetEdition(), err)
	}
	return &screeningv1.RecordListResponse{Receipt: receipt}, nil
}

// CloseList says that an edition of a watch list was read to its end.
func (s *Service) CloseList(ctx context.Context, req *screeningv1.CloseListRequest) (*screeningv1.CloseListResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return list.Close(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("close list %s of %s: %w", req.GetSource(), req.GetEdition(), err)
	}
	return &screeningv1.CloseListResponse{Receipt: receipt}, nil
}

// RecordEmbargo makes a prohibition known, and returns its id, also when it was on record already.
func (s *Service) RecordEmbargo(ctx context.Context, req *screeningv1.RecordEmbargoRequest) (*screeningv1.RecordEmbargoResponse, error) {
	id := ""
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		facts, err := list.RecordEmbargo(view, req)
		if err != nil || len(facts) > 0 {
			return facts, err
		}
		before, err := list.SameEmbargo(view, req.GetEmbargo())
		id = before.GetId()
		return nil, err
	})
	if err != nil {
		return nil, fmt.Errorf("record an embargo: %w", err)
	}
	if receipt.GetSubject() != "" {
		id = receipt.GetSubject()
	}
	return &screeningv1.RecordEmbargoResponse{Receipt: receipt, EmbargoId: id}, nil
}

// EndEmbargo ends an embargo.
func (s *Service) EndEmbargo(ctx context.Context, req *screeningv1.EndEmbargoRequest) (*screeningv1.EndEmbargoResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return list.EndEmbargo(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("end embargo %s: %w", req.GetEmbargoId(), err)
	}
	return &screeningv1.EndEmbargoResponse{Receipt: receipt}, nil
}
