package query

import (
	"context"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/replay"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// at calls fn with a view of the part of history that a call asks for.
func (s *service) at(ctx context.Context, h *queryv1.Horizon, fn func(ledger.View) error) error {
	if replay.Whole(h) {
		return s.Ledger.View(fn)
	}
	return s.Past.View(ctx, h, fn)
}

// get finds a row, or an event. A single row of the past is folded from its own events.
func (s *service) get(ctx context.Context, req *queryv1.GetRequest) (res *queryv1.GetResponse, err error) {
	res = &queryv1.GetResponse{}
	if alone := !replay.Whole(req.Horizon) && req.Table != queryv1.Table_TABLE_EVENTS; alone {
		if _, res.Row, _, err = s.Past.Row(ctx, req.Horizon, req.Table, req.Id); err != nil {
			return nil, err
		}
		return res, s.Ledger.View(func(v ledger.View) (err error) {
			res.Basis, err = basis(v)
			return err
		})
	}
	return res, s.at(ctx, req.Horizon, func(v ledger.View) error {
		if res.Row, err = v.Get(req.Table, req.Id); err != nil {
			return err
		}
		res.Basis, err = basis(v)
		return err
	})
}

// notThen says that something is not on record, and at when.
func notThen(h *queryv1.Horizon, id, agency string) error {
	if replay.Whole(h) {
		return fault.Errorf(fault.NotFound, "%s is not on record at %s; it may not be released to it, or not have arrived", id, agency)
	}
	return fault.Errorf(fault.NotFound, "%s was not on record at %s in what was asked for; without the moment the answer is as of now", id, agency)
}

// notServed refuses what only a node can answer.
func notServed(why string) error {
	return fault.Errorf(fault.Precondition, "%s, and this is a ledger in a folder: leave --ledger out and give --context", why)
}
