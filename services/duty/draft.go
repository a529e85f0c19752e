package duty

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// AnswerDraft approves the last draft of a report, or says what this agency objects to; only those that it was circulated to answer.
// A later answer takes the place of an earlier one, until the report is frozen; the same again decides nothing.
func AnswerDraft(view ledger.View, cmd *reportingv1.AnswerDraftRequest) ([]proto.Message, error) {
	r, err := view.Report(cmd.GetReportId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read report %s: %w", cmd.GetReportId(), err)
	case r == nil:
		return nil, fault.Errorf(fault.NotFound, "report %s is not on record here; see: counterfoil list reports", cmd.GetReportId())
	case r.GetFrozen() != nil:
		return nil, fault.Errorf(fault.Precondition, "%s was frozen on %s and takes no answer any more; tell %s what should be revised", r.GetId(), day(r.GetFrozenAt()), ledger.AgencyOf(r.GetId()))
	case !cmd.GetApproved() && cmd.GetText() == "":
		return nil, fault.Errorf(fault.Invalid, "say what this agency objects to in %s: --text", r.GetId())
	}
	draft, err := draftFor(view, r, cmd.GetDraft())
	if err != nil {
		return nil, err
	}
	answered := &reportingv1.DraftAnswered{ReportId: r.GetId(), Draft: draft, Approved: cmd.GetApproved(), Text: cmd.GetText()}
	earlier, err := view.DraftAnswer(ledger.DraftAnswerID(view.Agency(), r.GetId(), draft))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer to draft %d of %s: %w", draft, r.GetId(), err)
	case earlier == nil:
		group, err := view.GroupHeardBy(ledger.AgencyOf(r.GetId()), answered, cmd.GetParticulars().GetMarking())
		if err != nil {
			return nil, err
		}
		return []proto.Message{ledger.Dated{Message: answered, Group: group}}, nil
	case proto.Equal(earlier.GetAnswered(), answered):
		return nil, nil
	}
	return []proto.Message{ledger.Beside(earlier, answered)}, nil
}

// draftFor is the draft that is answered, 0 for the last. It is refused unless that is the last, and this agency was asked about it.
func draftFor(view ledger.View, r *ledgerv1.Report, draft uint32) (uint32, error) {
	last := uint32(len(r.GetDrafts()))
	if draft == 0 {
		draft = last
	}
	asked := slices.ContainsFunc(r.GetCirculated(), func(c *reportingv1.DraftCirculated) bool {
		return c.GetDraft() == draft && slices.Contains(c.GetAgencies(), view.Agency())
	})
	switch {
	case last == 0:
		return 0, fault.Errorf(fault.Precondition, "%s has no draft that could be answered; wait until %s circulates one", r.GetId(), ledger.AgencyOf(r.GetId()))
	case draft > last:
		return 0, fault.Errorf(fault.NotFound, "%s has no draft %d; the last is %d", r.GetId(), draft, last)
	case draft < last:
		return 0, fault.Errorf(fault.Precondition, "draft %d of %s was replaced by draft %d; answer that", draft, r.GetId(), last)
	case !asked:
		return 0, fault.Errorf(fault.NotAllowed, "draft %d of %s was not circulated to %s; only those that it was circulated to answer", draft, r.GetId(), view.Agency())
	}
	return draft, nil
}
