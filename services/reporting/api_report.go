package reporting

import (
	"context"
	"fmt"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// BuildReport works out a report as its facts stand now or stood at a moment, or returns a draft that is on record.
func (s *Service) BuildReport(ctx context.Context, req *reportingv1.BuildReportRequest) (res *reportingv1.BuildReportResponse, err error) {
	if req.GetAsOf() != nil || req.GetTrueAt() != nil {
		res, err = s.contentThen(ctx, req)
	} else {
		err = s.node.Ledger.View(func(view ledger.View) error {
			res, err = s.content(view, req.GetWhich())
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("build report: %w", err)
	}
	if res.Content, err = report.Edition(res.Content, req.GetAudience()); err != nil {
		return nil, fmt.Errorf("make an edition: %w", err)
	}
	res.Content = report.Only(res.Content, req.GetTable(), req.GetContributions())
	return res, nil
}

// contentThen is a report as its facts stood, under the procedure that there is now.
func (s *Service) contentThen(ctx context.Context, req *reportingv1.BuildReportRequest) (*reportingv1.BuildReportResponse, error) {
	if req.GetWhich().GetReportId() != "" {
		return nil, fault.Errorf(fault.Invalid, "%s is on record as it was drafted; name a report and a year to see what it would have been at a moment", req.GetWhich().GetReportId())
	}
	var spec report.Spec
	err := s.node.Ledger.View(func(view ledger.View) (err error) {
		spec, err = report.Of(view, req.GetWhich().GetReport(), int(req.GetWhich().GetYear()))
		return err
	})
	if err != nil {
		return nil, err
	}
	res := &reportingv1.BuildReportResponse{}
	then := &queryv1.Horizon{AsOf: req.GetAsOf(), TrueAt: req.GetTrueAt()}
	return res, s.node.Past().View(ctx, then, func(view ledger.View) error {
		draft, err := report.Build(view, spec)
		if err == nil {
			res.Content, err = draft.Content(view, true)
		}
		return err
	})
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
