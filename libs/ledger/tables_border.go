package ledger

import (
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/marks"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

var (
	severityNames = namesOf(customsv1.Severity(0))
	deliveryNames = namesOf(ledgerv1.DeliveryStatus(0))
	outcomeNames  = namesOf(customsv1.CheckOutcome(0))
)

var discrepancies = define("discrepancies", queryv1.Table_TABLE_DISCREPANCIES, func() *ledgerv1.Discrepancy { return new(ledgerv1.Discrepancy) },
	func(r *ledgerv1.Discrepancy) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Discrepancy, x *entries) {
		x.add(byDeclaration, r.Raised.GetDeclarationId())
		x.add(byLicence, r.Raised.GetLicenceId())
		x.add(byCode, r.Raised.GetCode())
		x.add(byPriority, severityNames.of(r.Raised.GetSeverity().Number()))
		x.add(byOpen, strconv.FormatBool(r.Settled == nil))
	}, byDeclaration, byLicence, byCode, byPriority, byYear, byOpen).
	dated(5, func(r *ledgerv1.Discrepancy) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Discrepancy) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Discrepancy{Discrepancy: r}}
	})

var allowances = define("allowances", queryv1.Table_TABLE_ALLOWANCES, func() *ledgerv1.Allowance { return new(ledgerv1.Allowance) },
	func(r *ledgerv1.Allowance) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Allowance, x *entries) {
		x.add(byLicence, r.Given.GetLicenceId())
		x.add(byPost, r.Given.GetPost())
	}, byLicence, byPost).
	dated(5, func(r *ledgerv1.Allowance) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Allowance) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Allowance{Allowance: r}}
	})

var allowanceReturns = define("allowance_returns", queryv1.Table_TABLE_ALLOWANCE_RETURNS, func() *ledgerv1.AllowanceReturn { return new(ledgerv1.AllowanceReturn) },
	func(r *ledgerv1.AllowanceReturn) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.AllowanceReturn, x *entries) {
		x.add(byLicence, r.Returned.GetLicenceId())
		x.add(byPost, r.Agency)
	}, byLicence, byPost).
	dated(6, func(r *ledgerv1.AllowanceReturn) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.AllowanceReturn) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_AllowanceReturn{AllowanceReturn: r}}
	})

var tallies = define("tallies", queryv1.Table_TABLE_UNSPECIFIED, func() *ledgerv1.Tally { return new(ledgerv1.Tally) },
	func(r *ledgerv1.Tally) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Tally, x *entries) {
		x.add(byLicence, r.LicenceId)
		for _, s := range slices.Concat(r.Quantities, r.Values) {
			for _, g := range s.Given {
				x.addOnce(byPost, g.Post)
			}
		}
	}, byLicence, byPost)

var deliveries = define("deliveries", queryv1.Table_TABLE_DELIVERIES, func() *ledgerv1.Delivery { return new(ledgerv1.Delivery) },
	func(r *ledgerv1.Delivery) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Delivery, x *entries) {
		x.add(byStatus, deliveryNames.of(r.Status.Number()))
		x.add(byLicence, r.Requested.GetLicenceId())
		for _, id := range r.Requested.GetDeclarationIds() {
			x.addOnce(byDeclaration, id)
		}
		x.add(byAgency, r.Requested.GetOf())
		x.addOnce(byCertificate, r.Requested.GetCertificate())
		x.addOnce(byCertificate, r.Proof.GetCertificate())
		x.addOnce(byCertificate, r.Proof.GetNumber())
		x.serials(serialsIn(slices.Concat(r.Requested.GetExpected(), r.Proof.GetReceived())))
		x.name(r.Proof.GetRecipient())
		x.add(byOpen, strconv.FormatBool(r.Status != deliveryVerified))
	}, byStatus, byLicence, byDeclaration, byAgency, byCertificate, bySerial, byLot, byParty, byOpen).
	dated(0, func(r *ledgerv1.Delivery) *timestamppb.Timestamp { return r.Requested.GetFrom() }).
	shown(func(r *ledgerv1.Delivery) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_Delivery{Delivery: r}} })

