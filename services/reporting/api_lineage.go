package reporting

import (
	"context"
	"fmt"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/lineage"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// ExplainFigure lists the events behind a figure, each with its proof.
func (s *Service) ExplainFigure(_ context.Context, req *reportingv1.ExplainFigureRequest) (res *reportingv1.ExplainFigureResponse, err error) {
	cell, err := lineage.ParseCell(req.GetCell())
	if err != nil {
		return nil, err
	}
	err = s.node.Ledger.View(func(view ledger.View) error {
		built, err := s.content(view, req.GetWhich())
		if err != nil {
			return err
		}
		res, err = s.trees.Explain(view, built.GetContent(), cell)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("explain figure %s: %w", req.GetCell(), err)
	}
	return res, nil
}

// TakeLineage returns the file by which others recompute an edition and check it against the journals.
func (s *Service) TakeLineage(_ context.Context, req *reportingv1.TakeLineageRequest) (res *reportingv1.TakeLineageResponse, err error) {
	res = &reportingv1.TakeLineageResponse{}
	err = s.node.Ledger.View(func(view ledger.View) error {
		built, err := s.content(view, req.GetWhich())
		if err != nil {
			return err
		}
		res.File, err = s.trees.Take(view, built.GetContent(), req.GetAudience())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take the lineage of a report: %w", err)
	}
	return res, nil
}
