package duty

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/screening"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// ScreenName compares a party with watch lists, denials and open alerts.
func (s *answers) ScreenName(ctx context.Context, req *screeningv1.ScreenNameRequest) (res *screeningv1.ScreenNameResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		res, err = ScreenName(view, req)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("screen a name: %w", err)
	}
	var rows []string
	for _, hit := range res.GetHits() {
		rows = append(rows, hit.GetId())
	}
	return res, s.node.Accessed(ctx, &queryv1.Access{Call: "ScreenName", Rows: uint64(len(rows))}, rows...)
}

// ScreenSubject screens every party of an application or a licence, and returns the screening's id: that of the last one
// where it would say the same again.
func (s *answers) ScreenSubject(ctx context.Context, req *screeningv1.ScreenSubjectRequest) (*screeningv1.ScreenSubjectResponse, error) {
	if s.subject == nil {
		return nil, fault.Errorf(fault.NotAllowed, "%s has no applications and licences to screen; ask the agency that has %s", s.node.Agency, req.GetSubject())
	}
	id := ""
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		facts, err := Screen(view, s.subject, req.GetParticulars().GetOccurredAt().AsTime(), req.GetSubject())
		if err != nil || len(facts) > 0 {
			return facts, err
		}
		last, err := screening.Latest(view, req.GetSubject())
		id = last.GetId()
		return nil, err
	})
	if err != nil {
		return nil, fmt.Errorf("screen %s: %w", req.GetSubject(), err)
	}
	if receipt.GetSubject() != "" {
		id = receipt.GetSubject()
	}
	return &screeningv1.ScreenSubjectResponse{Receipt: receipt, ScreeningId: id}, nil
}

// JudgeHit records an officer's judgement of a hit.
func (s *answers) JudgeHit(ctx context.Context, req *screeningv1.JudgeHitRequest) (*screeningv1.JudgeHitResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return JudgeHit(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("judge hit %d of %s: %w", req.GetHit(), req.GetScreeningId(), err)
	}
	return &screeningv1.JudgeHitResponse{Receipt: receipt}, nil
}
