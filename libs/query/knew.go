package query

import (
	"context"

	"github.com/counterfoil/counterfoil/libs/knowledge"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Knew looks back at what an agency knew when it decided something.
func (s *service) Knew(ctx context.Context, req *queryv1.KnewRequest) (res *queryv1.KnewResponse, err error) {
	read := &queryv1.Access{Call: "Knew", Id: req.Id}
	err = s.Ledger.View(func(v ledger.View) error {
		if res, read.Table, err = knowledge.Review(v, req.Id, req.Event); err != nil {
			return err
		}
		res.Basis, err = basis(v)
		return err
	})
	if err != nil {
		return nil, err
	}
	read.Rows, read.Owners = 1, addOwner(nil, res.Decision.Journal)
	for _, list := range [][]*queryv1.KnownEvent{res.Received, res.NotArrived} {
		read.Rows += uint64(len(list))
		for _, e := range list {
			read.Owners = addOwner(read.Owners, e.Journal)
		}
	}
	return res, s.accessed(ctx, read)
}
