package reports

import (
	"strings"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// act takes a report one step on, and shows it with what was done, or with why not.
func (p pages) act(v *web.Visit) error {
	which, err := whichOf(v)
	if err != nil {
		return err
	}
	step := v.R.PathValue("step")
	do, there := map[string]func(*web.Visit, *reportingv1.Which) (*reportingv1.Which, error){
		"circulate": circulateReport, "freeze": freezeReport, "submit": submitReport, "revise": reviseReport, "answer": answerReport,
	}[step]
	if !there {
		return web.NotFound("a report has no step " + step + " here")
	}
	to, err := do(v, which)
	if err == nil {
		at := path(to)
		if strings.Contains(at, "?") {
			return v.Redirect(at + "&done=" + step)
		}
		return v.Redirect(at + "?done=" + step)
	}
	if !web.IsRefusal(err) {
		return err
	}
	page, again := p.readReport(v)
	if again != nil {
		return again
	}
	page.Failed = web.Refusal(err)
	return v.PageAgain(p.Pages, "report", page)
}

// field is what was typed in a form, without spaces around it.
func field(v *web.Visit, name string) string { return strings.TrimSpace(v.R.PostFormValue(name)) }

// spaced are the names in a text that spaces or commas part.
func spaced(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' })
}

func circulateReport(v *web.Visit, which *reportingv1.Which) (*reportingv1.Which, error) {
	due, err := web.ParseTime(field(v, "due"))
	if err != nil {
		return nil, err
	}
	res, err := v.API.Report.CirculateReport(v.R.Context(), &reportingv1.CirculateReportRequest{
		Particulars: particulars(v), Report: which.GetReport(), Year: which.GetYear(), Agencies: spaced(field(v, "agencies")), Due: due, Note: field(v, "note"),
	})
	return &reportingv1.Which{ReportId: res.GetReportId(), Draft: res.GetDraft()}, err
}

func freezeReport(v *web.Visit, which *reportingv1.Which) (*reportingv1.Which, error) {
	of, err := nameAndYear(v, which)
	if err != nil {
		return nil, err
	}
	res, err := v.API.Report.FreezeReport(v.R.Context(), &reportingv1.FreezeReportRequest{Particulars: particulars(v), Report: of.GetReport(), Year: of.GetYear(), Reason: field(v, "reason")})
	return &reportingv1.Which{ReportId: res.GetReportId(), Draft: res.GetDraft()}, err
}

// nameAndYear are those of a report on record, which the form of its page says.
func nameAndYear(v *web.Visit, which *reportingv1.Which) (*reportingv1.Which, error) {
	if which.GetReportId() == "" {
		return which, nil
	}
	return parseNamed(field(v, "of"))
}

// submitReport records that the files of an edition were handed over, with the SHA-256 of each: the same that the page gives to download.
func submitReport(v *web.Visit, which *reportingv1.Which) (*reportingv1.Which, error) {
	audience, err := parseAudience(field(v, "audience"))
	if err != nil {
		return nil, err
	}
	req := &reportingv1.SubmitReportRequest{Particulars: particulars(v), ReportId: which.GetReportId(), To: field(v, "to"), Audience: audience, Reference: field(v, "reference"), Files: map[string][]byte{}}
	if formats := v.R.PostForm["format"]; len(formats) > 0 {
		written, err := v.API.Report.ExportReport(v.R.Context(), &reportingv1.ExportReportRequest{Which: which, Audience: audience, Language: field(v, "language"), Formats: formats})
		if err != nil {
			return nil, err
		}
		for _, f := range written.GetFiles() {
			req.Files[f.GetName()] = f.GetSha256()
		}
	}
	_, err = v.API.Report.SubmitReport(v.R.Context(), req)
	return which, err
}

func reviseReport(v *web.Visit, which *reportingv1.Which) (*reportingv1.Which, error) {
	of, err := nameAndYear(v, which)
	if err != nil {
		return nil, err
	}
	_, err = v.API.Report.ReviseReport(v.R.Context(), &reportingv1.ReviseReportRequest{Particulars: particulars(v), ReportId: which.GetReportId(), Reason: field(v, "reason")})
	return of, err // the revision has no draft yet: its facts are shown as they stand
}

func answerReport(v *web.Visit, which *reportingv1.Which) (*reportingv1.Which, error) {
	_, err := v.API.Draft.AnswerDraft(v.R.Context(), &reportingv1.AnswerDraftRequest{
		Particulars: particulars(v), ReportId: which.GetReportId(), Draft: which.GetDraft(), Approved: field(v, "approved") == "yes", Text: field(v, "text"),
	})
	return which, err
}
