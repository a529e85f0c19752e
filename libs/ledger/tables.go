package ledger

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

var (
	statusNames      = namesOf(ledgerv1.Status(0))
	kindNames        = namesOf(transferv1.Kind(0))
	categoryNames    = namesOf(transferv1.Category(0))
	declarationNames = namesOf(ledgerv1.DeclarationStatus(0))
	effectNames      = namesOf(ledgerv1.Effect(0))
	alertNames       = namesOf(ledgerv1.AlertStatus(0))
	stageNames       = namesOf(enforcementv1.Stage(0))
	priorityNames    = namesOf(enforcementv1.Priority(0))
)

var withdrawn = statusNames.of(ledgerv1.Status_STATUS_WITHDRAWN.Number())

var licences = define("licences", queryv1.Table_TABLE_LICENCES, func() *ledgerv1.Licence { return new(ledgerv1.Licence) },
	func(r *ledgerv1.Licence) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Licence, x *entries) {
		x.add(byStatus, statusNames.of(r.Status.Number()))
		x.deal(r.Deal)
		x.add(byApplication, r.ApplicationId)
		x.add(bySource, r.Published.GetSource())
		x.add(byShipment, r.Deal.GetShipmentId())
		x.papers(r.Deal)
		x.onFile(r.OnFile)
	}, byStatus, byKind, byDestination, byYear, byRating, byCategory, byParty, byApplication, bySource, byShipment, byCertificate, byRoute).
	dated(8, func(r *ledgerv1.Licence) *timestamppb.Timestamp { return r.DecidedAt }).
	shown(func(r *ledgerv1.Licence) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Licence{Licence: r}}
	})

var lines = define("lines", queryv1.Table_TABLE_LINES, func() *ledgerv1.Line { return new(ledgerv1.Line) },
	func(r *ledgerv1.Line) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Line, x *entries) {
		x.add(byStatus, statusNames.of(r.Status.Number()))
		x.add(byKind, kindNames.of(r.Kind.Number()))
		x.destination(r.Destination)
		x.add(byRating, r.Line.GetRating())
		x.add(byCategory, categoryNames.of(r.Line.GetCategory().Number()))
	}, byStatus, byKind, byDestination, byYear, byRating, byCategory, byDecision).
	ownedBy(byDecision).
	dated(9, func(r *ledgerv1.Line) *timestamppb.Timestamp { return r.DecidedAt }).
	shown(func(r *ledgerv1.Line) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_Line{Line: r}} })

var denials = define("denials", queryv1.Table_TABLE_DENIALS, func() *ledgerv1.Denial { return new(ledgerv1.Denial) },
	func(r *ledgerv1.Denial) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Denial, x *entries) {
		x.add(byStatus, statusNames.of(r.Status.Number()))
		x.deal(r.Deal)
		x.addEach(byCriterion, r.Criteria)
		x.add(byApplication, r.ApplicationId)
		x.add(bySource, r.Published.GetSource())
	}, byStatus, byKind, byDestination, byYear, byRating, byCategory, byCriterion, byParty, byApplication, bySource).
	dated(9, func(r *ledgerv1.Denial) *timestamppb.Timestamp { return r.DecidedAt }).
	shown(func(r *ledgerv1.Denial) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Denial{Denial: r}}
	})

var declarations = define("declarations", queryv1.Table_TABLE_DECLARATIONS, func() *ledgerv1.Declaration { return new(ledgerv1.Declaration) },
	func(r *ledgerv1.Declaration) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Declaration, x *entries) {
		x.add(byStatus, declarationNames.of(r.Status.Number()))
		x.add(byKind, kindNames.of(r.Accepted.GetKind().Number()))
		x.add(byDestination, r.Accepted.GetDestination())
		x.add(byLicence, r.Accepted.GetLicenceId())
		x.parties(r.Accepted.GetParties())
		x.add(byOffice, r.Accepted.GetOffice())
		var serials []*transferv1.Serials
		for _, item := range r.Accepted.GetItems() {
			serials = append(serials, item.Serials...)
		}
		x.serials(serials)
		x.consignment(r.Accepted.GetConsignment())
		x.add(byLRN, r.Accepted.GetConsignment().GetLrn())
		x.add(byMoved, yearOf(r.ExitedAt))
		if r.Status == arrived {
			x.addOnce(byMoved, yearOf(r.MovedAt))
		}
		x.add(byTransit, transitOf(r))
	}, byStatus, byKind, byDestination, byYear, byLicence, byParty, byOffice, bySerial, byLot, byVessel, byContainer, byCertificate, byRoute, byUCR, byDocument,
		byLRN, byMoved, byTransit).
	dated(0, func(r *ledgerv1.Declaration) *timestamppb.Timestamp { return r.Accepted.GetAcceptedAt() }).
	shown(func(r *ledgerv1.Declaration) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Declaration{Declaration: r}}
	})

