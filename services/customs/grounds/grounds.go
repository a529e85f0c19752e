// Package grounds is what customs' decisions on goods rest on: the licence that they are under, as its agency stated it last,
// the alert that they are or were held for, and what became of their delivery. What was shared with customs and is cited is
// counted as used, see package citations.
package grounds

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/citations"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

// Cited takes what a rule decided, and has the acceptance of a declaration, the release and the holding of goods, the end of a
// hold, and the settling of a discrepancy cite what they rest on. Other facts, and those that cite something already, are left as
// they are; so is a refusal.
func Cited(view ledger.View) func([]proto.Message, error) ([]proto.Message, error) {
	return func(facts []proto.Message, err error) ([]proto.Message, error) {
		if err != nil {
			return facts, err
		}
		accepted := map[string]*customsv1.DeclarationAccepted{} // just now
		for i, fact := range facts {
			if facts[i], err = cited(view, fact, accepted); err != nil {
				return nil, err
			}
		}
		return facts, nil
	}
}

func cited(view ledger.View, fact proto.Message, accepted map[string]*customsv1.DeclarationAccepted) (proto.Message, error) {
	said := fact
	if dated, ok := fact.(ledger.Dated); ok {
		if said = dated.Message; len(dated.Causes) > 0 {
			return fact, nil
		}
	}
	var g citations.Grounds
	var err error
	switch f := said.(type) {
	case *customsv1.DeclarationAccepted:
		accepted[f.GetDeclarationId()] = f
		err = g.Record(view, f.GetLicenceId())
	case *customsv1.GoodsReleased:
		g, err = ofGoods(view, f.GetDeclarationId(), accepted)
	case *customsv1.GoodsHeld:
		if g, err = ofGoods(view, f.GetDeclarationId(), accepted); err == nil {
			err = g.Record(view, f.GetAlertId())
		}
	case *customsv1.HoldLifted:
		g, err = ofLifting(view, f.GetDeclarationId(), accepted)
	case *customsv1.DiscrepancySettled:
		g, err = ofDiscrepancy(view, f.GetDiscrepancyId(), accepted)
	default:
		return fact, nil
	}
	if err != nil {
		return nil, err
	}
	return g.Cited(fact), nil
}

// ofGoods is what its agency said last of the licence that a declaration is under; nothing when that is not on record here.
func ofGoods(view ledger.View, declaration string, accepted map[string]*customsv1.DeclarationAccepted) (g citations.Grounds, err error) {
	d, now := accepted[declaration]
	if !now {
		row, err := view.Declaration(declaration)
		if err != nil {
			return nil, fmt.Errorf("read declaration %s: %w", declaration, err)
		}
		d = row.GetAccepted()
	}
	err = g.Record(view, d.GetLicenceId())
	return g, err
}

// ofLifting are the licence, and the alert that the goods were held for, with what others said of it and how it ended.
func ofLifting(view ledger.View, declaration string, accepted map[string]*customsv1.DeclarationAccepted) (citations.Grounds, error) {
	g, err := ofGoods(view, declaration, accepted)
	if err != nil {
		return nil, err
	}
	d, err := view.Declaration(declaration)
	if err != nil {
		return nil, fmt.Errorf("read declaration %s: %w", declaration, err)
	}
	id := d.GetHeld().GetAlertId()
	if id == "" {
		return g, nil
	}
	if err := g.Record(view, id); err != nil {
		return nil, err
	}
	alert, err := view.Alert(id)
	if err != nil {
		return nil, fmt.Errorf("read alert %s: %w", id, err)
	}
	if err := g.Add(view, alert, &enforcementv1.AlertRefuted{}, &enforcementv1.AlertClosed{}); err != nil {
		return nil, err
	}
	views, err := view.AlertViewsWith("alert", id)
	if err != nil {
		return nil, fmt.Errorf("read how others see alert %s: %w", id, err)
	}
	for _, v := range views {
		if err := g.Add(view, v, &enforcementv1.AlertClassified{}); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// ofDiscrepancy are the licence of its declaration, and what became of the deliveries that the declaration is in.
func ofDiscrepancy(view ledger.View, id string, accepted map[string]*customsv1.DeclarationAccepted) (citations.Grounds, error) {
	row, err := view.Discrepancy(id)
	if err != nil {
		return nil, fmt.Errorf("read discrepancy %s: %w", id, err)
	}
	declaration := row.GetRaised().GetDeclarationId()
	g, err := ofGoods(view, declaration, accepted)
	if err != nil {
		return nil, err
	}
	deliveries, err := view.DeliveriesWith("declaration", declaration)
	if err != nil {
		return nil, fmt.Errorf("read deliveries of declaration %s: %w", declaration, err)
	}
	for _, d := range deliveries {
		if err := g.Record(view, d.GetId()); err != nil {
			return nil, err
		}
	}
	return g, nil
}
