package dossier

import (
	"fmt"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/adopted"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/screening"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// ToScreen returns the deal of an application that this agency has to decide, or of a licence of its own that can be used or
// reinstated, and the lists that its parties have to be compared with. While no policy decides an application no list is
// required: that is found out when it is decided.
func ToScreen(view ledger.View, id string, at time.Time) (*licensingv1.Deal, []screening.Required, error) {
	l, err := view.Licence(id)
	if err != nil {
		return nil, nil, fmt.Errorf("read licence %s: %w", id, err)
	}
	if l != nil {
		return licenceToScreen(view, l, at)
	}
	a, err := Undecided(view, id)
	if err != nil {
		return nil, nil, err
	}
	f, err := Open(view, id, at, false)
	switch {
	case err == nil:
		return a.GetDeal(), f.Lists(), nil
	case fault.As(err) != nil:
		return a.GetDeal(), nil, nil
	}
	return nil, nil, err
}

func licenceToScreen(view ledger.View, l *ledgerv1.Licence, at time.Time) (*licensingv1.Deal, []screening.Required, error) {
	switch {
	case !view.Owns(l.GetId()):
		return nil, nil, fault.Errorf(fault.NotAllowed, "licence %s was issued by another agency; only that agency screens it", l.GetId())
	case !Live(l, at):
		return nil, nil, fault.Errorf(fault.Precondition, "licence %s has ended; there is nothing to screen", l.GetId())
	}
	lists, err := LicenceLists(view, l)
	return l.GetDeal(), lists, err
}

// LicenceLists are the lists that the policies have the parties of a licence compared with under which it was granted.
func LicenceLists(view ledger.View, l *ledgerv1.Licence) ([]screening.Required, error) {
	if l.GetBasis().GetPolicyId() == "" {
		return nil, nil
	}
	policies, err := adopted.ByID(view, strings.Split(l.GetBasis().GetPolicyId(), " "))
	if err != nil {
		return nil, err
	}
	return (&File{Policies: policies}).Lists(), nil
}

// Live reports whether a licence could be used at a time, or could again if it were reinstated.
func Live(l *ledgerv1.Licence, at time.Time) bool {
	switch l.GetStatus() {
	case ledgerv1.Status_STATUS_GRANTED, ledgerv1.Status_STATUS_SUSPENDED:
		return l.GetValidUntil() == nil || at.Before(l.GetValidUntil().AsTime())
	default:
		return false
	}
}