// transitOf is open while goods are on their way to an office, and discharged once they came there; empty where they were not sent to one,
// were declared no longer, or arrived otherwise.
func transitOf(r *ledgerv1.Declaration) string {
	switch {
	case r.DischargedAt != nil:
		return "discharged"
	case r.Transit != nil && (r.Status == released || r.Status == held):
		return "open"
	}
	return ""
}

var alerts = define("alerts", queryv1.Table_TABLE_ALERTS, func() *ledgerv1.Alert { return new(ledgerv1.Alert) },
	func(r *ledgerv1.Alert) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Alert, x *entries) {
		x.add(byStatus, alertNames.of(r.Status.Number()))
		x.add(byPriority, priorityNames.of(r.Raised.GetPriority().Number()))
		x.add(byStage, stageNames.of(r.Raised.GetStage().Number()))
		x.parties(r.Raised.GetParties())
		for _, id := range r.Raised.GetLicenceIds() {
			x.addOnce(byLicence, id)
		}
		for _, i := range r.Indicators {
			x.addOnce(byIndicator, i)
		}
		for _, a := range r.Raised.GetAddressees() {
			x.addOnce(byAddressee, a)
		}
		x.add(byOpen, strconv.FormatBool(r.Status != refuted && r.Status != closed && r.Finding != refuted))
		for _, id := range r.Raised.GetDeclarationIds() {
			x.addOnce(byDeclaration, id)
		}
		x.serials(r.Raised.GetSerials())
		x.links(r.Raised.GetLinks())
		x.route(r.Raised.GetPlaces().GetTransit())
	}, byStatus, byPriority, byStage, byParty, byLicence, byIndicator, byAddressee, byYear, byOpen, byDeclaration, bySerial, byLot, byVessel, byContainer,
		byCertificate, byRoute, byUCR, byDocument, byTrace).
	dated(7, func(r *ledgerv1.Alert) *timestamppb.Timestamp { return r.RaisedAt }).
	shown(func(r *ledgerv1.Alert) *queryv1.Row { return &queryv1.Row{Row: &queryv1.Row_Alert{Alert: r}} })

var applications = define("applications", queryv1.Table_TABLE_APPLICATIONS, func() *ledgerv1.Application { return new(ledgerv1.Application) },
	func(r *ledgerv1.Application) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Application, x *entries) {
		x.add(byStatus, statusNames.of(r.Status.Number()))
		x.deal(r.Deal)
		x.add(byShipment, r.Deal.GetShipmentId())
		x.add(byOrigin, r.RoutedFrom)
		x.papers(r.Deal)
	}, byStatus, byKind, byDestination, byYear, byRating, byCategory, byParty, byShipment, byOrigin, byCertificate, byRoute).
	dated(6, func(r *ledgerv1.Application) *timestamppb.Timestamp { return r.SubmittedAt }).
	shown(func(r *ledgerv1.Application) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Application{Application: r}}
	})

var reassessments = define("reassessments", queryv1.Table_TABLE_REASSESSMENTS, func() *ledgerv1.Reassessment { return new(ledgerv1.Reassessment) },
	func(r *ledgerv1.Reassessment) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Reassessment, x *entries) {
		x.add(byLicence, r.LicenceId)
		x.add(byAlert, r.AlertId)
		x.add(byOpen, strconv.FormatBool(r.Outcome == licensingv1.Outcome_OUTCOME_UNSPECIFIED))
	}, byLicence, byAlert, byOpen).
	dated(7, func(r *ledgerv1.Reassessment) *timestamppb.Timestamp { return r.OpenedAt }).
	shown(func(r *ledgerv1.Reassessment) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Reassessment{Reassessment: r}}
	})

var writeOffs = define("write_offs", queryv1.Table_TABLE_WRITE_OFFS, func() *ledgerv1.WriteOff { return new(ledgerv1.WriteOff) },
	func(r *ledgerv1.WriteOff) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.WriteOff, x *entries) {
		x.add(byLicence, r.LicenceId)
		x.add(byEffect, effectNames.of(r.Effect.Number()))
		x.add(byAgency, AgencyOf(r.Journal))
	}, byLicence, byDeclaration, byEffect, byAgency).
	ownedBy(byDeclaration).
	shown(func(r *ledgerv1.WriteOff) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_WriteOff{WriteOff: r}}
	})

var acknowledgements = define("acknowledgements", queryv1.Table_TABLE_ACKNOWLEDGEMENTS, func() *ledgerv1.Acknowledgement { return new(ledgerv1.Acknowledgement) },
	func(r *ledgerv1.Acknowledgement) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Acknowledgement, x *entries) {
		x.add(byAlert, r.AlertId)
		x.add(byAgency, r.Agency)
	}, byAlert, byAgency).
	dated(7, func(r *ledgerv1.Acknowledgement) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.Acknowledgement) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Acknowledgement{Acknowledgement: r}}
	})

