package licensing

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/licensing/simulation"
)

// WhatIf judges past decisions again as if something had been otherwise, page by page, so that the ledger is never held for long. Every
// page is answered with those that change; the last has the totals. It ends with ctx.
func (s *Service) WhatIf(ctx context.Context, req *queryv1.WhatIfRequest, stream queryv1connect.WhatIfServiceWhatIfServerStream) error {
	var w *simulation.WhatIf
	err := s.viewAt(ctx, req.GetHorizon(), func(view ledger.View) (err error) {
		w, err = simulation.Try(view, req)
		return err
	})
	for more := true; more && err == nil; {
		var res *queryv1.WhatIfResponse
		err = s.viewAt(ctx, req.GetHorizon(), func(view ledger.View) (err error) {
			res, more, err = w.Next(view)
			return errors.Join(err, ctx.Err())
		})
		if err == nil {
			if !more {
				res.Totals = w.Totals()
			}
			err = stream.Send(res)
		}
	}
	if err != nil {
		return fmt.Errorf("judge decisions again: %w", err)
	}
	return nil
}

// viewAt looks at the ledger as it is in a horizon.
func (s *Service) viewAt(_ context.Context, at *queryv1.Horizon, look func(ledger.View) error) error {
	if at != nil && !proto.Equal(at, &queryv1.Horizon{}) {
		return fault.Errorf(fault.Precondition, "decisions are judged again on the whole ledger only; leave the moment out, and bound the decisions with from and until")
	}
	return s.node.Ledger.View(look)
}
