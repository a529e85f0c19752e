// Package release decides whether goods may leave customs' hands, or are held and why: pure rules.
package release

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/customs/freshness"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// Decide returns GoodsReleased, or GoodsHeld with the first reason of these: the licence cannot be used by what is on record
// here, the copy of it is too old to rely on, a discrepancy of high severity among those open, an alert that is immediate or
// confirmed and neither refuted nor closed. clock is this agency's clock, not a time that an officer states.
func Decide(view ledger.View, declaration string, licence *ledgerv1.Licence, open []*customsv1.DiscrepancyRaised, clock time.Time) (proto.Message, error) {
	now, _, err := freshness.Now(view, clock)
	if err != nil {
		return nil, err
	}
	held := func(reason customsv1.HoldReason, text string) *customsv1.GoodsHeld {
		return &customsv1.GoodsHeld{DeclarationId: declaration, Reason: reason, Text: text, At: timestamppb.New(now)}
	}
	if err := writeoff.InForce(licence, now); err != nil {
		return held(customsv1.HoldReason_HOLD_REASON_LICENCE, fault.As(err).Sentence), nil
	}
	copied, err := freshness.Of(view, licence, clock)
	if err != nil {
		return nil, err
	}
	if copied.Stale != "" {
		h := held(customsv1.HoldReason_HOLD_REASON_STALE, copied.Stale)
		h.Freshness = copied.Freshness
		return h, nil
	}
	for _, d := range open {
		if d.GetSeverity() == customsv1.Severity_SEVERITY_HIGH {
			return Open(d, timestamppb.New(now)), nil
		}
	}
	alert, err := alertOn(view, declaration, licence.GetId())
	switch {
	case err != nil:
		return nil, err
	case alert != nil:
		h := held(customsv1.HoldReason_HOLD_REASON_ALERT, fmt.Sprintf("alert %s is open: %s", alert.GetId(), alert.GetRaised().GetSummary()))
		h.AlertId = alert.GetId()
		return h, nil
	}
	return &customsv1.GoodsReleased{DeclarationId: declaration, At: timestamppb.New(now), Freshness: copied.Freshness}, nil
}

// Open is the hold of goods for a discrepancy that is open.
func Open(d *customsv1.DiscrepancyRaised, at *timestamppb.Timestamp) *customsv1.GoodsHeld {
	return &customsv1.GoodsHeld{
		DeclarationId: d.GetDeclarationId(), Reason: customsv1.HoldReason_HOLD_REASON_DISCREPANCY, At: at,
		Text: fmt.Sprintf("%s is open: %s", d.GetCode(), d.GetText()),
	}
}

// alertOn is an open alert, immediate or confirmed, that names the declaration or its licence and whose hold no officer has
// lifted; nil when there is none.
func alertOn(view ledger.View, declaration, licence string) (*ledgerv1.Alert, error) {
	d, err := view.Declaration(declaration)
	if err != nil {
		return nil, fmt.Errorf("read declaration %s: %w", declaration, err)
	}
	for _, by := range []struct{ attribute, value string }{{"declaration", declaration}, {"licence", licence}} {
		alerts, err := view.AlertsWith(by.attribute, by.value)
		if err != nil {
			return nil, fmt.Errorf("read alerts by %s: %w", by.attribute, err)
		}
		for _, a := range alerts {
			if holds(a) && !slices.Contains(d.GetLiftedAlerts(), a.GetId()) {
				return a, nil
			}
		}
	}
	return nil, nil
}

// holds reports whether an alert holds the goods that it names.
func holds(a *ledgerv1.Alert) bool {
	confirmed := a.GetFinding() == ledgerv1.AlertStatus_ALERT_STATUS_CONFIRMED
	switch a.GetStatus() {
	case ledgerv1.AlertStatus_ALERT_STATUS_REFUTED, ledgerv1.AlertStatus_ALERT_STATUS_CLOSED:
		return false
	case ledgerv1.AlertStatus_ALERT_STATUS_CONFIRMED:
		confirmed = true
	}
	return confirmed || a.GetRaised().GetPriority() == enforcementv1.Priority_PRIORITY_IMMEDIATE
}

// own returns a declaration that this agency may decide on.
func own(view ledger.View, id string) (*ledgerv1.Declaration, error) {
	d, err := view.Declaration(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read declaration %s: %w", id, err)
	case d == nil:
		return nil, fault.Errorf(fault.NotFound, "declaration %s is not on record here; see: counterfoil list declarations", id)
	case !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "declaration %s was accepted by another agency; only that agency can hold or release its goods", id)
	}
	return d, nil
}
