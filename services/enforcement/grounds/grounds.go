// Package grounds is what enforcement's decisions rest on: the events, of others and its own, that they cite. What was shared
// with enforcement and is cited is counted as used, see package citations.
package grounds

import (
	"fmt"
	"slices"

	"github.com/counterfoil/counterfoil/libs/citations"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// OfFinding are the grounds of confirming or refuting an alert: the alert and what supports it, how others see it and what they
// did, the records that it names, and sightings of it and of them.
func OfFinding(view ledger.View, a *ledgerv1.Alert) (all citations.Grounds, err error) {
	views, err := view.AlertViewsWith("alert", a.GetId())
	if err != nil {
		return nil, fmt.Errorf("read how others see alert %s: %w", a.GetId(), err)
	}
	for _, v := range views {
		if err := all.Add(view, v, &enforcementv1.AlertClassified{}); err != nil {
			return nil, err
		}
	}
	actions, err := view.AlertActionsWith("alert", a.GetId())
	if err != nil {
		return nil, fmt.Errorf("read what was done about alert %s: %w", a.GetId(), err)
	}
	for _, done := range actions {
		if err := all.Add(view, done, &enforcementv1.AlertActed{}); err != nil {
			return nil, err
		}
	}
	r := a.GetRaised()
	for _, id := range slices.Concat([]string{a.GetId()}, r.GetLicenceIds(), r.GetDeclarationIds(), r.GetLinks().GetDenialIds(), r.GetLinks().GetTraceIds()) {
		if err := all.Record(view, id); err != nil {
			return nil, err
		}
		if err := all.Sightings(view, id); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// OfAnswer are the grounds of answering or refusing a trace: what others replied, whose records have the item, and the records
// that the chain of the answer rests on.
func OfAnswer(view ledger.View, trace string, chain []*enforcementv1.Holder) (all citations.Grounds, err error) {
	replies, err := view.TraceRepliesWith("trace", trace)
	if err != nil {
		return nil, fmt.Errorf("read replies to trace %s: %w", trace, err)
	}
	for _, r := range replies {
		if err := all.Add(view, r, &enforcementv1.TraceReplied{}); err != nil {
			return nil, err
		}
	}
	hits, err := view.TraceHitsWith("trace", trace)
	if err != nil {
		return nil, fmt.Errorf("read hits of trace %s: %w", trace, err)
	}
	for _, h := range hits {
		if err := all.Add(view, h, &enforcementv1.TraceHit{}); err != nil {
			return nil, err
		}
	}
	for _, h := range chain {
		if err := all.Record(view, h.GetRecordId()); err != nil {
			return nil, err
		}
	}
	return all, nil
}
