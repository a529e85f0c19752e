package dossier

import (
	"fmt"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Of returns the file of the application that a consultation of this agency is about, under the policies that it was opened
// under, also when others were adopted meanwhile. The application may have been decided or ended since.
func Of(view ledger.View, c *ledgerv1.Consultation) (*File, error) {
	opened := c.GetOpened()
	a, err := view.Application(opened.GetApplicationId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read application %s: %w", opened.GetApplicationId(), err)
	case a == nil:
		return nil, fault.Errorf(fault.NotFound, "application %s, which consultation %s is about, is not on record here", opened.GetApplicationId(), c.GetId())
	}
	f := &File{Application: a}
	if f.State, err = Home(view); err != nil {
		return nil, err
	}
	if f.Policies, err = ByID(view, strings.Fields(opened.GetPolicyId())); err != nil {
		return nil, err
	}
	f.Facts = policy.FactsOf(a.GetDeal(), f.State, circumstances(a.GetDeal(), opened.GetEmergency() != ""))
	return f, nil
}
