package ledger

import (
	"fmt"

	"github.com/counterfoil/counterfoil/libs/journal"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

func (v View) Procedure(id string) (*ledgerv1.Procedure, error)   { return get(v, procedures, id) }
func (v View) ReportStep(id string) (*ledgerv1.ReportStep, error) { return get(v, reportSteps, id) }
func (v View) Report(id string) (*ledgerv1.Report, error)         { return get(v, reports, id) }
func (v View) RowMark(id string) (*ledgerv1.RowMark, error)       { return get(v, rowMarks, id) }
func (v View) Difference(id string) (*ledgerv1.Difference, error) { return get(v, differences, id) }
func (v View) ReportAnswers(id string) (*ledgerv1.ReportAnswers, error) {
	return get(v, reportAnswers, id)
}
func (v View) Measure(id string) (*ledgerv1.Measure, error) { return get(v, measures, id) }
func (v View) PublicRequest(id string) (*ledgerv1.PublicRequest, error) {
	return get(v, publicRequests, id)
}

// DraftAnswer is by DraftAnswerID.
func (v View) DraftAnswer(id string) (*ledgerv1.DraftAnswer, error) { return get(v, draftAnswers, id) }

// DifferenceAnswer is by agency, "/", difference id.
func (v View) DifferenceAnswer(id string) (*ledgerv1.DifferenceAnswer, error) {
	return get(v, differenceAnswers, id)
}

// PartnerFigure is by batch id, "#", line.
func (v View) PartnerFigure(id string) (*ledgerv1.PartnerFigure, error) {
	return get(v, partnerFigures, id)
}

// PartnerEdition is by agency, "/", source, "-", edition.
func (v View) PartnerEdition(id string) (*ledgerv1.PartnerEdition, error) {
	return get(v, partnerEditions, id)
}

// Procedures are all versions that were adopted, by id.
func (v View) Procedures() ([]*ledgerv1.Procedure, error) { return everyRow(v, procedures) }

func (v View) ReportsWith(attribute, value string) ([]*ledgerv1.Report, error) {
	return with(v, reports, attribute, value)
}

func (v View) ReportStepsWith(attribute, value string) ([]*ledgerv1.ReportStep, error) {
	return with(v, reportSteps, attribute, value)
}

func (v View) DraftAnswersWith(attribute, value string) ([]*ledgerv1.DraftAnswer, error) {
	return with(v, draftAnswers, attribute, value)
}

func (v View) RowMarksWith(attribute, value string) ([]*ledgerv1.RowMark, error) {
	return with(v, rowMarks, attribute, value)
}

func (v View) PartnerFiguresWith(attribute, value string) ([]*ledgerv1.PartnerFigure, error) {
	return with(v, partnerFigures, attribute, value)
}

func (v View) PartnerEditionsWith(attribute, value string) ([]*ledgerv1.PartnerEdition, error) {
	return with(v, partnerEditions, attribute, value)
}

func (v View) DifferencesWith(attribute, value string) ([]*ledgerv1.Difference, error) {
	return with(v, differences, attribute, value)
}

func (v View) DifferenceAnswersWith(attribute, value string) ([]*ledgerv1.DifferenceAnswer, error) {
	return with(v, differenceAnswers, attribute, value)
}

func (v View) ReportAnswersWith(attribute, value string) ([]*ledgerv1.ReportAnswers, error) {
	return with(v, reportAnswers, attribute, value)
}

func (v View) MeasuresWith(attribute, value string) ([]*ledgerv1.Measure, error) {
	return with(v, measures, attribute, value)
}

// Measures are all measures against diversion that are on record, by id.
func (v View) Measures() ([]*ledgerv1.Measure, error) { return everyRow(v, measures) }

func (v View) PublicRequestsWith(attribute, value string) ([]*ledgerv1.PublicRequest, error) {
	return with(v, publicRequests, attribute, value)
}

// DraftRows are the rows of a part of a draft as they were recorded; nil when the part is not here or its content was withdrawn.
func (v View) DraftRows(report string, draft, part uint32) ([]*reportingv1.Row, error) {
	row, err := get(v, reportParts, ReportPartID(report, draft, part))
	if row == nil || err != nil {
		return nil, err
	}
	id, err := journal.ParseID(row.Journal)
	if err != nil {
		return nil, err
	}
	e, err := v.eventOrRepeat(id, row.Events[len(row.Events)-1])
	if e == nil || err != nil {
		return nil, err
	}
	kept := &reportingv1.ReportPartKept{}
	if err := e.GetFact().UnmarshalTo(kept); err != nil {
		return nil, fmt.Errorf("read part %d of draft %d of %s: %w", part, draft, report, err)
	}
	return kept.Rows, nil
}
