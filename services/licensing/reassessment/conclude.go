package reassessment

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/grounds"
)

// Conclude closes a reassessment with its outcome, which must be what the licence's record shows: the licence is
// amended, suspended or revoked first, by its own command. Concluding again with the same outcome decides nothing.
func Conclude(view ledger.View, cmd *licensingv1.ConcludeReassessmentRequest) ([]proto.Message, error) {
	r, err := view.Reassessment(cmd.GetReassessmentId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read reassessment %s: %w", cmd.GetReassessmentId(), err)
	case r == nil:
		return nil, fault.Errorf(fault.NotFound, "reassessment %s has not been opened", cmd.GetReassessmentId())
	case !view.Owns(r.GetId()):
		return nil, fault.Errorf(fault.NotAllowed, "reassessment %s was opened by another agency; only that agency can conclude it", r.GetId())
	case cmd.GetOutcome() == licensingv1.Outcome_OUTCOME_UNSPECIFIED:
		return nil, fault.Errorf(fault.Invalid, "say what reassessment %s came to", r.GetId())
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for concluding reassessment %s", r.GetId())
	case r.GetOutcome() == cmd.GetOutcome():
		return nil, nil
	case r.GetOutcome() != licensingv1.Outcome_OUTCOME_UNSPECIFIED:
		return nil, fault.Errorf(fault.Conflict, "reassessment %s was concluded with another outcome; a conclusion stands", r.GetId())
	}
	if err := agrees(view, r.GetLicenceId(), cmd.GetOutcome()); err != nil {
		return nil, err
	}
	g, err := grounds.OfReassessment(view, r)
	if err != nil {
		return nil, err
	}
	return []proto.Message{g.Cited(ledger.Beside(r, &licensingv1.ReassessmentConcluded{ReassessmentId: r.GetId(), Outcome: cmd.GetOutcome(), Reason: cmd.GetReason()}))}, nil
}

// agrees refuses an outcome that the licence's record contradicts.
func agrees(view ledger.View, licenceID string, outcome licensingv1.Outcome) error {
	l, err := view.Licence(licenceID)
	if err != nil {
		return fmt.Errorf("read licence %s: %w", licenceID, err)
	}
	status := l.GetStatus()
	switch outcome {
	case licensingv1.Outcome_OUTCOME_MAINTAINED:
		if status != ledgerv1.Status_STATUS_GRANTED {
			return fault.Errorf(fault.Precondition, "licence %s is not in force; reinstate it before its reassessment says that it is maintained", licenceID)
		}
	case licensingv1.Outcome_OUTCOME_AMENDED:
		if !slices.Contains([]ledgerv1.Status{ledgerv1.Status_STATUS_GRANTED, ledgerv1.Status_STATUS_SUSPENDED}, status) {
			return fault.Errorf(fault.Precondition, "licence %s has ended; its reassessment cannot come to an amendment", licenceID)
		}
	case licensingv1.Outcome_OUTCOME_SUSPENDED:
		if status != ledgerv1.Status_STATUS_SUSPENDED {
			return fault.Errorf(fault.Precondition, "licence %s is not suspended; suspend it before its reassessment says so", licenceID)
		}
	case licensingv1.Outcome_OUTCOME_REVOKED:
		if status != ledgerv1.Status_STATUS_REVOKED {
			return fault.Errorf(fault.Precondition, "licence %s is not revoked; revoke it before its reassessment says so", licenceID)
		}
	default:
		return fault.Errorf(fault.Invalid, "outcome %d is not one that a reassessment can come to", outcome)
	}
	return nil
}
