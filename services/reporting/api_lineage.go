package reporting

import (
	"context"
	"fmt"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/lineage"
	"github.com/counterfoil/counterfoil/libs/report"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// ExplainFigure lists the events behind a figure, each with its proof.
func (s *Service) ExplainFigure(ctx context.Context, req *reportingv1.ExplainFigureRequest) (res *reportingv1.ExplainFigureResponse, err error) {
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
	var journals []string
	for _, source := range res.Sources {
		journals = append(journals, source.GetJournal())
	}
	return res, s.accessed(ctx, "ExplainFigure", req.GetWhich(), len(res.Sources), journals)
}

// TakeLineage returns the file by which others recompute an edition and check it against the journals.
func (s *Service) TakeLineage(ctx context.Context, req *reportingv1.TakeLineageRequest) (res *reportingv1.TakeLineageResponse, err error) {
	res = &reportingv1.TakeLineageResponse{}
	var journals []string
	events := 0
	err = s.node.Ledger.View(func(view ledger.View) error {
		built, err := s.content(view, req.GetWhich())
		if err != nil {
			return err
		}
		if res.File, err = s.trees.Take(view, built.GetContent(), req.GetAudience()); err != nil {
			return err
		}
		edition, err := report.Edition(built.GetContent(), req.GetAudience())
		for _, row := range edition.GetRows() {
			for _, of := range row.GetContributions() {
				journals, events = append(journals, of.GetJournal()), events+len(of.GetEvents())
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take the lineage of a report: %w", err)
	}
	return res, s.accessed(ctx, "TakeLineage", req.GetWhich(), events, journals)
}

// accessed puts on record that events behind a report are handed out.
func (s *Service) accessed(ctx context.Context, call string, which *reportingv1.Which, events int, journals []string) error {
	id := which.GetReportId()
	if id == "" {
		id = fmt.Sprintf("%s/%d", which.GetReport(), which.GetYear())
	}
	return s.node.Accessed(ctx, &queryv1.Access{Call: call, Id: id, Table: queryv1.Table_TABLE_EVENTS, Rows: uint64(events)}, journals...)
}
