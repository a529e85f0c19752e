package reporting

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	"github.com/counterfoil/counterfoil/libs/report/questions"
	"github.com/counterfoil/counterfoil/libs/report/setup"
	"github.com/counterfoil/counterfoil/libs/report/words"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting/answers"
	"github.com/counterfoil/counterfoil/services/reporting/inquiry"
	"github.com/counterfoil/counterfoil/services/reporting/measure"
)

// RecordAnswers puts a version of the answers to a questionnaire on record.
func (s *Service) RecordAnswers(ctx context.Context, req *reportingv1.RecordAnswersRequest) (*reportingv1.RecordAnswersResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return answers.Record(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("record answers to %s: %w", req.GetQuestionnaire(), err)
	}
	return &reportingv1.RecordAnswersResponse{Receipt: receipt, AnswersId: receipt.GetSubject()}, nil
}

// Questionnaire returns the questions of a questionnaire, with the answers of a version that are for an audience.
func (s *Service) Questionnaire(_ context.Context, req *reportingv1.QuestionnaireRequest) (res *reportingv1.QuestionnaireResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		res, err = answers.Questionnaire(view, req)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read questionnaire %s: %w", req.GetQuestionnaire(), err)
	}
	return res, nil
}

// ReportMeasure puts a measure against diversion on record, from a closed alert.
func (s *Service) ReportMeasure(ctx context.Context, req *reportingv1.ReportMeasureRequest) (*reportingv1.ReportMeasureResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return measure.Report(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("report a measure from %s: %w", req.GetAlertId(), err)
	}
	return &reportingv1.ReportMeasureResponse{Receipt: receipt, MeasureId: receipt.GetSubject()}, nil
}

// OpenPublicRequest puts a request from the public on record.
func (s *Service) OpenPublicRequest(ctx context.Context, req *reportingv1.OpenPublicRequestRequest) (*reportingv1.OpenPublicRequestResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return inquiry.Open(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("open a request: %w", err)
	}
	return &reportingv1.OpenPublicRequestResponse{Receipt: receipt, RequestId: receipt.GetSubject()}, nil
}

// AnswerPublicRequest records what was answered.
func (s *Service) AnswerPublicRequest(ctx context.Context, req *reportingv1.AnswerPublicRequestRequest) (*reportingv1.AnswerPublicRequestResponse, error) {
	receipt, err := s.node.Desk.Execute(ctx, req, func(view ledger.View) ([]proto.Message, error) {
		return inquiry.Answer(view, req)
	})
	if err != nil {
		return nil, fmt.Errorf("answer request %s: %w", req.GetRequestId(), err)
	}
	return &reportingv1.AnswerPublicRequestResponse{Receipt: receipt}, nil
}

// ExportSetup returns the national set-up in force now, as YAML.
func (s *Service) ExportSetup(context.Context, *reportingv1.ExportSetupRequest) (res *reportingv1.ExportSetupResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		of, err := setup.Of(view, time.Now())
		if err != nil {
			return err
		}
		file, err := of.YAML()
		res = &reportingv1.ExportSetupResponse{File: file}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("export the set-up: %w", err)
	}
	return res, nil
}

// DraftMeasure fills in what a closed alert says of a measure.
func (s *Service) DraftMeasure(_ context.Context, req *reportingv1.DraftMeasureRequest) (res *reportingv1.DraftMeasureResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		res, err = measure.Draft(view, req.GetAlertId())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("draft a measure from %s: %w", req.GetAlertId(), err)
	}
	return res, nil
}

// WriteReport puts a report in words for those who read it.
func (s *Service) WriteReport(_ context.Context, req *reportingv1.WriteReportRequest) (res *reportingv1.WriteReportResponse, err error) {
	err = s.node.Ledger.View(func(view ledger.View) error {
		written, err := write(view, req)
		res = &reportingv1.WriteReportResponse{Written: written}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("write report %s: %w", req.GetReport(), err)
	}
	return res, nil
}

func write(view ledger.View, req *reportingv1.WriteReportRequest) (*reportingv1.WrittenReport, error) {
	switch req.GetReport() {
	case report.National:
		return words.National(view, int(req.GetYear()), req.GetAudience(), time.Now())
	case words.DiversionMeasures:
		rows, err := view.Measures()
		if err != nil {
			return nil, err
		}
		titles, err := titlesOf(view)
		if err != nil {
			return nil, err
		}
		return words.Measures(rows, titles, req.GetAudience())
	}
	audience, ok := map[string]reportingv1.Audience{
		"public": reportingv1.Audience_AUDIENCE_PUBLIC, "states_parties": reportingv1.Audience_AUDIENCE_STATES_PARTIES, "internal": reportingv1.Audience_AUDIENCE_INTERNAL,
	}[req.GetAudience()]
	q, known := questions.Of(req.GetReport())
	if !ok || !known {
		return nil, fault.Errorf(fault.Invalid, "%s is written for public, states_parties or internal, not for %q", req.GetReport(), req.GetAudience())
	}
	asked, err := answers.Questionnaire(view, &reportingv1.QuestionnaireRequest{Questionnaire: q.Name, Audience: audience})
	if err != nil {
		return nil, err
	}
	return words.Answered(q, asked.GetQuestions(), req.GetAudience()), nil
}

// titlesOf are the names of agencies as others know them.
func titlesOf(view ledger.View) (map[string]string, error) {
	rows, err := view.Agencies()
	titles := map[string]string{}
	for _, a := range rows {
		titles[a.GetId()] = a.GetTitle()
	}
	return titles, err
}
