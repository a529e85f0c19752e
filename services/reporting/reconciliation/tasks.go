package reconciliation

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// MostTasks is how many tasks one command makes; run again it makes those that are left.
const MostTasks = 1000

// tasks are what this agency made of a year's differences, by what they are of.
type tasks map[string][]*ledgerv1.Difference

func tasksOf(view ledger.View, req *reportingv1.ReconcileRequest) (tasks, error) {
	rows, err := view.DifferencesWith("year", strconv.FormatUint(uint64(req.GetYear()), 10))
	if err != nil {
		return nil, fmt.Errorf("read differences of %d: %w", req.GetYear(), err)
	}
	t := tasks{}
	for _, r := range rows {
		if view.Owns(r.GetId()) {
			of := identity(r.GetFound().GetDifference())
			t[of] = append(t[of], r)
		}
	}
	return t, nil
}

// of is the task that a difference has: one that is open, or one that was closed on these same figures; empty where it has none.
func (t tasks) of(d *reportingv1.Difference) (id string) {
	for _, r := range t[identity(d)] {
		before := r.GetFound().GetDifference()
		if r.GetClosed() == nil {
			return r.GetId()
		}
		if before.GetOurs() == d.GetOurs() && before.GetTheirs() == d.GetTheirs() {
			id = r.GetId()
		}
	}
	return id
}

// Open makes tasks of what differs and has none, at most MostTasks at a time; done again it decides nothing. It is refused where an
// owner would not hear of it.
func Open(view ledger.View, cmd *reportingv1.OpenDifferencesRequest) ([]proto.Message, error) {
	asked := cmd.GetParticulars().GetOccurredAt().AsTime()
	switch {
	case cmd.GetDue() == nil:
		return nil, fault.Errorf(fault.Invalid, "say by when the differences are to be answered")
	case !cmd.GetDue().AsTime().After(asked):
		return nil, fault.Errorf(fault.Invalid, "what is opened on %s cannot be due on %s", day(asked), day(cmd.GetDue().AsTime()))
	}
	res, err := Reconcile(view, &reportingv1.ReconcileRequest{Comparison: cmd.GetComparison(), Year: cmd.GetYear(), Source: cmd.GetSource(), TolerancePermille: cmd.GetTolerancePermille()})
	if err != nil {
		return nil, err
	}
	var fresh []*reportingv1.Difference
	for _, d := range res.GetDifferences() {
		if d.GetDifferenceId() == "" && len(fresh) < MostTasks {
			fresh = append(fresh, d)
		}
	}
	ids, err := view.NextIDs("X-"+asked.Format("2006"), len(fresh))
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	groups := map[string]string{}
	for i, d := range fresh {
		d.DifferenceId = ids[i]
		found := &reportingv1.DifferenceFound{DifferenceId: ids[i], Difference: d, Due: cmd.GetDue()}
		if groups[d.GetOwner()] == "" {
			if groups[d.GetOwner()], err = view.GroupHeardBy(d.GetOwner(), found, cmd.GetParticulars().GetMarking()); err != nil {
				return nil, err
			}
		}
		facts = append(facts, ledger.Dated{Message: found, Group: groups[d.GetOwner()]})
	}
	return facts, nil
}

// CloseTask settles a task, by who opened it: on the owner's answer, or with a reason why there is none.
func CloseTask(view ledger.View, cmd *reportingv1.CloseDifferenceRequest) ([]proto.Message, error) {
	id := cmd.GetDifferenceId()
	row, err := view.Difference(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read difference %s: %w", id, err)
	case row == nil:
		return nil, fault.Errorf(fault.NotFound, "difference %s is not on record; counterfoil difference list shows those that are", id)
	case !view.Owns(row.GetId()):
		return nil, fault.Errorf(fault.NotAllowed, "difference %s was opened by %s, which closes it", id, ledger.AgencyOf(row.GetId()))
	case cmd.GetFinding() == reportingv1.Finding_FINDING_UNSPECIFIED:
		return nil, fault.Errorf(fault.Invalid, "say what difference %s came from: theirs-wrong, ours-wrong, both-right or unexplained", id)
	}
	closed := &reportingv1.DifferenceClosed{DifferenceId: id, Finding: cmd.GetFinding(), Reason: cmd.GetReason()}
	switch {
	case proto.Equal(row.GetClosed(), closed):
		return nil, nil
	case row.GetClosed() != nil:
		return nil, fault.Errorf(fault.Precondition, "difference %s was closed on %s; figures that differ otherwise are a difference of their own", id, day(row.GetClosedAt().AsTime()))
	}
	owner := row.GetFound().GetDifference().GetOwner()
	answer, err := view.DifferenceAnswer(owner + "/" + id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read answer of %s to difference %s: %w", owner, id, err)
	case answer == nil && strings.TrimSpace(cmd.GetReason()) == "":
		return nil, fault.Errorf(fault.Precondition, "%s has not answered difference %s; wait for that, or give the reason for closing it without", owner, id)
	}
	return []proto.Message{ledger.Beside(row, closed)}, nil
}

func day(t time.Time) string { return t.Format(time.DateOnly) }

// TaskOf is the id of the task that a fact of Open makes.
func TaskOf(fact proto.Message) string {
	if d, ok := fact.(ledger.Dated); ok {
		fact = d.Message
	}
	return fact.(*reportingv1.DifferenceFound).GetDifferenceId()
}
