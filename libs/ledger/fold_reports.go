package ledger

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

const (
	reportOpen       = ledgerv1.ReportStatus_REPORT_STATUS_OPEN
	reportCirculated = ledgerv1.ReportStatus_REPORT_STATUS_CIRCULATED
	reportFrozen     = ledgerv1.ReportStatus_REPORT_STATUS_FROZEN
	reportSubmitted  = ledgerv1.ReportStatus_REPORT_STATUS_SUBMITTED
)

// reports keeps the rows of reports: what is frozen is never changed by anything.
func (f *folding) reports(fact proto.Message) error {
	switch e := fact.(type) {
	case *reportingv1.ReportOpened:
		return put(f, reports, &ledgerv1.Report{Id: e.ReportId, Opened: e, OpenedAt: f.event.OccurredAt, Status: reportOpen})
	case *reportingv1.ReportPartKept:
		return f.reportPart(e)
	case *reportingv1.ReportDrafted:
		return f.unfrozen(e.ReportId, func(r *ledgerv1.Report) error {
			if int(e.Draft) != len(r.Drafts)+1 {
				return f.refuse("draft %d of %s does not follow draft %d", e.Draft, r.Id, len(r.Drafts))
			}
			r.Drafts = append(r.Drafts, e)
			return nil
		})
	case *reportingv1.DraftCirculated:
		return f.unfrozen(e.ReportId, func(r *ledgerv1.Report) error {
			if int(e.Draft) != len(r.Drafts) {
				return f.refuse("draft %d is not the last of %s", e.Draft, r.Id)
			}
			r.Circulated, r.Status = append(r.Circulated, e), reportCirculated
			return nil
		})
	case *reportingv1.DraftAnswered: // the report is of another agency and may not be here yet
		id := DraftAnswerID(f.id.Agency, e.ReportId, e.Draft)
		return upsert(f, draftAnswers, id, func() *ledgerv1.DraftAnswer { return &ledgerv1.DraftAnswer{Id: id, Agency: f.id.Agency} },
			func(r *ledgerv1.DraftAnswer) { r.Answered, r.At = e, f.event.OccurredAt })
	case *reportingv1.ReportFrozen:
		return f.unfrozen(e.ReportId, func(r *ledgerv1.Report) error {
			if int(e.Draft) != len(r.Drafts) {
				return f.refuse("draft %d is not the last of %s", e.Draft, r.Id)
			}
			r.Frozen, r.FrozenAt, r.Status = e, f.event.OccurredAt, reportFrozen
			return nil
		})
	case *reportingv1.ReportSubmitted:
		return change(f, reports, e.ReportId, func(r *ledgerv1.Report) error {
			if r.Frozen == nil {
				return f.refuse("%s is not frozen", r.Id)
			}
			r.Submitted, r.Status = append(r.Submitted, e), reportSubmitted
			return nil
		})
	case *reportingv1.RowHidden:
		return f.rowMark(e.MarkId, func(r *ledgerv1.RowMark) { r.Hidden = e })
	case *reportingv1.RowNoted:
		return f.rowMark(e.MarkId, func(r *ledgerv1.RowMark) { r.Noted = e })
	case *reportingv1.ProcedureAdopted:
		return put(f, procedures, &ledgerv1.Procedure{Id: e.ProcedureId, Adopted: e, At: f.event.OccurredAt})
	case *reportingv1.StepAlarmed:
		return upsert(f, reportSteps, e.StepId, func() *ledgerv1.ReportStep { return &ledgerv1.ReportStep{Id: e.StepId} },
			func(r *ledgerv1.ReportStep) {
				r.Alarms, r.At = append(r.Alarms, e), append(r.At, f.event.OccurredAt)
			})
	case *reportingv1.StepDone:
		return upsert(f, reportSteps, e.StepId, func() *ledgerv1.ReportStep { return &ledgerv1.ReportStep{Id: e.StepId} },
			func(r *ledgerv1.ReportStep) { r.Done, r.DoneAt = e, f.event.OccurredAt })
	}
	return f.comparisons(fact)
}

