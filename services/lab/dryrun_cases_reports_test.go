package lab_test

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
)

// reports leaves a national report that is frozen and handed over, and a revision of it that is open.
func (r rehearsed) reports() {
	r.Helper()
	const name = "national"
	year := uint32(time.Now().UTC().Year())
	n := r.node("reporting")
	api := reportingv1connect.NewReportServiceClient(as(n, tokenOf(r.T, n), "officer", ""))
	built, err := api.BuildReport(r.Context(), &reportingv1.BuildReportRequest{Which: &reportingv1.Which{Report: name, Year: year}})
	if err != nil || len(built.GetContent().GetRows()) == 0 {
		r.Fatalf("the report of %d has no rows: %v", year, err)
	}
	row := built.GetContent().GetRows()[0].GetId()
	r.do("reporting", &reportingv1.HideRowRequest{
		Report: name, Year: year, RowId: row, Hidden: &reportingv1.Hidden{Value: true, Reason: reportingv1.HiddenReason_HIDDEN_REASON_COMMERCIAL}, Text: "a running contract",
	})
	r.do("reporting", &reportingv1.NoteRowRequest{Report: name, Year: year, RowId: row, Comment: "a gift"})
	report := r.do("reporting", &reportingv1.CirculateReportRequest{Report: name, Year: year, Agencies: []string{"customs", "licensing"}, Due: timestamppb.New(inTwoYears)})
	r.do("customs", &reportingv1.AnswerDraftRequest{ReportId: report, Text: "one is missing"})
	r.do("customs", &reportingv1.AnswerDraftRequest{ReportId: report, Approved: true})
	r.do("licensing", &reportingv1.AnswerDraftRequest{ReportId: report, Draft: 1, Approved: true})
	r.do("reporting", &reportingv1.FreezeReportRequest{Report: name, Year: year, Reason: "goods that nobody classified"})
	r.do("reporting", &reportingv1.SubmitReportRequest{ReportId: report, To: "parliament", Audience: reportingv1.Audience_AUDIENCE_INTERNAL})
	r.do("reporting", &reportingv1.ReviseReportRequest{ReportId: report, Reason: "late data"})
}
