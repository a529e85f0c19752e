package list

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// RecordEmbargo makes a prohibition known under a new id, "E-" and the year. One that says the same and has not ended is
// on record already, and decides nothing.
func RecordEmbargo(view ledger.View, cmd *screeningv1.RecordEmbargoRequest) ([]proto.Message, error) {
	e := proto.CloneOf(cmd.GetEmbargo())
	if err := checkEmbargo(e); err != nil {
		return nil, err
	}
	before, err := SameEmbargo(view, e)
	if err != nil || before != nil {
		return nil, err
	}
	if e.EmbargoId, err = view.NextID("E-" + cmd.GetParticulars().GetOccurredAt().AsTime().Format("2006")); err != nil {
		return nil, err
	}
	return []proto.Message{e}, nil
}

// SameEmbargo returns this agency's embargo that says the same and has not ended; nil when there is none.
func SameEmbargo(view ledger.View, e *screeningv1.EmbargoRecorded) (*ledgerv1.Embargo, error) {
	all, err := view.Embargoes()
	if err != nil {
		return nil, fmt.Errorf("read the embargoes: %w", err)
	}
	for _, other := range all {
		said := proto.CloneOf(other.GetRecorded())
		said.EmbargoId = e.GetEmbargoId()
		if view.Owns(other.GetId()) && other.GetEnded() == nil && proto.Equal(said, e) {
			return other, nil
		}
	}
	return nil, nil
}

func checkEmbargo(e *screeningv1.EmbargoRecorded) error {
	if e == nil {
		return fault.Errorf(fault.Invalid, "say what is prohibited")
	}
	if e.EmbargoId != "" {
		return fault.Errorf(fault.Invalid, "leave the embargo's id out; it is given when it is recorded")
	}
	if e.GetCountry() == "" && e.GetTarget() == "" {
		return fault.Errorf(fault.Invalid, "say on whom the embargo is: a State, or a group that is no State")
	}
	if c := e.GetCountry(); c != "" && (len(c) != 2 || strings.Trim(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		return fault.Errorf(fault.Invalid, "%q is no code of a State; write two capital letters (ISO 3166-1 alpha-2)", c)
	}
	if e.GetMeasure() == "" {
		return fault.Errorf(fault.Invalid, "say what the embargo prohibits, such as arms")
	}
	from, err := time.Parse(time.DateOnly, e.GetValidFrom())
	if err != nil {
		return fault.Errorf(fault.Invalid, "%q is no date from which the embargo holds; write yyyy-mm-dd", e.GetValidFrom())
	}
	if e.GetValidUntil() == "" {
		return nil
	}
	until, err := time.Parse(time.DateOnly, e.GetValidUntil())
	switch {
	case err != nil:
		return fault.Errorf(fault.Invalid, "%q is no date until which the embargo holds; write yyyy-mm-dd", e.GetValidUntil())
	case until.Before(from):
		return fault.Errorf(fault.Invalid, "an embargo from %s cannot end on %s", e.GetValidFrom(), e.GetValidUntil())
	}
	return nil
}

// EndEmbargo ends an embargo of this agency on a day. Ending it again on the same day decides nothing.
func EndEmbargo(view ledger.View, cmd *screeningv1.EndEmbargoRequest) ([]proto.Message, error) {
	e, err := view.Embargo(cmd.GetEmbargoId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read embargo %s: %w", cmd.GetEmbargoId(), err)
	case e == nil:
		return nil, fault.Errorf(fault.NotFound, "embargo %s is not on record here", cmd.GetEmbargoId())
	case !view.Owns(e.GetId()):
		return nil, fault.Errorf(fault.NotAllowed, "embargo %s was recorded by another agency; only that agency can end it", e.GetId())
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for ending embargo %s", e.GetId())
	}
	if _, err := time.Parse(time.DateOnly, cmd.GetOn()); err != nil {
		return nil, fault.Errorf(fault.Invalid, "%q is no date on which embargo %s ends; write yyyy-mm-dd", cmd.GetOn(), e.GetId())
	}
	switch {
	case cmd.GetOn() < e.GetRecorded().GetValidFrom():
		return nil, fault.Errorf(fault.Invalid, "embargo %s holds from %s and cannot end on %s", e.GetId(), e.GetRecorded().GetValidFrom(), cmd.GetOn())
	case e.GetEnded().GetOn() == cmd.GetOn():
		return nil, nil
	case e.GetEnded() != nil:
		return nil, fault.Errorf(fault.Conflict, "embargo %s has ended on %s", e.GetId(), e.GetEnded().GetOn())
	}
	return []proto.Message{ledger.Beside(e, &screeningv1.EmbargoEnded{EmbargoId: e.GetId(), On: cmd.GetOn(), Reason: cmd.GetReason()})}, nil
}
