package report

import (
	"fmt"

	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Codes of problems that come of returns.
const (
	// AwaitedReturn: an agency that contributes has not answered.
	AwaitedReturn = "awaited-return"
	// OutdatedReturn: an agency's own facts are otherwise than when it prepared its return.
	OutdatedReturn = "outdated-return"
)

// ReturnProblems are what of returns stands between a report and its freezing: agencies that have not answered, and those whose own
// facts, as far as this ledger has them, are not any more what their return started from.
func (d *Draft) ReturnProblems(view ledger.View) (list []*reportingv1.Problem, err error) {
	if len(d.Spec.Form.TakesReturns()) == 0 {
		return nil, nil
	}
	returns, err := Returns(view, d.Spec.Form.Name, d.Spec.Year)
	if err != nil {
		return nil, err
	}
	var awaited, outdated []string
	next := "counterfoil return list --year " + fmt.Sprint(d.Spec.Year)
	for _, r := range d.Spec.wanted(returns) {
		if r.Submission == nil {
			awaited = append(awaited, r.Agency)
			if r.Request == nil {
				next = fmt.Sprintf("counterfoil return request --form %s --year %d", d.Spec.Form.Name, d.Spec.Year)
			}
			continue
		}
		old, err := d.outdated(view, r)
		if err != nil {
			return nil, err
		}
		if old {
			outdated = append(outdated, r.Submission.GetId())
		}
	}
	if len(awaited) > 0 {
		list = append(list, &reportingv1.Problem{
			Code: AwaitedReturn, Blocks: true, Text: fmt.Sprintf("%d agencies that contribute have not answered", len(awaited)),
			Subjects: awaited[:min(len(awaited), mostSubjects)], Count: uint64(len(awaited)), Next: next,
		})
	}
	if len(outdated) > 0 {
		list = append(list, &reportingv1.Problem{
			Code: OutdatedReturn, Blocks: true, Text: fmt.Sprintf("%d returns were prepared before their agency's own records changed", len(outdated)),
			Subjects: outdated[:min(len(outdated), mostSubjects)], Count: uint64(len(outdated)), Next: "counterfoil return prepare at that agency",
		})
	}
	return list, nil
}

func (d *Draft) outdated(view ledger.View, r Return) (bool, error) {
	own, _, err := d.OwnOf(view, r.Agency, view.Agency())
	if err != nil {
		return false, err
	}
	rows, err := d.Spec.Beside(own, r.Submission.GetSubmitted().GetFigures())
	if err != nil {
		return false, err
	}
	for _, row := range rows {
		if row.LeftOut() || row.Moved() {
			return true, nil
		}
	}
	return false, nil
}
