package licensing

import (
	"context"
	"errors"
	"fmt"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/replay"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/licensing/simulation"
)

// WhatIf judges past decisions again as if something had been otherwise, page by page, so that the ledger is never held for long. Every
// page is answered with those that change, once that is on record; the last has the totals. It ends with ctx.
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
			err = s.judged(ctx, res)
		}
		if err == nil {
			err = stream.Send(res)
		}
	}
	if err != nil {
		return fmt.Errorf("judge decisions again: %w", err)
	}
	return nil
}

// judged puts on record that decisions and what they rested on are read; a page that names none and has no totals is no reading.
func (s *Service) judged(ctx context.Context, res *queryv1.WhatIfResponse) error {
	if len(res.GetDecisions()) == 0 && res.GetTotals() == nil {
		return nil
	}
	var of []string
	for _, d := range res.GetDecisions() {
		of = append(of, d.GetApplicationId(), d.GetDecisionId())
		for _, r := range d.GetReasons() {
			of = append(of, r.GetEvent())
		}
	}
	return s.node.Accessed(ctx, &queryv1.Access{Call: "WhatIf", Table: queryv1.Table_TABLE_APPLICATIONS, Rows: uint64(len(res.GetDecisions()))}, of...)
}

// viewAt looks at the part of history that a call asks for.
func (s *Service) viewAt(ctx context.Context, at *queryv1.Horizon, look func(ledger.View) error) error {
	if replay.Whole(at) {
		return s.node.Ledger.View(look)
	}
	return s.node.Past().View(ctx, at, look)
}
