package reporting

import (
	"context"
	"fmt"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// BuildReport works out a report as its facts stand now, or returns a draft that is on record.
func (s *Service) BuildReport(_ context.Context, req *reportingv1.BuildReportRequest) (res *reportingv1.BuildReportResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		res, err = s.content(view, req.GetWhich())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("build report: %w", err)
	}
	if res.Content, err = report.Edition(res.Content, req.GetAudience()); err != nil {
		return nil, fmt.Errorf("make an edition: %w", err)
	}
	res.Content = report.Only(res.Content, req.GetTable(), req.GetContributions())
	return res, nil
}

// content is a report with all that it is made of: live, or from the parts of a draft, which are what its digest says.
func (s *Service) content(view ledger.View, which *reportingv1.Which) (*reportingv1.BuildReportResponse, error) {
	if which.GetReportId() != "" {
		kept, err := report.Read(view, which.GetReportId(), which.GetDraft())
		return &reportingv1.BuildReportResponse{Content: kept.Content, ReportId: which.GetReportId(), Draft: kept.Draft, Frozen: kept.Frozen()}, err
	}
	c, err := s.drafts.content(view, which.GetReport(), int(which.GetYear()), true)
	return &reportingv1.BuildReportResponse{Content: c}, err
}
