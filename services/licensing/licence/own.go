package licence

import (
	"fmt"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// ownLicence returns a licence that this agency issued.
func ownLicence(view ledger.View, id string) (*ledgerv1.Licence, error) {
	l, err := view.Licence(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read licence %s: %w", id, err)
	case l == nil:
		return nil, fault.Errorf(fault.NotFound, "licence %s has not been issued", id)
	case !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "licence %s was issued by another agency; only that agency can change it", id)
	}
	return l, nil
}

// yearOf returns the year that an id is given in: that of occurred_at, in UTC.
func yearOf(p *eventv1.Particulars) string {
	return p.GetOccurredAt().AsTime().Format("2006")
}

// statusWord is a licence's status as a sentence says it.
func statusWord(s ledgerv1.Status) string {
	switch s {
	case ledgerv1.Status_STATUS_GRANTED:
		return "in force"
	case ledgerv1.Status_STATUS_SUSPENDED:
		return "suspended"
	case ledgerv1.Status_STATUS_REVOKED:
		return "revoked"
	case ledgerv1.Status_STATUS_WITHDRAWN:
		return "withdrawn from the register that it was read from"
	default:
		return "in no known state"
	}
}

// day is a time as sentences say it.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
