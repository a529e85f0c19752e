package annual

import (
	"fmt"
	"slices"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// approval is what an agency that has to approve a draft said of it; nil: nothing yet.
type approval struct {
	agency string
	answer *ledgerv1.DraftAnswer
}

func (a approval) given() bool { return a.answer.GetAnswered().GetApproved() }

func (a approval) objects() bool { return a.answer != nil && !a.given() }

// approvalsOf are those of the last draft: of the agencies that the procedure names, and of all that it was circulated to; by name.
func approvalsOf(view ledger.View, r *ledgerv1.Report, approvers []string) (list []approval, err error) {
	draft := uint32(len(r.GetDrafts()))
	asked := slices.Clone(approvers)
	for _, c := range r.GetCirculated() {
		if c.GetDraft() == draft {
			asked = append(asked, c.GetAgencies()...)
		}
	}
	slices.Sort(asked)
	for _, agency := range slices.Compact(asked) {
		answer, err := view.DraftAnswer(ledger.DraftAnswerID(agency, r.GetId(), draft))
		if err != nil {
			return nil, fmt.Errorf("read the answer of %s to draft %d of %s: %w", agency, draft, r.GetId(), err)
		}
		list = append(list, approval{agency, answer})
	}
	return list, nil
}
