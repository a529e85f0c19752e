package licence

import (
	"fmt"
	"strings"
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
	case !isOwn(view, id):
		return nil, fault.Errorf(fault.NotAllowed, "licence %s was issued by another agency; only that agency can change it", id)
	}
	return l, nil
}

// openApplication returns an application to this agency that has not been decided.
func openApplication(view ledger.View, id string) (*ledgerv1.Application, error) {
	a, err := view.Application(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read application %s: %w", id, err)
	case a == nil:
		return nil, fault.Errorf(fault.NotFound, "application %s has not been submitted", id)
	case !isOwn(view, id):
		return nil, fault.Errorf(fault.NotAllowed, "application %s was submitted to another agency; only that agency can decide it", id)
	}
	licences, err := view.LicencesWith("application", id)
	if err != nil {
		return nil, fmt.Errorf("read licences of application %s: %w", id, err)
	}
	for _, l := range licences {
		return nil, fault.Errorf(fault.Conflict, "application %s has been decided: licence %s was granted", id, l.GetId())
	}
	denials, err := view.DenialsWith("application", id)
	if err != nil {
		return nil, fmt.Errorf("read denials of application %s: %w", id, err)
	}
	for _, d := range denials {
		return nil, fault.Errorf(fault.Conflict, "application %s has been decided: it was denied, see %s", id, d.GetId())
	}
	return a, nil
}

func isOwn(view ledger.View, id string) bool { return strings.HasPrefix(id, view.Agency()+"/") }

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
