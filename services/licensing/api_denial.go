package licensing

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/denial"
)

// RecordDenials records notices of other authorities' denials.
func (s *Service) RecordDenials(ctx context.Context, req *licensingv1.RecordDenialsRequest) (*licensingv1.RecordDenialsResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return denial.Record(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("record notices of denials: %w", err)
	}
	return &licensingv1.RecordDenialsResponse{Receipt: receipt}, nil
}

// NotifyDenial tells others of an own denial and returns the notice's id.
func (s *Service) NotifyDenial(ctx context.Context, req *licensingv1.NotifyDenialRequest) (*licensingv1.NotifyDenialResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return denial.Notify(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("notify denial %s: %w", req.GetDenialId(), err)
	}
	res := &licensingv1.NotifyDenialResponse{Receipt: receipt, NoticeId: receipt.GetSubject()}
	if res.NoticeId == "" { // they were told already
		err = s.node.Ledger.View(func(view ledger.View) (err error) {
			res.NoticeId, err = denial.NoticeID(view, req.GetDenialId())
			return err
		})
	}
	return res, err
}

// RevokeDenial ends that a denial is held against anybody.
func (s *Service) RevokeDenial(ctx context.Context, req *licensingv1.RevokeDenialRequest) (*licensingv1.RevokeDenialResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return denial.Revoke(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("revoke denial %s: %w", req.GetDenialId(), err)
	}
	return &licensingv1.RevokeDenialResponse{Receipt: receipt}, nil
}

// JudgeUndercut records an officer's judgement of an undercut.
func (s *Service) JudgeUndercut(ctx context.Context, req *licensingv1.JudgeUndercutRequest) (*licensingv1.JudgeUndercutResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return denial.Judge(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("judge undercut %s: %w", req.GetUndercutId(), err)
	}
	return &licensingv1.JudgeUndercutResponse{Receipt: receipt}, nil
}

// ConsultDenial asks the authority that denied.
func (s *Service) ConsultDenial(ctx context.Context, req *licensingv1.ConsultDenialRequest) (*licensingv1.ConsultDenialResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return denial.Consult(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("consult on undercut %s: %w", req.GetUndercutId(), err)
	}
	return &licensingv1.ConsultDenialResponse{Receipt: receipt}, nil
}

// RecordReply puts a reply that came on paper on record.
func (s *Service) RecordReply(ctx context.Context, req *licensingv1.RecordReplyRequest) (*licensingv1.RecordReplyResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return denial.RecordReply(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("record the reply to undercut %s: %w", req.GetUndercutId(), err)
	}
	return &licensingv1.RecordReplyResponse{Receipt: receipt}, nil
}

// ReplyToConsultation is the reply of this agency, which denied.
func (s *Service) ReplyToConsultation(ctx context.Context, req *licensingv1.ReplyToConsultationRequest) (*licensingv1.ReplyToConsultationResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return denial.Reply(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("reply to undercut %s: %w", req.GetUndercutId(), err)
	}
	return &licensingv1.ReplyToConsultationResponse{Receipt: receipt}, nil
}

// CheckBlindly asks others about an application without saying which, and returns the check's id.
func (s *Service) CheckBlindly(ctx context.Context, req *licensingv1.CheckBlindlyRequest) (*licensingv1.CheckBlindlyResponse, error) {
	keys, err := s.keys()
	if err != nil {
		return nil, fmt.Errorf("check application %s blindly: %w", req.GetApplicationId(), err)
	}
	if req.Particulars == nil {
		req.Particulars = &eventv1.Particulars{}
	}
	// The event carries a digest of the request, by which readers could try ids of applications.
	mac := hmac.New(sha256.New, keys.Secret)
	mac.Write([]byte(req.GetApplicationId()))
	hidden := &licensingv1.CheckBlindlyRequest{Particulars: req.Particulars, ApplicationId: hex.EncodeToString(mac.Sum(nil))}
	receipt, err := s.node.Desk.Execute(ctx, hidden, func(view ledger.View) ([]proto.Message, error) {
		return denial.CheckBlindly(view, req, keys.Secret)
	})
	if err != nil {
		return nil, fmt.Errorf("check application %s blindly: %w", req.GetApplicationId(), err)
	}
	return &licensingv1.CheckBlindlyResponse{Receipt: receipt, CheckId: receipt.GetSubject()}, nil
}

// BlindCheck says what a check came to so far, and records it when all have answered.
func (s *Service) BlindCheck(ctx context.Context, req *licensingv1.BlindCheckRequest) (*licensingv1.BlindCheckResponse, error) {
	keys, err := s.keys()
	if err != nil {
		return nil, fmt.Errorf("read check %s: %w", req.GetCheckId(), err)
	}
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return denial.Conclude(view, req, keys.Secret)
	})
	if err != nil {
		return nil, fmt.Errorf("conclude check %s: %w", req.GetCheckId(), err)
	}
	var res *denial.Result
	err = s.node.Ledger.View(func(view ledger.View) (err error) {
		res, err = denial.ResultOf(view, req.GetCheckId(), keys.Secret)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read check %s: %w", req.GetCheckId(), err)
	}
	return &licensingv1.BlindCheckResponse{Receipt: receipt, Holders: res.Holders, Open: res.Open, Invalid: res.Invalid}, nil
}

// keys are what this agency makes blind checks with.
func (s *Service) keys() (*denial.Keys, error) {
	if s.blind == nil {
		return nil, fault.Errorf(fault.Unavailable, "this node has no key for blind checks")
	}
	return s.blind()
}

// ConsultationFigures counts consultations by year, State and destination.
func (s *Service) ConsultationFigures(_ context.Context, req *licensingv1.ConsultationFiguresRequest) (res *licensingv1.ConsultationFiguresResponse, err error) {
	res = &licensingv1.ConsultationFiguresResponse{}
	err = s.node.Ledger.View(func(view ledger.View) (err error) {
		res.Figures, err = denial.Figures(view, req.GetYear())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count consultations: %w", err)
	}
	return res, nil
}
