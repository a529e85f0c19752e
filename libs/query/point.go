package query

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/projection"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// at calls fn with the ledger as it is at a horizon; the empty one is now.
func (s *service) at(ctx context.Context, h *queryv1.Horizon, fn func(ledger.View) error) error {
	switch {
	case isNow(h):
		return s.Ledger.View(fn)
	case proto.Equal(h, &queryv1.Horizon{AsOf: h.AsOf}):
		return projection.AsOf(ctx, s.Ledger, h.AsOf.AsTime(), func(journal.ID) bool { return true }, fn)
	}
	return fault.Errorf(fault.Precondition, "the node of %s answers this only as of a moment or as of now", s.Agency)
}

func isNow(h *queryv1.Horizon) bool { return h == nil || proto.Equal(h, &queryv1.Horizon{}) }

// between calls fn with what looks at the ledger at two points. A point in the past is the same each time that it is looked at, the one that
// is now goes on between one look and the next, so that nobody who is slow to read keeps the ledger from growing.
func (s *service) between(ctx context.Context, before, after *queryv1.Horizon, fn func(look func(func(before, after ledger.View) error) error) error) error {
	switch {
	case isNow(before) && isNow(after), proto.Equal(before, after):
		return fault.Errorf(fault.Invalid, "both points are the same: give two that differ")
	case isNow(before):
		return s.at(ctx, after, func(then ledger.View) error {
			return fn(func(read func(before, after ledger.View) error) error {
				return s.Ledger.View(func(now ledger.View) error { return read(now, then) })
			})
		})
	case isNow(after):
		return s.at(ctx, before, func(then ledger.View) error {
			return fn(func(read func(before, after ledger.View) error) error {
				return s.Ledger.View(func(now ledger.View) error { return read(then, now) })
			})
		})
	}
	return s.at(ctx, before, func(earlier ledger.View) error {
		return s.at(ctx, after, func(later ledger.View) error {
			return fn(func(read func(before, after ledger.View) error) error { return read(earlier, later) })
		})
	})
}
