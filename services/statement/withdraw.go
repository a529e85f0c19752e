package statement

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/services/statement/withdrawal"
)

// Withdraw orders every holder to purge the content of an event, wherever this agency has recorded it. The answer is of the
// order about the place that was asked for.
func (s *Service) Withdraw(ctx context.Context, req *directoryv1.WithdrawRequest) (*directoryv1.WithdrawResponse, error) {
	var places []string
	err := s.node.Ledger.View(func(view ledger.View) (err error) {
		places, err = withdrawal.Places(view, req.GetEvent())
		return err
	})
	if errors.Is(err, fault.NotFound) && req.GetParticulars().GetIdempotencyKey() != "" {
		places, err = []string{req.GetEvent()}, nil // it may have been withdrawn by this very request
	}
	if err != nil {
		return nil, fmt.Errorf("withdraw event %s: %w", req.GetEvent(), err)
	}
	var named *directoryv1.WithdrawResponse
	for i, place := range places {
		one := proto.CloneOf(req)
		last := i == len(places)-1
		if !last {
			one.Event = place
			if key := one.GetParticulars().GetIdempotencyKey(); key != "" {
				one.Particulars.IdempotencyKey = key + "/" + place
			}
		}
		receipt, err := s.node.Desk.Execute(ctx, one, func(view ledger.View) ([]proto.Message, error) { return withdrawal.Withdraw(view, one) })
		if err != nil {
			return nil, fmt.Errorf("withdraw event %s: %w", place, err)
		}
		if last {
			named = &directoryv1.WithdrawResponse{Receipt: receipt, WithdrawalId: receipt.Subject}
		}
	}
	return named, nil
}

// Withdrawals says which holders have purged what was withdrawn, and which are overdue.
func (s *Service) Withdrawals(_ context.Context, req *directoryv1.WithdrawalsRequest) (res *directoryv1.WithdrawalsResponse, err error) {
	res = &directoryv1.WithdrawalsResponse{}
	err = s.node.Ledger.View(func(view ledger.View) (err error) {
		res.Withdrawals, err = directory.Withdrawals(view, s.now())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("follow withdrawals: %w", err)
	}
	if id := req.GetWithdrawalId(); id != "" {
		res.Withdrawals = slices.DeleteFunc(res.Withdrawals, func(w *directoryv1.WithdrawalStatus) bool { return w.WithdrawalId != id })
		if len(res.Withdrawals) == 0 {
			return nil, fault.Errorf(fault.NotFound, "no withdrawal %s is on record; list them with: counterfoil withdrawals", id)
		}
	}
	return res, nil
}
