package statement

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/statement/share"
	"github.com/counterfoil/counterfoil/services/statement/widening"
)

// Share repeats what is on record about a row for a wider group.
func (s *Service) Share(ctx context.Context, req *directoryv1.ShareRequest) (*directoryv1.ShareResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return share.Share(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("share %s with group %s: %w", req.GetId(), req.GetGroup(), err)
	}
	return &directoryv1.ShareResponse{Receipt: receipt}, nil
}

// Widen opens an emergency widening.
func (s *Service) Widen(ctx context.Context, req *directoryv1.WidenRequest) (*directoryv1.WidenResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return widening.Widen(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("widen the audience to group %s: %w", req.GetToGroup(), err)
	}
	return &directoryv1.WidenResponse{Receipt: receipt, WideningId: receipt.GetSubject()}, nil
}

// EndWidening ends an emergency widening before its time.
func (s *Service) EndWidening(ctx context.Context, req *directoryv1.EndWideningRequest) (*directoryv1.EndWideningResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return widening.End(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("end %s: %w", req.GetWideningId(), err)
	}
	return &directoryv1.EndWideningResponse{Receipt: receipt}, nil
}

// ReviewWidening closes an emergency widening that is over.
func (s *Service) ReviewWidening(ctx context.Context, req *directoryv1.ReviewWideningRequest) (*directoryv1.ReviewWideningResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return widening.Review(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("review %s: %w", req.GetWideningId(), err)
	}
	return &directoryv1.ReviewWideningResponse{Receipt: receipt}, nil
}

// Seen lists the events that were shared under an emergency widening.
func (s *Service) Seen(_ context.Context, req *directoryv1.SeenRequest) (res *directoryv1.SeenResponse, err error) {
	res = &directoryv1.SeenResponse{}
	err = s.node.Ledger.View(func(view ledger.View) error {
		res.Events, res.Readers, err = widening.Seen(view, req.GetWideningId())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list what was seen under %s: %w", req.GetWideningId(), err)
	}
	return res, nil
}

// again is how long after a failure what is due is tried again.
const again = time.Second

// Run repeats events under emergency widenings as they are recorded, until ctx ends. What is due follows from the ledger
// alone, so that a crash between an event and its repetition is mended by looking again.
func (s *Service) Run(ctx context.Context) error {
	looked := widening.Looked{}
	return s.node.Ledger.Follow(ctx, func() time.Duration {
		if err := s.repeatDue(ctx, &looked); err != nil && ctx.Err() == nil {
			s.node.Logger.Error("events are not shared under a widening yet", "agency", s.node.Agency, "err", err)
			return again
		}
		return 0
	})
}

// repeatDue records what is due until nothing is.
func (s *Service) repeatDue(ctx context.Context, looked *widening.Looked) error {
	for ctx.Err() == nil {
		var facts []proto.Message
		var reached widening.Looked
		decide := func(view ledger.View) (_ []proto.Message, err error) {
			facts, reached, err = widening.Due(view, *looked)
			return facts, err
		}
		err := s.node.Ledger.Committed(func(view ledger.View) error {
			_, err := decide(view)
			return err
		})
		if err == nil && len(facts) > 0 {
			_, err = s.node.Desk.Record(ctx, &eventv1.Particulars{Officer: &eventv1.Officer{Role: "widening"}}, decide)
		}
		if err != nil {
			return err
		}
		*looked = reached
		if len(facts) == 0 {
			return nil
		}
	}
	return nil
}
