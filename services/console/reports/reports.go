// Package reports shows the reports of the State: what is due when, each report with its figures and what they are made of, returns, figures
// that should agree, and requests from the public.
package reports

import (
	"embed"

	"github.com/counterfoil/counterfoil/services/console/web"
)

//go:embed all:pages
var files embed.FS

type pages struct{ web.Pages }

// Register adds the pages to a site.
func Register(s *web.Site) error {
	all, err := web.Templates(files, "pages")
	if err != nil {
		return err
	}
	p := pages{all}
	s.Page("GET /reports", p.overview)
	s.Page("GET /reports/build", p.build)
	s.Page("POST /calendar", p.completeStep)
	s.Page("GET /reports/{name}/{number}", p.report)
	s.Page("POST /reports/{name}/{number}/{step}", p.act)
	s.Page("GET /reports/{name}/{number}/figure", p.figure)
	s.Page("POST /reports/{name}/{number}/figure", p.mark)
	s.Page("GET /reports/{name}/{number}/compare", p.compare)
	s.Page("GET /reports/{name}/{number}/chart/{chart}", p.chart)
	s.Page("GET /reports/{name}/{number}/download", p.download)
	s.Page("GET /returns", p.returns)
	s.Page("POST /returns", p.askReturns)
	s.Page("GET /returns/{agency}/{number}", p.prepare)
	s.Page("POST /returns/{agency}/{number}", p.submitReturn)
	s.Page("GET /reconcile", p.reconcile)
	s.Page("POST /reconcile", p.openTasks)
	s.Page("GET /differences/{agency}/{number}", p.difference)
	s.Page("POST /differences/{agency}/{number}", p.settle)
	s.Page("GET /requests/{agency}/{number}", p.request)
	s.Page("POST /requests/{agency}/{number}", p.answerRequest)
	s.Page("POST /requests", p.openRequest)
	return nil
}

// Services that have the calls of a part: reports are made by one agency, and answered by all that record anything.
const (
	reporting = "reporting"
	observer  = "observer"
	authority = "authority"
)

const calls = "/counterfoil.reporting.v1."

// The calls that the pages cannot do without.
const (
	buildReport   = calls + "ReportService/BuildReport"
	hideRow       = calls + "ReportService/HideRow"
	noteRow       = calls + "ReportService/NoteRow"
	circulate     = calls + "ReportService/CirculateReport"
	freeze        = calls + "ReportService/FreezeReport"
	submit        = calls + "ReportService/SubmitReport"
	revise        = calls + "ReportService/ReviseReport"
	exportReport  = calls + "ReportService/ExportReport"
	compare       = calls + "ReportService/CompareReports"
	completeStep  = calls + "ProcedureService/CompleteStep"
	answerDraft   = calls + "DraftService/AnswerDraft"
	requestReturn = calls + "ReportingService/RequestReturn"
	totals        = calls + "ReportingService/Totals"
	submitReturn  = calls + "ReturnService/SubmitReturn"
	reconcile     = calls + "ReconciliationService/Reconcile"
	openTasks     = calls + "ReconciliationService/OpenDifferences"
	closeTask     = calls + "ReconciliationService/CloseDifference"
	answerTask    = calls + "DifferenceService/AnswerDifference"
	openRequest   = calls + "NationalService/OpenPublicRequest"
	answerRequest = calls + "NationalService/AnswerPublicRequest"
)

// makes returns why somebody may not make a call that only the reporting agency's node serves, or nothing.
func makes(v *web.Visit, procedure string) (string, error) {
	if v.Site().Service != reporting {
		return v.T("reports.only-reporting")
	}
	return v.May(procedure), nil
}

// answers is makes for a call that the node of every agency serves which records anything.
func answers(v *web.Visit, procedure string) (string, error) {
	if s := v.Site().Service; s == observer || s == authority {
		return v.T("reports.only-recording")
	}
	return v.May(procedure), nil
}

// unserved reports whether an error is that the node does not have a call.
func unserved(err error) bool {
	f := web.Refusal(err)
	return f != nil && f.Kind == "unimplemented"
}
