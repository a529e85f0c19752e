package annual_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/reporting/annual"
)

func TestAnyCommand(t *testing.T) {
	given := []proto.Message{
		&directoryv1.AgencyRegistered{Agency: "licensing"}, &directoryv1.AgencyRegistered{Agency: "customs"}, &directoryv1.AgencyRegistered{Agency: "foreign"},
		&directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "customs", "reporting"}},
		&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Group: "all"}}},
		adopted("1", alone), rifles("1", "XB", 10), rifles("2", "XC", 5),
	}
	frozen := append(given[:len(given):len(given)],
		&reportingv1.ReportOpened{ReportId: reportID, Report: report.Annual, Year: 2025, Revision: 1},
		&reportingv1.ReportDrafted{ReportId: reportID, Draft: 1, Digest: digestOfNothing(t)}, &reportingv1.ReportFrozen{ReportId: reportID, Draft: 1},
	)
	w := begin(t, adopted("1", alone), rifles("1", "XB", 10), rifles("2", "XC", 5))
	rows := w.annualDraft().Content.Rows
	words := []string{"licensing", "customs", "foreign", report.Annual, report.National, reportID, rows[0].Id, rows[1].Id[:5], ""}
	hide := &reportingv1.HideRowRequest{Particulars: occurred, Report: report.Annual, Year: 2025, RowId: rows[0].Id, Hidden: &reportingv1.Hidden{Value: true, Reason: commercial}, Text: "prices"}
	note := &reportingv1.NoteRowRequest{Particulars: occurred, Report: report.Annual, Year: 2025, RowId: rows[0].Id, Comment: "a gift"}
	anycommand.Check(t, "reporting", given, words, map[string]anycommand.Rule{
		"hide": anycommand.Of(func(view ledger.View, c *reportingv1.HideRowRequest) ([]proto.Message, error) {
			return annual.Hide(view, rows, c)
		}, hide),
		"note": anycommand.Of(func(view ledger.View, c *reportingv1.NoteRowRequest) ([]proto.Message, error) {
			return annual.Note(view, rows, c)
		}, note),
		"circulate": anycommand.Of(func(view ledger.View, c *reportingv1.CirculateReportRequest) ([]proto.Message, error) {
			return annual.Circulate(view, draftOf(t, view, report.Annual, 2025), c)
		}, with(circulate, func(c *reportingv1.CirculateReportRequest) { c.Agencies, c.Due = []string{"customs", "licensing"}, due })),
		"freeze": anycommand.Of(func(view ledger.View, c *reportingv1.FreezeReportRequest) ([]proto.Message, error) {
			return annual.Freeze(view, draftOf(t, view, report.Annual, 2025), c)
		}, with(freeze, func(c *reportingv1.FreezeReportRequest) { c.Reason = "no imports" })),
	})
	anycommand.Check(t, "reporting", frozen, words, map[string]anycommand.Rule{
		"submit": anycommand.Of(annual.Submit, &reportingv1.SubmitReportRequest{Particulars: occurred, ReportId: reportID, To: "ATT Secretariat", Audience: reportingv1.Audience_AUDIENCE_PUBLIC}),
		"revise": anycommand.Of(annual.Revise, &reportingv1.ReviseReportRequest{Particulars: occurred, ReportId: reportID, Reason: "late data"}),
	})
}

func digestOfNothing(t *testing.T) []byte {
	digest, err := report.Digest(&reportingv1.Content{})
	if err != nil {
		t.Fatal(err)
	}
	return digest
}
