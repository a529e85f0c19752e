package consultation

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// StopClock lets the deadline of a consultation move on until the clock goes again, for a reason that its policy knows.
// Stopping it twice for one reason decides nothing.
func StopClock(view ledger.View, cmd *licensingv1.StopClockRequest) ([]proto.Message, error) {
	at, err := moment(cmd)
	if err != nil {
		return nil, err
	}
	row, err := running(view, cmd.GetConsultationId())
	if err != nil {
		return nil, err
	}
	f, err := dossier.Of(view, row)
	if err != nil {
		return nil, err
	}
	if err := stopsFor(f, row, cmd.GetReason()); err != nil {
		return nil, err
	}
	stop := lasting(row)
	switch {
	case stop != nil && stop.GetReason() == cmd.GetReason():
		return nil, nil
	case stop != nil:
		return nil, fault.Errorf(fault.Conflict, "the clock of consultation %s stands still since %s (%s); let it go again first: counterfoil consult restart %s",
			row.GetId(), day(stop.GetFrom()), stop.GetReason(), row.GetId())
	case row.GetDue() == nil:
		return nil, fault.Errorf(fault.Precondition, "consultation %s has no deadline, so its clock cannot be stopped", row.GetId())
	case at.After(row.GetDue().AsTime()) || len(row.GetSilences()) > 0:
		return nil, fault.Errorf(fault.Precondition, "the deadline of consultation %s passed on %s; its clock cannot be stopped any more", row.GetId(), day(row.GetDue()))
	}
	return []proto.Message{ledger.Beside(row, &licensingv1.ConsultationClockStopped{ConsultationId: row.GetId(), Reason: cmd.GetReason()})}, nil
}

// stopsFor refuses a reason that no policy of the case has, and any in an emergency whose deadline runs by the clock.
func stopsFor(f *dossier.File, row *ledgerv1.Consultation, reason string) error {
	var reasons []string
	for _, p := range f.Policies {
		if row.GetOpened().GetEmergency() != "" && p.Terms.GetEmergency().GetHours() > 0 {
			return fault.Errorf(fault.Precondition, "consultation %s runs by the clock, as an emergency, and does not stand still", row.GetId())
		}
		reasons = append(reasons, p.Terms.GetClockStops()...)
	}
	switch {
	case slices.Contains(reasons, reason):
		return nil
	case len(reasons) == 0:
		return fault.Errorf(fault.Precondition, "policy %s knows no reason for which a clock is stopped", f.PolicyID())
	}
	return fault.Errorf(fault.Invalid, "policy %s does not stop a clock for %q; its reasons are: %s", f.PolicyID(), reason, strings.Join(reasons, "; "))
}

// lasting is the stop that has not ended; nil while the clock goes.
func lasting(row *ledgerv1.Consultation) *ledgerv1.ClockStop {
	if n := len(row.GetStops()); n > 0 && row.GetStops()[n-1].GetUntil() == nil {
		return row.GetStops()[n-1]
	}
	return nil
}

// RestartClock lets the clock of a consultation go again, with the deadline that its policy gives. Where it goes already
// nothing is decided.
func RestartClock(view ledger.View, cmd *licensingv1.RestartClockRequest) ([]proto.Message, error) {
	at, err := moment(cmd)
	if err != nil {
		return nil, err
	}
	row, err := running(view, cmd.GetConsultationId())
	if err != nil {
		return nil, err
	}
	stop := lasting(row)
	switch {
	case stop == nil:
		return nil, nil
	case at.Before(stop.GetFrom().AsTime()):
		return nil, fault.Errorf(fault.Invalid, "the clock of consultation %s was stopped on %s and cannot go again before that; give a later occurred_at", row.GetId(), day(stop.GetFrom()))
	}
	f, err := dossier.Of(view, row)
	if err != nil {
		return nil, err
	}
	opened := row.GetOpened()
	c := &dossier.Consulted{Row: row}
	due, err := deadline(view, f, opened.GetOpenedAt().AsTime(), opened.GetEmergency() != "", c.Stops(at))
	if err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Beside(row, &licensingv1.ConsultationClockRestarted{ConsultationId: row.GetId(), Due: due})}, nil
}