var deliveryConfirmations = define("delivery_confirmations", queryv1.Table_TABLE_DELIVERY_CONFIRMATIONS, func() *ledgerv1.DeliveryConfirmation { return new(ledgerv1.DeliveryConfirmation) },
	func(r *ledgerv1.DeliveryConfirmation) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.DeliveryConfirmation, x *entries) {
		x.add(byDelivery, r.Confirmed.GetDeliveryId())
		x.add(byAgency, r.Agency)
		x.add(byCertificate, r.Confirmed.GetProof().GetCertificate())
		x.serials(serialsIn(r.Confirmed.GetProof().GetReceived()))
		x.name(r.Confirmed.GetProof().GetRecipient())
	}, byDelivery, byAgency, byCertificate, bySerial, byLot, byParty).
	dated(6, func(r *ledgerv1.DeliveryConfirmation) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.DeliveryConfirmation) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_DeliveryConfirmation{DeliveryConfirmation: r}}
	})

var postDeliveryChecks = define("post_delivery_checks", queryv1.Table_TABLE_POST_DELIVERY_CHECKS, func() *ledgerv1.PostDeliveryCheck { return new(ledgerv1.PostDeliveryCheck) },
	func(r *ledgerv1.PostDeliveryCheck) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.PostDeliveryCheck, x *entries) {
		x.add(byLicence, r.Planned.GetLicenceId())
		x.add(byDelivery, r.Planned.GetDeliveryId())
		x.add(byAlert, r.Planned.GetAlertId())
		x.add(byStatus, outcomeNames.of(r.Done.GetOutcome().Number()))
		x.serials(serialsIn(r.Done.GetSeen()))
		x.add(byOpen, strconv.FormatBool(r.Done == nil))
	}, byLicence, byDelivery, byAlert, byStatus, bySerial, byLot, byOpen).
	dated(7, func(r *ledgerv1.PostDeliveryCheck) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.PostDeliveryCheck) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_PostDeliveryCheck{PostDeliveryCheck: r}}
	})

// serials are indexed by what readings of one number share, and by lot.
func (x *entries) serials(all []*transferv1.Serials) {
	numbers, lots := map[string]bool{}, map[string]bool{}
	for _, s := range all {
		for _, serial := range s.Serials {
			numbers[marks.Normalize(serial)] = true
		}
		lots[FoldName(s.Lot)] = true
	}
	for key := range numbers {
		x.add(bySerial, key)
	}
	for lot := range lots {
		x.add(byLot, lot)
	}
}

func serialsIn(items []*customsv1.DeliveredItem) (all []*transferv1.Serials) {
	for _, item := range items {
		all = append(all, item.Serials...)
	}
	return all
}

func (x *entries) consignment(c *customsv1.Consignment) {
	x.add(byVessel, c.GetTransport().GetIdentity())
	x.add(byUCR, c.GetUcr())
	x.once(byContainer, c.GetContainers())
	x.once(byCertificate, c.GetCertificates())
	x.once(byDocument, c.GetTransportDocuments())
	x.route(c.GetRoute())
}

// route is indexed as a whole, in the order of its countries.
func (x *entries) route(countries []string) {
	if len(countries) > 0 {
		x.add(byRoute, strings.Join(countries, "-"))
	}
}

// papers are a deal's end-user certificates and its route.
func (x *entries) papers(d *licensingv1.Deal) {
	for _, paper := range d.GetDocuments() {
		if paper.Kind == "end_user_certificate" {
			x.addOnce(byCertificate, paper.Number)
		}
	}
	var through []string
	for _, p := range d.GetRoute() {
		through = append(through, p.GetCountry())
	}
	x.route(through)
}

func (x *entries) once(a attribute, values []string) {
	for _, value := range values {
		x.addOnce(a, value)
	}
}
