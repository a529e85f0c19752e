package annual

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/duedates"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Check lists what stands between a report and its submission: of the draft as its facts stand or, where on is given, of one that is on
// record. Each problem names the command to type next. Nothing blocks a report that is frozen.
func Check(view ledger.View, d *Draft, on *report.Recorded, now time.Time) ([]*reportingv1.Problem, error) {
	facts, c := d.Problems, d.Content
	latest, of, err := lastOnRecord(view, c.GetTitle())
	switch {
	case err != nil:
		return nil, err
	case on != nil:
		facts, c, of = on.Drafted.GetProblems(), on.Content, *on
	}
	list := problemsOf(facts, c)
	if list, err = withoutText(view, c, list); err != nil {
		return nil, err
	}
	if int(of.Draft) == len(latest.GetDrafts()) && of.Report.GetId() == latest.GetId() {
		if list, err = d.unapproved(view, latest, list); err != nil {
			return nil, err
		}
		if list, err = d.overdue(view, latest, now, list); err != nil {
			return nil, err
		}
	}
	if of.Draft > 0 {
		list = late(of, d.Content, list)
	}
	if on != nil && on.Frozen() {
		for i := range list {
			list[i] = proto.CloneOf(list[i])
			list[i].Blocks = false
		}
	}
	return list, nil
}

// lastOnRecord is the last revision of a report, and its last draft; neither where there is none.
func lastOnRecord(view ledger.View, t *reportingv1.Title) (latest *ledgerv1.Report, of report.Recorded, err error) {
	latest, err = Latest(view, t.GetReport(), t.GetYear())
	if err != nil || len(latest.GetDrafts()) == 0 {
		return latest, report.Recorded{Report: latest}, err
	}
	of, err = report.Read(view, latest.GetId(), 0)
	return latest, of, err
}

// withoutText adds rows that are hidden, and nobody wrote why.
func withoutText(view ledger.View, c *reportingv1.Content, list []*reportingv1.Problem) ([]*reportingv1.Problem, error) {
	t := c.GetTitle()
	var rows []string
	for _, r := range c.GetRows() {
		if r.GetHidden() == nil {
			continue
		}
		mark, err := view.RowMark(report.MarkID(view.Agency(), t.GetReport(), int(t.GetYear()), r.GetId()))
		if err != nil {
			return nil, fmt.Errorf("read the mark of row %s: %w", r.GetId(), err)
		}
		if mark.GetHidden().GetText() == "" {
			rows = append(rows, r.GetId())
		}
	}
	if len(rows) == 0 {
		return list, nil
	}
	return append(list, problem(HiddenWithoutText, false, rows, fmt.Sprintf("%d rows are hidden, and nobody wrote why", len(rows)),
		fmt.Sprintf("counterfoil report hide %s/%d ROW, with what is hidden, the reason and --text", t.GetReport(), t.GetYear()))), nil
}

// unapproved adds the agencies that have to approve the last draft of a report and have not.
func (d *Draft) unapproved(view ledger.View, r *ledgerv1.Report, list []*reportingv1.Problem) ([]*reportingv1.Problem, error) {
	if len(r.GetDrafts()) == 0 || r.GetFrozen() != nil {
		return list, nil
	}
	approvals, err := approvalsOf(view, r, d.Spec.Terms.GetApprovers())
	if err != nil {
		return nil, err
	}
	draft := fmt.Sprintf("%s#%d", r.GetId(), len(r.GetDrafts()))
	var silent []string
	for _, a := range approvals {
		switch {
		case a.objects():
			list = append(list, problem(Objection, true, []string{a.agency}, fmt.Sprintf("%s objects to draft %s: %s", a.agency, draft, a.answer.GetAnswered().GetText()),
				"counterfoil report circulate "+named(r)+" once that is settled"))
		case !a.given():
			silent = append(silent, a.agency)
		}
	}
	if len(silent) > 0 {
		list = append(list, problem(MissingApproval, true, silent, fmt.Sprintf("%d agencies have not answered to draft %s", len(silent), draft),
			"counterfoil report approve "+draft+" at each of them"))
	}
	return list, nil
}

// late adds what is on record by now otherwise than in a draft.
func late(of report.Recorded, live *reportingv1.Content, list []*reportingv1.Problem) []*reportingv1.Problem {
	var rows []string
	for _, r := range differing(of.Content, live) {
		rows = append(rows, r.row().GetId())
	}
	if len(rows) == 0 {
		return list
	}
	draft := fmt.Sprintf("%s#%d", of.Report.GetId(), of.Draft)
	next := fmt.Sprintf("counterfoil report compare %s %s, and counterfoil report circulate %s", draft, named(of.Report), named(of.Report))
	if of.Report.GetFrozen() != nil {
		next = fmt.Sprintf("counterfoil report compare %s %s, and counterfoil report revise %s --reason REASON", draft, named(of.Report), of.Report.GetId())
	}
	return append(list, problem(LateData, false, rows, fmt.Sprintf("%d rows differ by now from draft %s", len(rows), draft), next))
}

// overdue adds the steps of the procedure that are over their date and not done, but for returns, which are awaited; of a revision there
// are none.
func (d *Draft) overdue(view ledger.View, r *ledgerv1.Report, now time.Time, list []*reportingv1.Problem) ([]*reportingv1.Problem, error) {
	if r.GetOpened().GetRevision() > 1 {
		return list, nil
	}
	dates, err := duedates.Of(view, d.Spec.Form.Name, d.Spec.Year)
	if err != nil {
		return nil, err
	}
	record := duedates.NewRecord(view)
	for _, date := range dates {
		step, err := record.Step(date, now)
		switch {
		case err != nil:
			return nil, err
		case step.GetState() == reportingv1.StepState_STEP_STATE_OVERDUE && step.GetStep() != report.StepReturn:
			list = append(list, problem(Overdue, false, []string{step.GetAgency()}, fmt.Sprintf("%s was due on %s", step.GetStep(), step.GetDate()), step.GetNext()))
		}
	}
	return list, nil
}
