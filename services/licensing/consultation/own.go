package consultation

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// own returns a consultation that this agency opened.
func own(view ledger.View, id string) (*ledgerv1.Consultation, error) {
	row, err := view.Consultation(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read consultation %s: %w", id, err)
	case row == nil:
		return nil, fault.Errorf(fault.NotFound, "consultation %s was not opened", id)
	case !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "consultation %s was opened by another agency; only that agency keeps its time and closes it", id)
	}
	return row, nil
}

// running returns an own consultation that is open, on an application that is not decided.
func running(view ledger.View, id string) (*ledgerv1.Consultation, error) {
	row, err := own(view, id)
	if err != nil {
		return nil, err
	}
	if row.GetClosed() != nil {
		return nil, fault.Errorf(fault.Precondition, "consultation %s was closed on %s; ask anew: counterfoil consult open %s", id, day(row.GetClosedAt()), row.GetOpened().GetApplicationId())
	}
	if _, err := dossier.Undecided(view, row.GetOpened().GetApplicationId()); err != nil {
		return nil, err
	}
	return row, nil
}

// moment is when a command was true.
func moment(cmd interface {
	GetParticulars() *eventv1.Particulars
}) (time.Time, error) {
	at := cmd.GetParticulars().GetOccurredAt()
	if at.CheckValid() != nil {
		return time.Time{}, fault.Errorf(fault.Invalid, "say when it was: occurred_at is not a date")
	}
	return at.AsTime(), nil
}

// day is a time as sentences say it.
func day(t *timestamppb.Timestamp) string { return t.AsTime().Format(time.DateOnly) }
