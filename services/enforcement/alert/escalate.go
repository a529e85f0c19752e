package alert

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Escalate escalates the addressees of one open alert of this agency that have not acknowledged it in time, each once, to the
// role that the directory names first at them. It says when the next alert's time is over; zero: none.
func Escalate(view ledger.View, now time.Time) (facts []proto.Message, next time.Time, err error) {
	open, err := view.AlertsWith("open", "true")
	if err != nil {
		return nil, next, fmt.Errorf("read open alerts: %w", err)
	}
	var due ledger.Together
	for _, a := range open {
		by := a.GetRaised().GetAcknowledgeBy()
		if by == nil || !view.Owns(a.GetId()) {
			continue
		}
		silent, err := unacknowledged(view, a)
		switch {
		case err != nil:
			return nil, next, err
		case len(silent) == 0:
		case by.AsTime().After(now):
			if next.IsZero() || by.AsTime().Before(next) {
				next = by.AsTime()
			}
		default:
			facts, err := escalations(view, a, silent)
			if err != nil {
				return nil, next, err
			}
			due.Add(a, facts)
		}
	}
	return due.Facts, next, nil
}

// unacknowledged are the addressees that have neither acknowledged nor been escalated.
func unacknowledged(view ledger.View, a *ledgerv1.Alert) (silent []string, err error) {
	for _, addressee := range a.GetRaised().GetAddressees() {
		given, err := view.Acknowledgement(addressee + "/" + a.GetId())
		if err != nil {
			return nil, fmt.Errorf("read acknowledgement of %s by %s: %w", a.GetId(), addressee, err)
		}
		escalated := slices.ContainsFunc(a.GetEscalated(), func(e *enforcementv1.AlertEscalated) bool { return e.GetAddressee() == addressee })
		if given == nil && !escalated {
			silent = append(silent, addressee)
		}
	}
	return silent, nil
}

func escalations(view ledger.View, a *ledgerv1.Alert, silent []string) (facts []proto.Message, err error) {
	for _, addressee := range silent {
		agency, err := view.AgencyRow(addressee)
		if err != nil {
			return nil, fmt.Errorf("read agency %s: %w", addressee, err)
		}
		e := &enforcementv1.AlertEscalated{AlertId: a.GetId(), Addressee: addressee}
		if contacts := agency.GetContacts(); len(contacts) > 0 {
			e.Role, e.Reach = contacts[0].GetRole(), contacts[0].GetReach()
		}
		facts = append(facts, ledger.Beside(a, e))
	}
	return facts, nil
}
