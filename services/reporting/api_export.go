package reporting

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/render"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// firstYear is before every year that is reported on.
const firstYear = 1990

// ExportReport writes an edition in the forms that people use.
func (s *Service) ExportReport(_ context.Context, req *reportingv1.ExportReportRequest) (*reportingv1.ExportReportResponse, error) {
	o := render.Options{Language: req.GetLanguage(), Submitted: req.GetSubmitted(), Register: req.GetRegister()}
	var err error
	if len(req.GetCountryNames()) > 0 {
		if o.Countries, err = render.LoadCountries("country_names", req.GetCountryNames()); err != nil {
			return nil, err
		}
	}
	var built *reportingv1.BuildReportResponse
	err = s.node.Ledger.View(func(view ledger.View) (err error) {
		if built, err = s.content(view, req.GetWhich()); err != nil {
			return err
		}
		of := built.GetContent().GetTitle()
		for year := req.GetSince(); year >= firstYear && year < of.GetYear(); year++ {
			earlier, err := s.drafts.content(view, of.GetReport(), int(year), false)
			if err != nil {
				return err
			}
			if earlier, err = report.Edition(earlier, req.GetAudience()); err != nil {
				return err
			}
			o.Others = append(o.Others, report.Only(earlier, "", false))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("export report: %w", err)
	}
	edition, err := report.Edition(built.GetContent(), req.GetAudience())
	if err != nil {
		return nil, fmt.Errorf("make an edition: %w", err)
	}
	edition = report.Only(edition, "", false) // which records a figure is made of is for nobody else
	files, err := render.Files(edition, o, req.GetAudience(), req.GetFormats())
	if err != nil {
		return nil, fmt.Errorf("write an edition: %w", err)
	}
	res := &reportingv1.ExportReportResponse{Title: edition.GetTitle(), ReportId: built.GetReportId(), Draft: built.GetDraft(), Frozen: built.GetFrozen()}
	for _, f := range files {
		digest := sha256.Sum256(f.Data)
		res.Files = append(res.Files, &reportingv1.ExportedFile{Name: f.Name, Data: f.Data, Sha256: digest[:]})
	}
	return res, nil
}
