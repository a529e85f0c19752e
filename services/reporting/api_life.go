package reporting

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting/annual"
)

// CheckReport lists what stands between a report and its submission.
func (s *Service) CheckReport(_ context.Context, req *reportingv1.CheckReportRequest) (*reportingv1.CheckReportResponse, error) {
	res := &reportingv1.CheckReportResponse{}
	err := s.node.Ledger.View(func(view ledger.View) error {
		which := req.GetWhich()
		if which.GetReportId() == "" {
			d, err := s.draft(view, which.GetReport(), which.GetYear())
			if err == nil {
				res.Problems, err = annual.Check(view, d, nil, s.node.Desk.Now())
			}
			return err
		}
		kept, err := report.Read(view, which.GetReportId(), which.GetDraft())
		if err != nil {
			return err
		}
		res.Problems, err = s.checkRecorded(view, kept)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("check report: %w", err)
	}
	return res, nil
}

func (s *Service) checkRecorded(view ledger.View, kept report.Recorded) ([]*reportingv1.Problem, error) {
	o := kept.Report.GetOpened()
	d, err := s.draft(view, o.GetReport(), o.GetYear())
	if err != nil {
		return nil, err
	}
	return annual.Check(view, d, &kept, s.node.Desk.Now())
}

// CompareReports lists every figure that differs between two, and why.
func (s *Service) CompareReports(_ context.Context, req *reportingv1.CompareReportsRequest) (*reportingv1.CompareReportsResponse, error) {
	res := &reportingv1.CompareReportsResponse{}
	err := s.node.Ledger.View(func(view ledger.View) error {
		a, err := s.content(view, req.GetA())
		if err != nil {
			return err
		}
		b, err := s.content(view, req.GetB())
		if err != nil {
			return err
		}
		res.Rows, err = annual.Compare(view, a.GetContent(), b.GetContent())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("compare reports: %w", err)
	}
	return res, nil
}

// HideRow says what of a row stays out of editions for others.
func (s *Service) HideRow(ctx context.Context, req *reportingv1.HideRowRequest) (*reportingv1.HideRowResponse, error) {
	rows, err := s.rows(req.GetReport(), req.GetYear())
	if err != nil {
		return nil, fmt.Errorf("hide row %s: %w", req.GetRowId(), err)
	}
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) { return annual.Hide(view, rows, req) })
	if err != nil {
		return nil, fmt.Errorf("hide row %s: %w", req.GetRowId(), err)
	}
	return &reportingv1.HideRowResponse{Receipt: receipt}, nil
}

// NoteRow sets the remarks of a row.
func (s *Service) NoteRow(ctx context.Context, req *reportingv1.NoteRowRequest) (*reportingv1.NoteRowResponse, error) {
	rows, err := s.rows(req.GetReport(), req.GetYear())
	if err != nil {
		return nil, fmt.Errorf("note row %s: %w", req.GetRowId(), err)
	}
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) { return annual.Note(view, rows, req) })
	if err != nil {
		return nil, fmt.Errorf("note row %s: %w", req.GetRowId(), err)
	}
	return &reportingv1.NoteRowResponse{Receipt: receipt}, nil
}

// rows are those of a report as its facts stand.
func (s *Service) rows(name string, year uint32) (rows []*reportingv1.Row, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		c, err := s.drafts.content(view, name, int(year), false)
		rows = c.GetRows()
		return err
	})
	return rows, err
}

// SubmitReport records that a frozen report was handed over.
func (s *Service) SubmitReport(ctx context.Context, req *reportingv1.SubmitReportRequest) (*reportingv1.SubmitReportResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) { return annual.Submit(view, req) })
	if err != nil {
		return nil, fmt.Errorf("record that report %s was handed over: %w", req.GetReportId(), err)
	}
	return &reportingv1.SubmitReportResponse{Receipt: receipt}, nil
}

// ReviseReport opens a revision of a frozen report, and returns its id: that of the one that is open where nothing had to be recorded.
func (s *Service) ReviseReport(ctx context.Context, req *reportingv1.ReviseReportRequest) (*reportingv1.ReviseReportResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) { return annual.Revise(view, req) })
	if err != nil {
		return nil, fmt.Errorf("revise report %s: %w", req.GetReportId(), err)
	}
	res := &reportingv1.ReviseReportResponse{Receipt: receipt, ReportId: receipt.GetSubject()}
	if receipt.GetSubject() != "" || receipt.GetDryRun() != nil {
		return res, nil
	}
	err = s.node.Ledger.View(func(view ledger.View) error {
		revised, err := view.Report(req.GetReportId())
		if err != nil {
			return err
		}
		open, err := annual.Latest(view, revised.GetOpened().GetReport(), revised.GetOpened().GetYear())
		res.ReportId = open.GetId()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find the revision of %s: %w", req.GetReportId(), err)
	}
	return res, nil
}
