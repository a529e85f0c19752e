package duty

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// AnswerDifference records what this agency, which owns the task, found that a difference came from. A later answer takes the place
// of an earlier one; the same again decides nothing. No figure is changed by it.
func AnswerDifference(view ledger.View, cmd *reportingv1.AnswerDifferenceRequest) ([]proto.Message, error) {
	id := cmd.GetDifferenceId()
	row, err := view.Difference(id)
	owner := row.GetFound().GetDifference().GetOwner()
	switch {
	case err != nil:
		return nil, fmt.Errorf("read difference %s: %w", id, err)
	case row == nil:
		return nil, fault.Errorf(fault.NotFound, "difference %s is not on record here; counterfoil difference list shows those that are", id)
	case owner != view.Agency():
		return nil, fault.Errorf(fault.NotAllowed, "difference %s is for %s to answer, not for %s", id, owner, view.Agency())
	case cmd.GetFinding() == reportingv1.Finding_FINDING_UNSPECIFIED:
		return nil, fault.Errorf(fault.Invalid, "say what difference %s came from: theirs-wrong, ours-wrong, both-right or unexplained", id)
	case cmd.GetText() == "":
		return nil, fault.Errorf(fault.Invalid, "say what was found about difference %s", id)
	}
	answered := &reportingv1.DifferenceAnswered{DifferenceId: id, Finding: cmd.GetFinding(), Text: cmd.GetText()}
	earlier, err := view.DifferenceAnswer(view.Agency() + "/" + id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read answer to difference %s: %w", id, err)
	case proto.Equal(earlier.GetAnswered(), answered):
		return nil, nil
	case row.GetClosed() != nil:
		return nil, fault.Errorf(fault.Precondition, "difference %s was closed on %s and takes no answer any more; tell %s", id, day(row.GetClosedAt()), ledger.AgencyOf(id))
	case earlier != nil:
		return []proto.Message{ledger.Beside(earlier, answered)}, nil
	}
	group, err := view.GroupHeardBy(ledger.AgencyOf(id), answered, cmd.GetParticulars().GetMarking())
	if err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Dated{Message: answered, Group: group}}, nil
}
