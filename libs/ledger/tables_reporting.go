package ledger

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

var reportNames = namesOf(ledgerv1.ReportStatus(0))

var procedures = define("procedures", queryv1.Table_TABLE_PROCEDURES, func() *ledgerv1.Procedure { return new(ledgerv1.Procedure) },
	func(r *ledgerv1.Procedure) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(*ledgerv1.Procedure, *entries) {}, byYear).
	dated(5, func(r *ledgerv1.Procedure) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Procedure) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Procedure{Procedure: r}}
	})

var reportSteps = define("report_steps", queryv1.Table_TABLE_REPORT_STEPS, func() *ledgerv1.ReportStep { return new(ledgerv1.ReportStep) },
	func(r *ledgerv1.ReportStep) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.ReportStep, x *entries) {
		var of interface {
			GetReport() string
			GetYear() uint32
			GetAgency() string
			GetStep() string
		} = r.Done
		if len(r.Alarms) > 0 {
			of = r.Alarms[len(r.Alarms)-1]
		}
		x.add(byForm, of.GetReport())
		x.add(byYear, yearName(int(of.GetYear())))
		x.add(byOwner, of.GetAgency())
		x.add(byStage, of.GetStep())
	}, byForm, byYear, byOwner, byStage).
	shown(func(r *ledgerv1.ReportStep) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_ReportStep{ReportStep: r}}
	})

var reports = define("reports", queryv1.Table_TABLE_REPORTS, func() *ledgerv1.Report { return new(ledgerv1.Report) },
	func(r *ledgerv1.Report) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Report, x *entries) {
		x.add(byForm, r.Opened.GetReport())
		x.add(byYear, yearName(int(r.Opened.GetYear())))
		x.add(byStatus, reportNames.of(r.Status.Number()))
		for _, c := range r.Circulated {
			for _, agency := range c.Agencies {
				x.addOnce(byAddressee, agency)
			}
		}
	}, byForm, byYear, byStatus, byAddressee).
	shown(func(r *ledgerv1.Report) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_Report{Report: r}} })

var reportParts = define("report_parts", queryv1.Table_TABLE_UNSPECIFIED, func() *ledgerv1.ReportPart { return new(ledgerv1.ReportPart) },
	func(r *ledgerv1.ReportPart) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(*ledgerv1.ReportPart, *entries) {}, byRecord).
	ownedBy(byRecord)

var draftAnswers = define("draft_answers", queryv1.Table_TABLE_DRAFT_ANSWERS, func() *ledgerv1.DraftAnswer { return new(ledgerv1.DraftAnswer) },
	func(r *ledgerv1.DraftAnswer) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.DraftAnswer, x *entries) {
		x.add(byRecord, r.Answered.GetReportId())
		x.add(byAgency, r.Agency)
		x.add(byOpen, strconv.FormatBool(!r.Answered.GetApproved()))
	}, byRecord, byAgency, byOpen).
	dated(6, func(r *ledgerv1.DraftAnswer) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.DraftAnswer) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_DraftAnswer{DraftAnswer: r}}
	})

var rowMarks = define("row_marks", queryv1.Table_TABLE_ROW_MARKS, func() *ledgerv1.RowMark { return new(ledgerv1.RowMark) },
	func(r *ledgerv1.RowMark) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.RowMark, x *entries) {
		x.add(byForm, cmp.Or(r.Hidden.GetReport(), r.Noted.GetReport()))
		x.add(byYear, yearName(int(max(r.Hidden.GetYear(), r.Noted.GetYear()))))
	}, byForm, byYear).
	shown(func(r *ledgerv1.RowMark) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_RowMark{RowMark: r}} })

var partnerFigures = define("partner_figures", queryv1.Table_TABLE_PARTNER_FIGURES, func() *ledgerv1.PartnerFigure { return new(ledgerv1.PartnerFigure) },
	func(r *ledgerv1.PartnerFigure) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.PartnerFigure, x *entries) {
		x.add(bySource, r.Source)
		x.add(byEdition, r.Edition)
		x.add(byYear, yearName(int(r.Figure.GetYear())))
		x.add(byOrigin, cmp.Or(r.Figure.GetExporter(), r.Figure.GetExporterName()))
		x.add(byDestination, cmp.Or(r.Figure.GetImporter(), r.Figure.GetImporterName()))
		x.add(byRating, r.Figure.GetCategory())
	}, bySource, byEdition, byYear, byOrigin, byDestination, byRating).
	shown(func(r *ledgerv1.PartnerFigure) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_PartnerFigure{PartnerFigure: r}}
	})

