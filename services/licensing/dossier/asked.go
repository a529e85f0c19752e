package dossier

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/adopted"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
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
	if f.Policies, err = adopted.ByID(view, strings.Fields(opened.GetPolicyId())); err != nil {
		return nil, err
	}
	f.Facts = policy.FactsOf(a.GetDeal(), f.State, circumstances(a.GetDeal(), opened.GetEmergency() != ""))
	return f, nil
}

// askedUnder are the policies that the latest consultation on an application was opened under, which the case goes on under
// when others are adopted. They say nothing any more once the deal is another than those asked were told of.
func askedUnder(view ledger.View, a *ledgerv1.Application) ([]string, error) {
	c, err := latestConsultation(view, a.GetId())
	if c == nil || err != nil {
		return nil, err
	}
	same, err := sameGoods(c.GetOpened().GetDeal(), a.GetDeal())
	if !same || err != nil {
		return nil, err
	}
	return strings.Fields(c.GetOpened().GetPolicyId()), nil
}

// sameGoods reports whether two deals are the same to whom they concern: in all that the gates look at, and in the categories
// of their lines, by which policies are found.
func sameGoods(a, b *licensingv1.Deal) (bool, error) {
	was, err := DealDigest(a)
	if err != nil {
		return false, err
	}
	is, err := DealDigest(b)
	if err != nil {
		return false, err
	}
	return bytes.Equal(was, is) && slices.EqualFunc(a.GetLines(), b.GetLines(), func(x, y *transferv1.Line) bool {
		return x.GetCategory() == y.GetCategory()
	}), nil
}