// comparisons keeps the rows of what others published and how it differs, and of what reports in words rest on.
func (f *folding) comparisons(fact proto.Message) error {
	switch e := fact.(type) {
	case *reportingv1.PartnerFiguresRecorded:
		for _, figure := range e.Figures {
			row := &ledgerv1.PartnerFigure{Id: fmt.Sprintf("%s#%d", e.BatchId, figure.Line), Source: e.Source, Edition: e.Edition, Figure: figure}
			if err := put(f, partnerFigures, row); err != nil {
				return err
			}
		}
		return nil
	case *reportingv1.PartnerEditionClosed:
		return put(f, partnerEditions, &ledgerv1.PartnerEdition{Id: e.EditionId, Closed: e, At: f.event.OccurredAt})
	case *reportingv1.DifferenceFound:
		return put(f, differences, &ledgerv1.Difference{Id: e.DifferenceId, Found: e, At: f.event.OccurredAt})
	case *reportingv1.DifferenceAnswered:
		id := f.id.Agency + "/" + e.DifferenceId
		return upsert(f, differenceAnswers, id, func() *ledgerv1.DifferenceAnswer {
			return &ledgerv1.DifferenceAnswer{Id: id, Agency: f.id.Agency}
		}, func(r *ledgerv1.DifferenceAnswer) { r.Answered, r.At = e, f.event.OccurredAt })
	case *reportingv1.DifferenceClosed:
		return change(f, differences, e.DifferenceId, func(r *ledgerv1.Difference) error {
			if r.Closed != nil {
				return f.refuse("%s is closed", r.Id)
			}
			r.Closed, r.ClosedAt = e, f.event.OccurredAt
			return nil
		})
	case *reportingv1.AnswersRecorded:
		return put(f, reportAnswers, &ledgerv1.ReportAnswers{Id: e.AnswersId, Recorded: e, At: f.event.OccurredAt})
	case *reportingv1.MeasureReported:
		return put(f, measures, &ledgerv1.Measure{Id: e.MeasureId, Reported: e, At: f.event.OccurredAt})
	case *reportingv1.PublicRequestOpened:
		return put(f, publicRequests, &ledgerv1.PublicRequest{Id: e.RequestId, Opened: e, At: f.event.OccurredAt})
	case *reportingv1.PublicRequestAnswered:
		return change(f, publicRequests, e.RequestId, func(r *ledgerv1.PublicRequest) error {
			if r.Answered != nil {
				return f.refuse("%s is answered", r.Id)
			}
			r.Answered, r.AnsweredAt = e, f.event.OccurredAt
			return nil
		})
	}
	return errUnknown
}

// reportPart notes which event has a part of a draft that is not closed yet; the last of its number counts, so that a draft whose facts
// moved on before it was closed is recorded anew.
func (f *folding) reportPart(e *reportingv1.ReportPartKept) error {
	r, err := own(f, reports, e.ReportId)
	if err != nil {
		return err
	}
	if r.Frozen != nil || int(e.Draft) != len(r.Drafts)+1 {
		return about(r.Id, f.refuse("part %d of draft %d of %s comes after the draft was closed", e.Part, e.Draft, r.Id))
	}
	id := ReportPartID(e.ReportId, e.Draft, e.Part)
	return upsert(f, reportParts, id, func() *ledgerv1.ReportPart { return &ledgerv1.ReportPart{Id: id} }, func(*ledgerv1.ReportPart) {})
}

// unfrozen changes a report that is not frozen.
func (f *folding) unfrozen(id string, fn func(*ledgerv1.Report) error) error {
	return change(f, reports, id, func(r *ledgerv1.Report) error {
		if r.Frozen != nil {
			return f.refuse("%s is frozen", r.Id)
		}
		return fn(r)
	})
}

func (f *folding) rowMark(id string, fn func(*ledgerv1.RowMark)) error {
	return upsert(f, rowMarks, id, func() *ledgerv1.RowMark { return &ledgerv1.RowMark{Id: id} }, fn)
}

// returnSubmission keeps what an agency submitted last. The request is of another agency and may not be here yet.
func (f *folding) returnSubmission(e *reportingv1.AgencyReturnSubmitted, at *timestamppb.Timestamp) error {
	id := f.id.Agency + "/" + e.RequestId
	return upsert(f, returnSubmissions, id, func() *ledgerv1.ReturnSubmission {
		return &ledgerv1.ReturnSubmission{Id: id, RequestId: e.RequestId, Agency: f.id.Agency}
	}, func(r *ledgerv1.ReturnSubmission) { r.Submitted, r.At = e, at })
}
