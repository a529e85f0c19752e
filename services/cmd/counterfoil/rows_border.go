package main

import (
	"strings"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// borderHeads is heads for what customs finds, lends to its posts, and asks for after goods left.
func borderHeads(table queryv1.Table) []string {
	switch table {
	case queryv1.Table_TABLE_DISCREPANCIES:
		return []string{"discrepancy", "declaration", "item", "code", "severity", "settled", "raised", "text"}
	case queryv1.Table_TABLE_ALLOWANCES:
		return []string{"allowance", "post", "licence", "line", "quantity", "value", "given"}
	case queryv1.Table_TABLE_ALLOWANCE_RETURNS:
		return []string{"return", "post", "licence", "line", "quantity", "value", "returned"}
	case queryv1.Table_TABLE_DELIVERIES:
		return []string{"delivery", "status", "licence", "declarations", "of", "due", "proof"}
	case queryv1.Table_TABLE_DELIVERY_CONFIRMATIONS:
		return []string{"confirmation", "delivery", "agency", "proof", "arrived", "place"}
	case queryv1.Table_TABLE_POST_DELIVERY_CHECKS:
		return []string{"check", "licence", "planned for", "site", "outcome", "obstructed"}
	}
	return tracingHeads(table)
}

// borderCells returns a row as borderHeads names it.
func borderCells(row *queryv1.Row) []string {
	switch r := row.GetRow().(type) {
	case *queryv1.Row_Discrepancy:
		d, raised := r.Discrepancy, r.Discrepancy.GetRaised()
		return []string{d.Id, raised.GetDeclarationId(), number(uint64(raised.GetItem())), raised.GetCode(), enum(raised.GetSeverity()), settled(d.GetSettled()), date(d.At), raised.GetText()}
	case *queryv1.Row_Allowance:
		a, g := r.Allowance, r.Allowance.GetGiven()
		return []string{a.Id, g.GetPost(), g.GetLicenceId(), number(uint64(g.GetLicenceLine())), quantity(g.GetQuantity()), money(g.GetValue()), date(a.At)}
	case *queryv1.Row_AllowanceReturn:
		a, b := r.AllowanceReturn, r.AllowanceReturn.GetReturned()
		return []string{a.Id, a.Agency, b.GetLicenceId(), number(uint64(b.GetLicenceLine())), quantity(b.GetQuantity()), money(b.GetValue()), date(a.At)}
	case *queryv1.Row_Delivery:
		d, asked := r.Delivery, r.Delivery.GetRequested()
		return []string{d.Id, enum(d.Status), asked.GetLicenceId(), strings.Join(asked.GetDeclarationIds(), " "), asked.GetOf(), date(asked.GetDue()), d.GetProof().GetNumber()}
	case *queryv1.Row_DeliveryConfirmation:
		c, p := r.DeliveryConfirmation, r.DeliveryConfirmation.GetConfirmed().GetProof()
		return []string{c.Id, c.GetConfirmed().GetDeliveryId(), c.Agency, p.GetNumber(), date(p.GetArrivedAt()), p.GetPlace()}
	case *queryv1.Row_PostDeliveryCheck:
		c, p := r.PostDeliveryCheck, r.PostDeliveryCheck.GetPlanned()
		outcome := "open"
		if c.GetDone() != nil {
			outcome = enum(c.Done.GetOutcome())
		}
		return []string{c.Id, p.GetLicenceId(), date(p.GetPlannedFor()), p.GetSite(), outcome, count(len(c.Obstructed))}
	}
	return tracingCells(row)
}

func settled(s *customsv1.DiscrepancySettled) string {
	switch {
	case s == nil:
		return "open"
	case s.Overridden:
		return "overridden: " + s.Reason
	}
	return s.Reason
}

// declarationCells are a declaration's: the licence as it was stated until it is accepted, and of what is overdue the codes.
func declarationCells(d *ledgerv1.Declaration) []string {
	a := d.GetAccepted()
	procedure := ""
	if p := a.GetConsignment().GetProcedure(); p != customsv1.Procedure_PROCEDURE_UNSPECIFIED {
		procedure = enum(p)
	}
	var overdue []string
	for _, o := range d.Overdue {
		overdue = append(overdue, o.Code)
	}
	return []string{d.Id, a.GetNumber(), enum(d.Status), enum(a.GetKind()), procedure, a.GetOffice(), a.GetDestination(),
		orElse(a.GetLicenceId(), a.GetLicenceReference()), date(d.LodgedAt), date(a.GetAcceptedAt()), date(d.ReleasedAt), date(d.MovedAt),
		number(uint64(d.Version)), strings.Join(overdue, " ")}
}