var partnerEditions = define("partner_editions", queryv1.Table_TABLE_PARTNER_EDITIONS, func() *ledgerv1.PartnerEdition { return new(ledgerv1.PartnerEdition) },
	func(r *ledgerv1.PartnerEdition) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.PartnerEdition, x *entries) { x.add(bySource, r.Closed.GetSource()) }, bySource).
	dated(0, func(r *ledgerv1.PartnerEdition) *timestamppb.Timestamp {
		day, err := time.Parse(time.DateOnly, r.Closed.GetEdition())
		if err != nil {
			return nil
		}
		return timestamppb.New(day)
	}).
	shown(func(r *ledgerv1.PartnerEdition) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_PartnerEdition{PartnerEdition: r}}
	})

var differences = define("differences", queryv1.Table_TABLE_DIFFERENCES, func() *ledgerv1.Difference { return new(ledgerv1.Difference) },
	func(r *ledgerv1.Difference) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Difference, x *entries) {
		d := r.Found.GetDifference()
		x.add(byYear, yearName(int(d.GetYear())))
		x.add(byOwner, d.GetOwner())
		x.add(byKind, strings.ToLower(strings.TrimPrefix(d.GetComparison().String(), "COMPARISON_")))
		x.add(bySource, d.GetSource())
		x.add(byOpen, strconv.FormatBool(r.Closed == nil))
	}, byYear, byOwner, byKind, bySource, byOpen).
	shown(func(r *ledgerv1.Difference) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Difference{Difference: r}}
	})

var differenceAnswers = define("difference_answers", queryv1.Table_TABLE_DIFFERENCE_ANSWERS, func() *ledgerv1.DifferenceAnswer { return new(ledgerv1.DifferenceAnswer) },
	func(r *ledgerv1.DifferenceAnswer) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.DifferenceAnswer, x *entries) {
		x.add(byRecord, r.Answered.GetDifferenceId())
		x.add(byAgency, r.Agency)
	}, byRecord, byAgency).
	dated(6, func(r *ledgerv1.DifferenceAnswer) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.DifferenceAnswer) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_DifferenceAnswer{DifferenceAnswer: r}}
	})

var reportAnswers = define("report_answers", queryv1.Table_TABLE_REPORT_ANSWERS, func() *ledgerv1.ReportAnswers { return new(ledgerv1.ReportAnswers) },
	func(r *ledgerv1.ReportAnswers) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.ReportAnswers, x *entries) {
		x.add(byForm, r.Recorded.GetQuestionnaire())
	}, byForm, byYear).
	dated(5, func(r *ledgerv1.ReportAnswers) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.ReportAnswers) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_ReportAnswers{ReportAnswers: r}}
	})

var measures = define("measures", queryv1.Table_TABLE_MEASURES, func() *ledgerv1.Measure { return new(ledgerv1.Measure) },
	func(r *ledgerv1.Measure) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Measure, x *entries) {
		m := r.Reported.GetMeasure()
		x.add(byAlert, r.Reported.GetAlertId())
		x.add(byStage, m.GetStage())
		for _, c := range m.GetCategories() {
			x.addOnce(byCategory, c)
		}
	}, byAlert, byStage, byYear, byCategory).
	dated(5, func(r *ledgerv1.Measure) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Measure) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_Measure{Measure: r}} })

var publicRequests = define("public_requests", queryv1.Table_TABLE_PUBLIC_REQUESTS, func() *ledgerv1.PublicRequest { return new(ledgerv1.PublicRequest) },
	func(r *ledgerv1.PublicRequest) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.PublicRequest, x *entries) {
		x.add(bySource, r.Opened.GetFrom())
		x.add(byOpen, strconv.FormatBool(r.Answered == nil))
	}, bySource, byYear, byOpen).
	dated(5, func(r *ledgerv1.PublicRequest) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.PublicRequest) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_PublicRequest{PublicRequest: r}}
	})

// ReportPartID is the id of the row that points at a part of a draft.
func ReportPartID(report string, draft, part uint32) string {
	return fmt.Sprintf("%s#%d#%d", report, draft, part)
}

// DraftAnswerID is the id of an agency's answer to a draft.
func DraftAnswerID(agency, report string, draft uint32) string {
	return fmt.Sprintf("%s/%s#%d", agency, report, draft)
}
