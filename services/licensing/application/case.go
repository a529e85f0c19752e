package application

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// OpenCase puts this agency's part of a routed application on record as an application of its own, at a moment. A route is
// heard once, has no part for most, and cannot be followed by an agency that does not have the application.
func OpenCase(view ledger.View, routed *licensingv1.ApplicationRouted, at time.Time) ([]proto.Message, error) {
	i := slices.IndexFunc(routed.GetParts(), func(p *licensingv1.RoutedPart) bool { return p.GetDecider() == view.Agency() })
	if i < 0 {
		return nil, nil
	}
	origin, err := view.Application(routed.GetApplicationId())
	if err != nil {
		return nil, fmt.Errorf("read application %s: %w", routed.GetApplicationId(), err)
	}
	twins, err := view.ApplicationsWith("origin", routed.GetApplicationId())
	if err != nil {
		return nil, fmt.Errorf("read the cases of application %s: %w", routed.GetApplicationId(), err)
	}
	part := routed.GetParts()[i]
	deal := dealOf(origin, part.GetLines())
	known := slices.ContainsFunc(twins, func(t *ledgerv1.Application) bool { return view.Owns(t.GetId()) })
	if known || len(deal.GetLines()) == 0 {
		return nil, nil
	}
	id, err := view.NextID("A-" + at.UTC().Format("2006"))
	if err != nil {
		return nil, err
	}
	return []proto.Message{&licensingv1.ApplicationSubmitted{ApplicationId: id, Deal: deal, RoutedFrom: origin.GetId(), PolicyId: part.GetPolicyId()}}, nil
}

// dealOf is the deal of a case: some lines of the application, numbered from 1, with the parties and papers of all. Its lines
// say what they were classified by. Cases of one application have a shipment id in common.
func dealOf(origin *ledgerv1.Application, numbers []uint32) *licensingv1.Deal {
	deal := proto.CloneOf(origin.GetDeal())
	if deal == nil {
		return nil
	}
	deal.Lines = slices.DeleteFunc(deal.Lines, func(l *transferv1.Line) bool { return !slices.Contains(numbers, l.GetNumber()) })
	for i, l := range deal.Lines {
		for _, c := range origin.GetClassified() {
			if c.GetLine() == l.GetNumber() {
				l.Parameters = c.GetParameters()
			}
		}
		l.Number = uint32(i + 1)
	}
	if deal.ShipmentId == "" {
		deal.ShipmentId = origin.GetId()
	}
	return deal
}
