package query

import (
	"context"

	"github.com/counterfoil/counterfoil/libs/custody"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Custody says who had the items that a mark may be of.
func (s *service) Custody(ctx context.Context, req *queryv1.CustodyRequest) (res *queryv1.CustodyResponse, err error) {
	res = &queryv1.CustodyResponse{}
	err = s.at(ctx, req.Horizon, func(v ledger.View) error {
		if res.Items, err = custody.Of(v, req.Mark); err != nil {
			return err
		}
		res.Basis, err = basis(v)
		return err
	})
	if err != nil {
		return nil, err
	}
	read := &queryv1.Access{Call: "Custody", Id: req.Mark.GetSerial()}
	for _, item := range res.Items {
		for _, step := range item.Steps {
			read.Rows++
			read.Owners = addOwner(read.Owners, step.Journal)
		}
	}
	return res, s.accessed(ctx, read)
}
