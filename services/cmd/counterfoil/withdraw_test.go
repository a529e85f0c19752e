package main

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1/directoryv1connect"
)

// withdrawals answers about one order; a broken node's is overdue.
type withdrawals struct {
	directoryv1connect.UnimplementedDirectoryServiceHandler
	node *fixedNode
}

func (w withdrawals) Withdraw(context.Context, *directoryv1.WithdrawRequest) (*directoryv1.WithdrawResponse, error) {
	id := "licensing/withdrawal-000001"
	return &directoryv1.WithdrawResponse{Receipt: receipt("licensing/all", id, 1), WithdrawalId: id}, nil
}

func (w withdrawals) Withdrawals(context.Context, *directoryv1.WithdrawalsRequest) (*directoryv1.WithdrawalsResponse, error) {
	s := &directoryv1.WithdrawalStatus{
		WithdrawalId: "licensing/withdrawal-000001", Journal: "licensing/all", At: timestamppb.New(day), Done: []string{"licensing", "observer"},
		Withdrawn: &directoryv1.EventWithdrawn{WithdrawalId: "licensing/withdrawal-000001", Number: 2, Reason: "court order", Due: timestamppb.New(day.Add(7 * 24 * time.Hour))},
	}
	if w.node.broken {
		s.Overdue = []string{"customs"}
	} else {
		s.Open = []string{"customs"}
	}
	return &directoryv1.WithdrawalsResponse{Withdrawals: []*directoryv1.WithdrawalStatus{s}}, nil
}
