package writeoff

import (
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// InForce refuses with DX02 a licence that cannot be used at a time, by what is on record here.
func InForce(l *ledgerv1.Licence, at time.Time) error {
	from, until := l.GetValidFrom(), l.GetValidUntil()
	switch {
	case l.GetStatus() == ledgerv1.Status_STATUS_SUSPENDED:
		return fault.Coded(fault.Precondition, "DX02", "licence %s is suspended: %s", l.GetId(), l.GetStatusReason())
	case l.GetStatus() == ledgerv1.Status_STATUS_REVOKED:
		return fault.Coded(fault.Precondition, "DX02", "licence %s is revoked: %s", l.GetId(), l.GetStatusReason())
	case l.GetStatus() != ledgerv1.Status_STATUS_GRANTED:
		return fault.Coded(fault.Precondition, "DX02", "licence %s has been withdrawn from the register that it was read from", l.GetId())
	case from != nil && at.Before(from.AsTime()):
		return fault.Coded(fault.Precondition, "DX02", "licence %s is valid from %s only", l.GetId(), stamp(from.AsTime()))
	case until != nil && !at.Before(until.AsTime()):
		return fault.Coded(fault.Precondition, "DX02", "licence %s expired on %s", l.GetId(), stamp(until.AsTime()))
	}
	return nil
}

// stamp is a time as sentences say it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
