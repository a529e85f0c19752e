package annual_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting/annual"
)

func TestHide(t *testing.T) {
	w := begin(t, rifles("1", "XB", 10), rifles("2", "XC", 5))
	rows := w.annualDraft().Content.Rows
	row := rows[0]
	value := &reportingv1.Hidden{Value: true, Reason: commercial}
	hidden := func(h *reportingv1.Hidden, text string) *reportingv1.RowHidden {
		return &reportingv1.RowHidden{
			MarkId: "reporting/att-annual-2025#" + row.Id, Report: report.Annual, Year: 2025, RowId: row.Id, Table: row.Table, Keys: row.Keys, Hidden: h, Text: text,
		}
	}
	hide := func(id string, h *reportingv1.Hidden, text string) *reportingv1.HideRowRequest {
		return &reportingv1.HideRowRequest{Particulars: occurred, Report: report.Annual, Year: 2025, RowId: id, Hidden: h, Text: text}
	}
	before := hidden(value, "prices")
	noted := &reportingv1.RowNoted{MarkId: before.MarkId, Report: report.Annual, Year: 2025, RowId: row.Id, Comment: "a gift"}
	tests := []struct {
		name    string
		given   []proto.Message
		command *reportingv1.HideRowRequest
		want    []proto.Message
		wantErr error
	}{
		{"a value", nil, hide(row.Id, value, "prices"), []proto.Message{hidden(value, "prices")}, nil},
		{"by the beginning of its id", nil, hide(row.Id[:6], value, "prices"), []proto.Message{hidden(value, "prices")}, nil},
		{"the same again", []proto.Message{before}, hide(row.Id, value, "prices"), nil, nil},
		{"another text", []proto.Message{before}, hide(row.Id, value, "contract"), []proto.Message{ledger.Dated{Message: hidden(value, "contract"), Group: "all"}}, nil},
		{"beside a remark", []proto.Message{noted}, hide(row.Id, value, "prices"), []proto.Message{ledger.Dated{Message: hidden(value, "prices"), Group: "all"}}, nil},
		{"shown again", []proto.Message{before}, hide(row.Id, &reportingv1.Hidden{}, ""), []proto.Message{ledger.Dated{Message: hidden(&reportingv1.Hidden{}, ""), Group: "all"}}, nil},
		{"shown, and was", nil, hide(row.Id, &reportingv1.Hidden{}, ""), nil, nil},
		{"without a class of reasons", nil, hide(row.Id, &reportingv1.Hidden{Row: true}, "secret"), nil, fault.Invalid},
		{"a reason for nothing", nil, hide(row.Id, &reportingv1.Hidden{Reason: commercial}, ""), nil, fault.Invalid},
		{"no such row", nil, hide("ffff0000", value, ""), nil, fault.NotFound},
		{"two rows", nil, hide("", value, ""), nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := annual.Hide(begin(t, tt.given...).view(), rows, tt.command)
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || !errors.Is(err, tt.wantErr) {
				t.Errorf("Hide: %v, want %v\n%s", err, tt.wantErr, diff)
			}
		})
	}
}

func TestNote(t *testing.T) {
	w := begin(t, rifles("1", "XB", 10))
	rows := w.annualDraft().Content.Rows
	note := func(comment, description string) *reportingv1.NoteRowRequest {
		return &reportingv1.NoteRowRequest{Particulars: occurred, Report: report.Annual, Year: 2025, RowId: rows[0].Id[:8], Comment: comment, Description: description}
	}
	if got, err := annual.Note(w.view(), rows, note("", "")); len(got) > 0 || err != nil {
		t.Errorf("no remark where there was none: %v, %v", kinds(got), err)
	}
	w.do(annual.Note(w.view(), rows, note("a gift", "rifles")))
	if got, err := annual.Note(w.view(), rows, note("a gift", "rifles")); len(got) > 0 || err != nil {
		t.Errorf("the same again: %v, %v", kinds(got), err)
	}
	if r := w.annualDraft().Content.Rows[0]; r.Comment != "a gift" || r.Description != "rifles" {
		t.Errorf("the row has %q and %q", r.Comment, r.Description)
	}
	w.do(annual.Note(w.view(), rows, note("", "")))
	if r := w.annualDraft().Content.Rows[0]; r.Comment != "" || r.Description != "" {
		t.Errorf("the remarks are still there: %v", r)
	}
	if _, err := annual.Note(w.view(), rows, with(note("x", ""), func(c *reportingv1.NoteRowRequest) { c.RowId = "ffff" })); !errors.Is(err, fault.NotFound) {
		t.Errorf("no such row: %v", err)
	}
}

// What is said of a row after a report was frozen leaves the report as it is, and stands in the next revision.
func TestMarksAfterFreezing(t *testing.T) {
	w := begin(t, adopted("1", alone), rifles("1", "XB", 10))
	w.freeze("no imports")
	rows := w.annualDraft().Content.Rows
	w.do(annual.Hide(w.view(), rows, &reportingv1.HideRowRequest{Report: report.Annual, Year: 2025, RowId: rows[0].Id, Hidden: &reportingv1.Hidden{Row: true, Reason: commercial}}))
	if c := w.read(reportID, 0); c.Rows[0].Hidden != nil || c.Title.WithheldCommercial {
		t.Errorf("the frozen report changed: %v", c.Rows[0])
	}
	w.do(annual.Revise(w.view(), &reportingv1.ReviseReportRequest{ReportId: reportID, Reason: "a row is hidden"}))
	w.freeze("no imports")
	if c := w.read(revisionID, 0); !c.Rows[0].GetHidden().GetRow() || !c.Title.WithheldCommercial {
		t.Errorf("the revision does not have it: %v", c.Rows[0])
	}
}
