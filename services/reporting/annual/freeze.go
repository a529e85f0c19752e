package annual

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Freeze makes the last draft the report, as it stands on record: nothing is worked out again (docs/reports.md). Without a reason
// it is refused while an agency that has to approve has not, and while something blocks it. Where the procedure asks nobody and no
// draft is on record, the draft goes on record with it. A report that is frozen is frozen once.
func Freeze(view ledger.View, d *Draft, cmd *reportingv1.FreezeReportRequest) ([]proto.Message, error) {
	r, err := Latest(view, cmd.GetReport(), cmd.GetYear())
	approvers := d.Spec.Terms.GetApprovers()
	switch {
	case err != nil:
		return nil, err
	case r.GetFrozen() != nil:
		return nil, nil
	case len(r.GetDrafts()) == 0 && len(approvers) > 0:
		return nil, fault.Errorf(fault.Precondition, "no draft of %s/%d was circulated to %s: counterfoil report circulate %s/%d", cmd.GetReport(), cmd.GetYear(),
			strings.Join(approvers, ", "), cmd.GetReport(), cmd.GetYear())
	case len(r.GetDrafts()) == 0:
		return d.freeze(view, cmd)
	}
	kept, err := report.Read(view, r.GetId(), 0) // it is whole
	if err != nil {
		return nil, err
	}
	approvals, err := approvalsOf(view, r, approvers)
	if err != nil {
		return nil, err
	}
	without, against := missing(approvals)
	against = append(against, blocking(problemsOf(kept.Drafted.GetProblems(), kept.Content))...)
	frozen := &reportingv1.ReportFrozen{ReportId: r.GetId(), Draft: kept.Draft, Without: without}
	if frozen.Reason, err = reasonAgainst(against, cmd); err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Beside(r, frozen)}, nil
}

// freeze puts the draft on record and makes it the report.
func (d *Draft) freeze(view ledger.View, cmd *reportingv1.FreezeReportRequest) ([]proto.Message, error) {
	at, err := d.at(view)
	if err != nil {
		return nil, err
	}
	reason, err := reasonAgainst(blocking(problemsOf(d.Problems, d.Content)), cmd)
	if err != nil {
		return nil, err
	}
	facts, err := d.closed(view, at)
	if err != nil {
		return nil, err
	}
	return at.facts(append(facts, &reportingv1.ReportFrozen{ReportId: at.opened.GetReportId(), Draft: at.draft, Reason: reason})...), nil
}

// missing are the agencies that have not approved, and what that is.
func missing(approvals []approval) (agencies, against []string) {
	for _, a := range approvals {
		switch {
		case a.objects():
			against = append(against, fmt.Sprintf("%s objects (%s)", a.agency, a.answer.GetAnswered().GetText()))
		case !a.given():
			against = append(against, a.agency+" has not answered")
		default:
			continue
		}
		agencies = append(agencies, a.agency)
	}
	return agencies, against
}

// blocking are the texts of problems with which a report is not frozen.
func blocking(problems []*reportingv1.Problem) (texts []string) {
	for _, p := range problems {
		if p.GetBlocks() {
			texts = append(texts, p.GetText())
		}
	}
	return texts
}

// reasonAgainst is the reason to freeze in spite of what is against it; nothing where nothing is. Without one it refuses.
func reasonAgainst(against []string, cmd *reportingv1.FreezeReportRequest) (string, error) {
	switch {
	case len(against) == 0:
		return "", nil
	case cmd.GetReason() == "":
		return "", fault.Errorf(fault.Precondition, "%s/%d is not frozen: %s; give the reason why it is frozen all the same (--reason), or see what to do about it: counterfoil report check %s/%d",
			cmd.GetReport(), cmd.GetYear(), strings.Join(against, "; "), cmd.GetReport(), cmd.GetYear())
	}
	return cmd.GetReason(), nil
}
