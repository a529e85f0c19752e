// Package hold is what a diversion alert leads to for goods at the border: they are held, or that is offered. Pure functions of a
// ledger view: each returns the facts to record, or nothing.
package hold

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
)

const consequence = enforcementv1.Consequence_CONSEQUENCE_HOLD

// Offer offers to hold the goods of this agency's declarations that an alert touches and that have not moved, as the policies of
// their licences say for these moments of it (docs/alerts.md).
func Offer(view ledger.View, alert *ledgerv1.Alert, moments []string, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	due, err := dueTo(view, alert, moments, false)
	if err != nil {
		return nil, err
	}
	var list []incident.Proposal
	for _, d := range due {
		list = append(list, incident.Proposal{Consequence: consequence, Subject: d.Declaration.GetId(), Reason: reason(alert, d.How)})
	}
	return incident.Offer(view, alert.GetId(), list, at, cause)
}

// Hold holds the goods of the declarations where a policy has that done by itself, incident.MostAtOnce of them. Goods that an alert
// holds already are left as they are.
func Hold(view ledger.View, alert *ledgerv1.Alert, moments []string, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	due, err := dueTo(view, alert, moments, true)
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	for _, d := range due {
		if !byAlert(d.Declaration) && len(facts) < incident.MostAtOnce {
			facts = append(facts, held(d.Declaration, alert.GetId(), reason(alert, d.How), at, cause))
		}
	}
	return facts, nil
}

// Taken holds the goods that an offer to hold was taken for; nothing where they have moved meanwhile, or an alert holds them.
func Taken(view ledger.View, offer *ledgerv1.ConsequenceOffer, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	o := offer.GetOffered()
	d, err := view.Declaration(o.GetSubject())
	if err != nil {
		return nil, fmt.Errorf("read declaration %s: %w", o.GetSubject(), err)
	}
	if d == nil || !here(d) || byAlert(d) {
		return nil, nil
	}
	return []proto.Message{held(d, o.GetAlertId(), o.GetReason(), at, cause)}, nil
}

func held(d *ledgerv1.Declaration, alertID, text string, at time.Time, cause *eventv1.Cause) proto.Message {
	fact := ledger.Beside(d, &customsv1.GoodsHeld{
		DeclarationId: d.GetId(), Reason: customsv1.HoldReason_HOLD_REASON_ALERT, Text: text, At: timestamppb.New(at), AlertId: alertID,
	})
	fact.Causes = []*eventv1.Cause{cause}
	return fact
}

func reason(alert *ledgerv1.Alert, how string) string {
	return fmt.Sprintf("this declaration %s, alert %s", how, alert.GetId())
}

// dueTo are the declarations that an alert touches and for which a hold is offered, or is done by itself, in order of id.
func dueTo(view ledger.View, alert *ledgerv1.Alert, moments []string, automatic bool) (due []incident.Touched, err error) {
	touched, err := touchedBy(view, alert)
	if err != nil {
		return nil, err
	}
	for _, t := range touched {
		licence, err := view.Licence(t.Declaration.GetAccepted().GetLicenceId())
		if err != nil {
			return nil, fmt.Errorf("read the licence of declaration %s: %w", t.Declaration.GetId(), err)
		}
		offers, err := incident.Offers(view, licence, moments)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(offers, func(o *policyv1.Offer) bool {
			return incident.Named(o.GetConsequence()) == consequence && o.GetAutomatic() == automatic
		}) {
			due = append(due, t)
		}
	}
	return due, nil
}

// here reports whether goods can still be held.
func here(d *ledgerv1.Declaration) bool {
	switch d.GetStatus() {
	case ledgerv1.DeclarationStatus_DECLARATION_STATUS_ACCEPTED, ledgerv1.DeclarationStatus_DECLARATION_STATUS_RELEASED, ledgerv1.DeclarationStatus_DECLARATION_STATUS_HELD:
		return true
	}
	return false
}

// byAlert reports whether an alert holds goods now.
func byAlert(d *ledgerv1.Declaration) bool {
	return d.GetStatus() == ledgerv1.DeclarationStatus_DECLARATION_STATUS_HELD && d.GetHeld().GetAlertId() != ""
}
