package enforcement

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/services/enforcement/trace"
)

// OpenTrace records an item that was recovered, or another authority's request, and returns the trace's id.
func (s *Service) OpenTrace(ctx context.Context, req *enforcementv1.OpenTraceRequest) (*enforcementv1.OpenTraceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return trace.Open(view, req, s.clock)
	})
	if err != nil {
		return nil, fmt.Errorf("open trace: %w", err)
	}
	return &enforcementv1.OpenTraceResponse{Receipt: receipt, TraceId: receipt.GetSubject()}, nil
}

// SendTrace records that an authority elsewhere was asked.
func (s *Service) SendTrace(ctx context.Context, req *enforcementv1.SendTraceRequest) (*enforcementv1.SendTraceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return trace.Send(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("send trace %s: %w", req.GetTraceId(), err)
	}
	return &enforcementv1.SendTraceResponse{Receipt: receipt}, nil
}

// AcknowledgeTrace records that a trace was taken up.
func (s *Service) AcknowledgeTrace(ctx context.Context, req *enforcementv1.AcknowledgeTraceRequest) (*enforcementv1.AcknowledgeTraceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return trace.Acknowledge(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("acknowledge trace %s: %w", req.GetTraceId(), err)
	}
	return &enforcementv1.AcknowledgeTraceResponse{Receipt: receipt}, nil
}

// RequestTraceInformation records that more has to be known.
func (s *Service) RequestTraceInformation(ctx context.Context, req *enforcementv1.RequestTraceInformationRequest) (*enforcementv1.RequestTraceInformationResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return trace.RequestInformation(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("request information on trace %s: %w", req.GetTraceId(), err)
	}
	return &enforcementv1.RequestTraceInformationResponse{Receipt: receipt}, nil
}

// AnswerTrace records an answer, in part or final.
func (s *Service) AnswerTrace(ctx context.Context, req *enforcementv1.AnswerTraceRequest) (*enforcementv1.AnswerTraceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return trace.Answer(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("answer trace %s: %w", req.GetTraceId(), err)
	}
	return &enforcementv1.AnswerTraceResponse{Receipt: receipt}, nil
}

// RefuseTrace records that a trace is not answered, and why.
func (s *Service) RefuseTrace(ctx context.Context, req *enforcementv1.RefuseTraceRequest) (*enforcementv1.RefuseTraceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return trace.Refuse(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("refuse trace %s: %w", req.GetTraceId(), err)
	}
	return &enforcementv1.RefuseTraceResponse{Receipt: receipt}, nil
}

// DelayTrace records that the answer comes later.
func (s *Service) DelayTrace(ctx context.Context, req *enforcementv1.DelayTraceRequest) (*enforcementv1.DelayTraceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return trace.Delay(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("delay trace %s: %w", req.GetTraceId(), err)
	}
	return &enforcementv1.DelayTraceResponse{Receipt: receipt}, nil
}

// WithdrawTrace records that the answer is not needed any more.
func (s *Service) WithdrawTrace(ctx context.Context, req *enforcementv1.WithdrawTraceRequest) (*enforcementv1.WithdrawTraceResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return trace.Withdraw(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("withdraw trace %s: %w", req.GetTraceId(), err)
	}
	return &enforcementv1.WithdrawTraceResponse{Receipt: receipt}, nil
}