var returnRequests = define("return_requests", queryv1.Table_TABLE_RETURN_REQUESTS, func() *ledgerv1.ReturnRequest { return new(ledgerv1.ReturnRequest) },
	func(r *ledgerv1.ReturnRequest) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.ReturnRequest, x *entries) {
		x.add(byYear, yearName(int(r.Requested.GetYear()))) // the year that is reported on
		x.add(byForm, r.Requested.GetForm())
		for _, a := range r.Requested.GetAgencies() {
			x.addOnce(byAgency, a)
		}
	}, byYear, byForm, byAgency).
	shown(func(r *ledgerv1.ReturnRequest) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_ReturnRequest{ReturnRequest: r}}
	})

var returnSubmissions = define("return_submissions", queryv1.Table_TABLE_RETURN_SUBMISSIONS, func() *ledgerv1.ReturnSubmission { return new(ledgerv1.ReturnSubmission) },
	func(r *ledgerv1.ReturnSubmission) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.ReturnSubmission, x *entries) {
		x.add(byRequest, r.RequestId)
		x.add(byAgency, r.Agency)
	}, byRequest, byAgency).
	dated(7, func(r *ledgerv1.ReturnSubmission) *timestamppb.Timestamp { return r.At }).
	shown(func(r *ledgerv1.ReturnSubmission) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_ReturnSubmission{ReturnSubmission: r}}
	})

var editions = define("editions", queryv1.Table_TABLE_EDITIONS, func() *ledgerv1.Edition { return new(ledgerv1.Edition) },
	func(r *ledgerv1.Edition) header { return header{&r.Id, &r.Journal, &r.Events} }).
	indexed(func(r *ledgerv1.Edition, x *entries) { x.add(bySource, r.Source) }, bySource).
	dated(0, func(r *ledgerv1.Edition) *timestamppb.Timestamp {
		day, err := time.Parse(time.DateOnly, r.Edition)
		if err != nil {
			return nil // an edition that is not named by its date has none
		}
		return timestamppb.New(day)
	}).
	shown(func(r *ledgerv1.Edition) *queryv1.Row {
		return &queryv1.Row{Row: &queryv1.Row_Edition{Edition: r}}
	})

var commands = define("commands", queryv1.Table_TABLE_UNSPECIFIED, func() *ledgerv1.KeptCommand { return new(ledgerv1.KeptCommand) },
	func(r *ledgerv1.KeptCommand) header { return header{&r.Id, &r.Journal, &r.Events} })

// tables are all tables, in the order of the root hash.
var tables = number(licences.table, lines.table, denials.table, declarations.table, alerts.table, applications.table,
	reassessments.table, writeOffs.table, acknowledgements.table, returnRequests.table, returnSubmissions.table, agencies.table,
	groups.table, editions.table, sharingRules.table, commands.table, agencyKeys.table, journalKeys.table, releases.table,
	receipts.table, withdrawals.table, withdrawalReceipts.table, widenings.table, policies.table, calendars.table, handovers.table,
	prohibitionChecks.table, assessments.table, proposals.table, appeals.table, obligations.table, consultations.table,
	opinions.table, conditions.table, notices.table, undercuts.table, undercutReplies.table, denialTokens.table,
	blindChecks.table, blindAnswers.table, blindConclusions.table, listEntries.table, watchLists.table, embargoes.table,
	screenings.table, findings.table, discrepancies.table, allowances.table, allowanceReturns.table, deliveries.table,
	deliveryConfirmations.table, postDeliveryChecks.table, alertViews.table, alertActions.table, consequences.table, sightings.table,
	corrections.table, correctionAnswers.table, traces.table, traceReplies.table, traceHits.table, factsUsed.table, tallies.table,
	wireFiles.table, usages.table, wireParts.table, wireStreams.table, procedures.table, reportSteps.table, reports.table,
	reportParts.table, draftAnswers.table, rowMarks.table, partnerFigures.table, partnerEditions.table, differences.table,
	differenceAnswers.table, reportAnswers.table, measures.table, publicRequests.table)

func number(list ...*table) []*table {
	for slot, t := range list {
		t.slot = slot
	}
	return list
}

func (x *entries) deal(d *licensingv1.Deal) {
	x.add(byKind, kindNames.of(d.GetKind().Number()))
	x.destination(d.GetDestination())
	for _, l := range d.GetLines() {
		x.addOnce(byRating, l.Rating)
		x.addOnce(byCategory, categoryNames.of(l.Category.Number()))
	}
	x.parties(d.GetParties())
}

// destination is indexed by its code, or by its name where it is of no State.
func (x *entries) destination(p *licensingv1.Place) {
	indexed := p.GetCountry()
	if indexed == "" {
		indexed = p.GetName()
	}
	x.add(byDestination, indexed)
	if p.GetName() != "" {
		x.places = append(x.places, placeName{p.Name, indexed})
	}
}

// parties are indexed by each identifier, and by name.
func (x *entries) parties(parties []*transferv1.Party) {
	for _, p := range parties {
		for _, id := range p.Identifiers {
			x.addOnce(byParty, id)
		}
		x.name(p.Name)
	}
}

// name is indexed as it is and by what makes it near to others.
func (x *entries) name(name string) {
	if folded := FoldName(name); folded != "" {
		x.addOnce(byParty, "name:"+folded)
		x.names = append(x.names, folded)
	}
}
