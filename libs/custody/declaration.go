package custody

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// declaration is one that has the item.
type declaration struct {
	*ledgerv1.Declaration
	// state is where it was declared.
	state string
	line  uint32
	// licence is nil when it is not on record here.
	licence *ledgerv1.Licence
}

func readDeclaration(view ledger.View, d *ledgerv1.Declaration, line uint32, states func(string) (string, error)) (*declaration, error) {
	own := &declaration{Declaration: d, line: line}
	var err error
	if own.state, err = states(ledger.AgencyOf(d.GetId())); err != nil {
		return nil, err
	}
	if id := d.GetAccepted().GetLicenceId(); id != "" {
		if own.licence, err = view.Licence(id); err != nil {
			return nil, fmt.Errorf("read licence %s: %w", id, err)
		}
	}
	return own, nil
}

func (d *declaration) kind() transferv1.Kind { return d.GetAccepted().GetKind() }

// start is when it was accepted, or lodged where it was not.
func (d *declaration) start() time.Time { return started(d.Declaration).AsTime() }

func started(d *ledgerv1.Declaration) *timestamppb.Timestamp {
	if at := d.GetAccepted().GetAcceptedAt(); at != nil {
		return at
	}
	return d.GetLodgedAt()
}

// from is the State that the goods are sent from, to the one that they go to.
func (d *declaration) from() string {
	if from := d.GetAccepted().GetConsignment().GetDispatch(); from != "" || d.kind() != transferv1.Kind_KIND_EXPORT {
		return from
	}
	return d.state
}

func (d *declaration) to() string {
	if to := d.GetAccepted().GetDestination(); to != "" || d.kind() != transferv1.Kind_KIND_IMPORT {
		return to
	}
	return d.state
}

// moved reports whether the goods left, or arrived.
func (d *declaration) moved() bool {
	return slices.Contains([]ledgerv1.DeclarationStatus{ledgerv1.DeclarationStatus_DECLARATION_STATUS_EXITED, ledgerv1.DeclarationStatus_DECLARATION_STATUS_ARRIVED}, d.GetStatus())
}

// counts reports whether goods were, or are, under it.
func (d *declaration) counts() bool {
	return d.GetStatus() != ledgerv1.DeclarationStatus_DECLARATION_STATUS_CANCELLED && d.GetStatus() != ledgerv1.DeclarationStatus_DECLARATION_STATUS_LODGED
}

// arrivedAt is when goods arrived by it; zero when they did not. Goods that are accepted for import are there.
func (d *declaration) arrivedAt() time.Time {
	switch {
	case d.GetStatus() == ledgerv1.DeclarationStatus_DECLARATION_STATUS_ARRIVED:
		return d.GetMovedAt().AsTime()
	case d.kind() == transferv1.Kind_KIND_IMPORT:
		return d.start()
	}
	return time.Time{}
}

// overdue is what was not confirmed in time, by its code; nil when nothing was.
func (d *declaration) overdue(code string) *customsv1.MovementOverdue {
	i := slices.IndexFunc(d.GetOverdue(), func(o *customsv1.MovementOverdue) bool { return o.GetCode() == code })
	if i < 0 {
		return nil
	}
	return d.GetOverdue()[i]
}

// party is the first that has one of the roles, in the order of the roles; nil when none has.
func (d *declaration) party(roles ...transferv1.Role) *transferv1.Party {
	return partyOf(d.GetAccepted().GetParties(), roles...)
}

func partyOf(parties []*transferv1.Party, roles ...transferv1.Role) *transferv1.Party {
	for _, role := range roles {
		for _, p := range parties {
			if p.GetRole() == role {
				return p
			}
		}
	}
	return nil
}

// steps are the licence that it is under, and what it says itself.
func (d *declaration) steps() []*queryv1.CustodyStep {
	own := declarationSteps(d.Declaration, func(string) (string, error) { return d.state, nil })
	if d.licence == nil {
		return own
	}
	deal := d.licence.GetDeal()
	return append([]*queryv1.CustodyStep{{
		What: "licensed", At: d.licence.GetDecidedAt(), Country: deal.GetDestination().GetCountry(), RecordId: fmt.Sprintf("%s#%d", d.licence.GetId(), d.line),
		From: partyOf(deal.GetParties(), transferv1.Role_ROLE_EXPORTER).GetName(), To: partyOf(deal.GetParties(), holders...).GetName(),
		LicenceId: d.licence.GetId(), Journal: d.licence.GetJournal(), Events: d.licence.GetEvents(),
	}}, own...)
}

// holders are who has goods after they were delivered, the last first.
var holders = []transferv1.Role{transferv1.Role_ROLE_END_USER, transferv1.Role_ROLE_CONSIGNEE, transferv1.Role_ROLE_IMPORTER}

func declarationSteps(d *ledgerv1.Declaration, states func(string) (string, error)) (steps []*queryv1.CustodyStep) {
	a := d.GetAccepted()
	state, err := states(ledger.AgencyOf(d.GetId()))
	if err != nil {
		state = "" // where it was declared is shown only
	}
	exporter, carrier := partyOf(a.GetParties(), transferv1.Role_ROLE_EXPORTER).GetName(), partyOf(a.GetParties(), transferv1.Role_ROLE_CARRIER, transferv1.Role_ROLE_FORWARDER).GetName()
	consignee := partyOf(a.GetParties(), transferv1.Role_ROLE_CONSIGNEE, transferv1.Role_ROLE_IMPORTER, transferv1.Role_ROLE_END_USER).GetName()
	add := func(what string, at *timestamppb.Timestamp, place, country, from, to, text string) {
		steps = append(steps, &queryv1.CustodyStep{
			What: what, At: at, Place: place, Country: country, From: from, To: to, Text: text, LicenceId: a.GetLicenceId(),
		})
	}
	if d.GetStatus() == ledgerv1.DeclarationStatus_DECLARATION_STATUS_LODGED {
		add("lodged", d.GetLodgedAt(), a.GetOffice(), state, exporter, consignee, "")
		return steps
	}
	add("declared", started(d), a.GetOffice(), state, exporter, consignee, "")
	if at := d.GetReleasedAt(); at != nil {
		add("released", at, a.GetOffice(), state, "", "", "")
	}
	if t := d.GetTransit(); t != nil {
		add("transit_opened", started(d), t.GetOfficeOfDestination(), state, "", carrier, "")
	}
	if at := d.GetDischargedAt(); at != nil {
		add("transit_discharged", at, d.GetTransit().GetOfficeOfDestination(), state, carrier, "", "")
	}
	if at := d.GetExitedAt(); at != nil {
		add("exited", at, a.GetConsignment().GetOfficeOfExit(), state, exporter, carrier, "")
	}
	switch d.GetStatus() {
	case ledgerv1.DeclarationStatus_DECLARATION_STATUS_ARRIVED:
		add("arrived", d.GetMovedAt(), a.GetConsignment().GetOfficeOfDestination(), a.GetDestination(), carrier, consignee, "")
	case ledgerv1.DeclarationStatus_DECLARATION_STATUS_HELD:
		add("held", d.GetHeld().GetAt(), a.GetOffice(), state, "", "", d.GetHeld().GetText())
	case ledgerv1.DeclarationStatus_DECLARATION_STATUS_CANCELLED:
		add("cancelled", started(d), a.GetOffice(), state, "", "", d.GetStatusReason())
	}
	return steps
}
