package query

import (
	"context"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/links"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Links returns what a record has in common with others.
func (s *service) Links(ctx context.Context, req *queryv1.LinksRequest) (*queryv1.LinksResponse, error) {
	res := &queryv1.LinksResponse{Id: req.Id}
	var found links.Result
	err := s.at(ctx, req.Horizon, func(v ledger.View) (err error) {
		if found, err = links.Of(v, req.Id, links.Options{Cap: int(req.Cap), By: req.By}); err != nil {
			return err
		}
		res.Table, res.Links, res.LeftOut = found.Table, found.Links, found.LeftOut
		res.Basis, err = basis(v)
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, s.accessed(ctx, &queryv1.Access{Call: "Links", Id: req.Id, Table: res.Table, Rows: uint64(len(found.Rows))}, found.Rows...)
}
