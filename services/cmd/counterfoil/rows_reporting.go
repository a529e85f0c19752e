package main

import (
	"cmp"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// reportingHeads is heads for reports and what they come of.
func reportingHeads(table queryv1.Table) []string {
	switch table {
	case queryv1.Table_TABLE_PROCEDURES:
		return []string{"procedure", "adopted", "reason"}
	case queryv1.Table_TABLE_REPORT_STEPS:
		return []string{"step", "agency", "due", "last", "at"}
	case queryv1.Table_TABLE_REPORTS:
		return []string{"report", "year", "revision", "status", "drafts", "circulated to", "frozen", "submitted to"}
	case queryv1.Table_TABLE_DRAFT_ANSWERS:
		return []string{"answer", "report", "draft", "agency", "approved", "text", "at"}
	case queryv1.Table_TABLE_ROW_MARKS:
		return []string{"row", "hidden", "reason", "comment"}
	case queryv1.Table_TABLE_PARTNER_FIGURES:
		return []string{"figure", "source", "year", "exporter", "importer", "category", "licences", "licensed", "exported", "items", "odd"}
	case queryv1.Table_TABLE_PARTNER_EDITIONS:
		return []string{"edition", "source", "date", "figures", "unread"}
	case queryv1.Table_TABLE_DIFFERENCES:
		return []string{"difference", "comparison", "year", "of", "measure", "ours", "theirs", "owner", "due", "closed"}
	case queryv1.Table_TABLE_DIFFERENCE_ANSWERS:
		return []string{"answer", "difference", "agency", "finding", "text", "at"}
	case queryv1.Table_TABLE_REPORT_ANSWERS:
		return []string{"answers", "version", "answered", "recorded", "reason"}
	case queryv1.Table_TABLE_MEASURES:
		return []string{"measure", "alert", "title", "date", "stage", "release"}
	case queryv1.Table_TABLE_PUBLIC_REQUESTS:
		return []string{"request", "from", "reference", "due", "asked", "answered"}
	}
	return nil
}

// reportingCells returns a row as reportingHeads names it.
func reportingCells(row *queryv1.Row) []string {
	switch r := row.GetRow().(type) {
	case *queryv1.Row_Procedure:
		p := r.Procedure
		return []string{p.Id, date(p.At), p.GetAdopted().GetReason()}
	case *queryv1.Row_ReportStep:
		s := r.ReportStep
		last, at := &reportingv1.StepAlarmed{}, (*timestamppb.Timestamp)(nil)
		if n := min(len(s.Alarms), len(s.At)); n > 0 {
			last, at = s.Alarms[n-1], s.At[n-1]
		}
		if s.Done != nil {
			return []string{s.Id, s.Done.GetAgency(), date(last.GetDue()), "done", date(s.DoneAt)}
		}
		return []string{s.Id, last.GetAgency(), date(last.GetDue()), enum(last.GetAlarm()), date(at)}
	case *queryv1.Row_Report:
		p, o := r.Report, r.Report.GetOpened()
		var asked, to []string
		for _, c := range p.GetCirculated() {
			asked = c.GetAgencies()
		}
		for _, s := range p.GetSubmitted() {
			to = append(to, s.GetTo())
		}
		return []string{p.Id, count(int(o.GetYear())), count(int(o.GetRevision())), enum(p.Status), count(len(p.Drafts)), strings.Join(asked, " "), date(p.FrozenAt), strings.Join(to, ", ")}
	case *queryv1.Row_DraftAnswer:
		a := r.DraftAnswer
		return []string{a.Id, a.GetAnswered().GetReportId(), count(int(a.GetAnswered().GetDraft())), a.Agency, yesNo(a.GetAnswered().GetApproved()), a.GetAnswered().GetText(), date(a.At)}
	case *queryv1.Row_RowMark:
		m := r.RowMark
		return []string{m.Id, hiddenWord(m.GetHidden().GetHidden()), enum(m.GetHidden().GetHidden().GetReason()), m.GetNoted().GetComment()}
	case *queryv1.Row_PartnerFigure:
		p, f := r.PartnerFigure, cmp.Or(r.PartnerFigure.GetFigure(), &reportingv1.PartnerFigure{})
		return []string{p.Id, p.Source, count(int(f.GetYear())), orElse(f.GetExporter(), f.GetExporterName()), orElse(f.GetImporter(), f.GetImporterName()), f.GetCategory(),
			stated(f.Licences != nil, number(f.GetLicences())), stated(f.LicensedMinor != nil, amount(f.GetLicensedMinor(), f.GetCurrency())),
			stated(f.ExportedMinor != nil, amount(f.GetExportedMinor(), f.GetCurrency())), stated(f.Items != nil, strings.TrimSuffix(strings.TrimRight(decimal(f.GetItems(), 3), "0"), ".")), strings.Join(f.GetOddities(), " ")}
	case *queryv1.Row_PartnerEdition:
		e := r.PartnerEdition
		return []string{e.Id, e.GetClosed().GetSource(), e.GetClosed().GetEdition(), number(e.GetClosed().GetFigures()), count(len(e.GetClosed().GetUnread()))}
	case *queryv1.Row_Difference:
		d := r.Difference
		f := d.GetFound().GetDifference()
		return []string{d.Id, enum(f.GetComparison()), count(int(f.GetYear())), strings.Join(f.GetKeys(), " "), f.GetMeasure(), measured(f.GetMeasure(), f.GetOurs()), measured(f.GetMeasure(), f.GetTheirs()), f.GetOwner(),
			date(d.GetFound().GetDue()), enum(d.GetClosed().GetFinding())}
	case *queryv1.Row_DifferenceAnswer:
		a := r.DifferenceAnswer
		return []string{a.Id, a.GetAnswered().GetDifferenceId(), a.Agency, enum(a.GetAnswered().GetFinding()), a.GetAnswered().GetText(), date(a.At)}
	case *queryv1.Row_ReportAnswers:
		a := r.ReportAnswers
		return []string{a.Id, count(int(a.GetRecorded().GetVersion())), count(len(a.GetRecorded().GetAnswers())), date(a.At), a.GetRecorded().GetReason()}
	case *queryv1.Row_Measure:
		m := r.Measure
		return []string{m.Id, m.GetReported().GetAlertId(), m.GetReported().GetMeasure().GetTitle(), m.GetReported().GetMeasure().GetDate(), m.GetReported().GetMeasure().GetStage(), enum(m.GetReported().GetMeasure().GetRelease())}
	case *queryv1.Row_PublicRequest:
		q := r.PublicRequest
		return []string{q.Id, q.GetOpened().GetFrom(), q.GetOpened().GetReference(), date(q.GetOpened().GetDue()), date(q.At), date(q.AnsweredAt)}
	}
	return nil
}

// stated is a figure, or nothing where the source does not state it: empty is not zero.
func stated(is bool, figure string) string {
	if !is {
		return ""
	}
	return figure
}

// hiddenWord is what of a row stays out of editions for others.
func hiddenWord(h *reportingv1.Hidden) string {
	var words []string
	for _, part := range []struct {
		is   bool
		word string
	}{{h.GetRow(), "row"}, {h.GetQuantity(), "quantity"}, {h.GetValue(), "value"}, {h.GetDescription(), "description"}} {
		if part.is {
			words = append(words, part.word)
		}
	}
	return strings.Join(words, " ")
}
