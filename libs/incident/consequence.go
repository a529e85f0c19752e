package incident

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
)

// The moments of an alert, as policies name them.
const (
	Raised    = "raised"
	Immediate = "immediate"
	Confirmed = "confirmed"
)

// Moments are those that an alert has come to: raised, immediate where that is its priority, and confirmed where it is now.
func Moments(alert *ledgerv1.Alert, confirmed bool) []string {
	moments := []string{Raised}
	if alert.GetRaised().GetPriority() == enforcementv1.Priority_PRIORITY_IMMEDIATE {
		moments = append(moments, Immediate)
	}
	if confirmed {
		moments = append(moments, Confirmed)
	}
	return moments
}

// Refuted reports whether an alert was refuted, also where it was closed since: nothing follows from it any more.
func Refuted(alert *ledgerv1.Alert) bool {
	return alert.GetFinding() == ledgerv1.AlertStatus_ALERT_STATUS_REFUTED
}

// Offers are what an alert may lead to for what moves under a licence, by the policies that it was granted under, as far as they
// are on record here; by the defaults where it names none, or there is no licence.
func Offers(view ledger.View, l *ledgerv1.Licence, moments []string) ([]*policyv1.Offer, error) {
	var policies []*policy.Policy
	for _, id := range strings.Fields(l.GetBasis().GetPolicyId()) {
		row, err := view.Policy(id)
		if err != nil {
			return nil, fmt.Errorf("read policy %s: %w", id, err)
		}
		if p, err := policy.LoadAdopted(id, row.GetAdopted().GetContent()); row != nil && err == nil {
			policies = append(policies, p)
		}
	}
	return policy.Offers(policies, moments...), nil
}

// Proposal is a consequence of an alert for a record of this agency.
type Proposal struct {
	Consequence enforcementv1.Consequence
	Subject     string
	Reason      string
}

// MostAtOnce is how many records one event of an alert reaches by itself; a later event of it goes on with the others. More would be
// no help to an officer, and no block holds any number.
const MostAtOnce = 500

// Offer puts consequences of an alert before this agency, each once for alert, consequence and subject, in the order given and
// MostAtOnce of them. Each fact names the cause.
func Offer(view ledger.View, alertID string, list []Proposal, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	list, err := further(view, alertID, list)
	if len(list) == 0 || err != nil {
		return nil, err
	}
	ids, err := view.NextIDs("CO-"+at.UTC().Format("2006"), len(list))
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	for i, p := range list {
		facts = append(facts, ledger.Dated{Message: &enforcementv1.ConsequenceOffered{
			OfferId: ids[i], AlertId: alertID, Consequence: p.Consequence, Subject: p.Subject, Reason: p.Reason,
		}, Causes: []*eventv1.Cause{cause}})
	}
	return facts, nil
}

// further are the first MostAtOnce of a list that were not put before this agency yet.
func further(view ledger.View, alertID string, list []Proposal) (more []Proposal, err error) {
	before, err := view.ConsequenceOffersWith("alert", alertID)
	if err != nil {
		return nil, fmt.Errorf("read what alert %s was taken to lead to: %w", alertID, err)
	}
	type key struct {
		consequence enforcementv1.Consequence
		subject     string
	}
	known := map[key]bool{}
	for _, r := range before {
		if o := r.GetOffered(); view.Owns(r.GetId()) {
			known[key{o.GetConsequence(), o.GetSubject()}] = true
		}
	}
	for _, p := range list {
		k := key{p.Consequence, p.Subject}
		if !known[k] && len(more) < MostAtOnce {
			known[k], more = true, append(more, p)
		}
	}
	return more, nil
}

// Answer answers this agency's open offers of an alert that are picked, each in the journal that it stands in.
func Answer(view ledger.View, alertID string, picked func(*enforcementv1.ConsequenceOffered) bool, taken bool, reason string, cause *eventv1.Cause) ([]proto.Message, error) {
	rows, err := view.ConsequenceOffersWith("alert", alertID)
	if err != nil {
		return nil, fmt.Errorf("read what alert %s was taken to lead to: %w", alertID, err)
	}
	var facts []proto.Message
	for _, r := range rows {
		if r.GetAnswered() != nil || !view.Owns(r.GetId()) || !picked(r.GetOffered()) {
			continue
		}
		fact := ledger.Beside(r, &enforcementv1.ConsequenceAnswered{OfferId: r.GetId(), Taken: taken, Reason: reason})
		fact.Causes = []*eventv1.Cause{cause}
		facts = append(facts, fact)
	}
	return facts, nil
}

// Word is a consequence as policies and people say it.
func Word(c enforcementv1.Consequence) string {
	return strings.ToLower(strings.TrimPrefix(c.String(), "CONSEQUENCE_"))
}

// Named is the consequence that a policy names; unspecified of a word that is none.
func Named(word string) enforcementv1.Consequence {
	return enforcementv1.Consequence(enforcementv1.Consequence_value["CONSEQUENCE_"+strings.ToUpper(word)])
}
