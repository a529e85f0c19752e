package handover

import (
	"slices"
	"time"

	"github.com/counterfoil/counterfoil/libs/custody"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// trace has the open traces of others that records of the agency have an item of, and that it has not replied to.
func trace(view ledger.View, _ time.Time) (due []*directoryv1.Duty, err error) {
	open, err := view.TracesWith("open", "true")
	if err != nil {
		return nil, err
	}
	for _, t := range open {
		if mine(view, t) {
			continue
		}
		hits, err := view.TraceHitsWith("trace", t.Id)
		if err != nil {
			return nil, err
		}
		given, err := view.TraceReply(view.Agency() + "/" + t.Id)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(hits, func(h *ledgerv1.TraceHit) bool { return mine(view, h) }); i >= 0 && given == nil {
			due = append(due, &directoryv1.Duty{Subject: t.Id, What: "answer-trace", Since: hits[i].At, Due: t.Opened.GetAnswerBy()})
		}
	}
	return due, nil
}

// raise has the hits of the agency's traces on items that were delivered, where no alert has to do with the trace: one is offered
// for diversion from stock or by re-transfer (docs/tracing.md), and raised by nobody but an officer.
func raise(view ledger.View, _ time.Time) (due []*directoryv1.Duty, err error) {
	open, err := view.TracesWith("open", "true")
	if err != nil {
		return nil, err
	}
	for _, t := range open {
		alerts, err := view.AlertsWith("trace", t.Id)
		if err != nil {
			return nil, err
		}
		if !mine(view, t) || len(alerts) > 0 || t.Opened.GetAlertId() != "" {
			continue
		}
		hits, err := view.TraceHitsWith("trace", t.Id)
		if err != nil {
			return nil, err
		}
		for _, h := range hits {
			diverted, err := isDiverted(view, t, h)
			if err != nil {
				return nil, err
			}
			if diverted {
				due = append(due, &directoryv1.Duty{Subject: h.Id, What: "raise-alert", Since: h.At})
			}
		}
	}
	return due, nil
}

// isDiverted reports whether the item of a hit left the lawful chain after it was delivered.
func isDiverted(view ledger.View, t *ledgerv1.Trace, h *ledgerv1.TraceHit) (bool, error) {
	if h.Hit.GetMatch() != "same" {
		return false, nil
	}
	for _, m := range t.Opened.GetMarks() {
		chains, err := custody.Of(view, m)
		if err != nil {
			return false, err
		}
		for _, c := range chains {
			after := c.Stage == enforcementv1.Stage_STAGE_D4_STOCKPILE_OR_USE || c.Stage == enforcementv1.Stage_STAGE_D5_RETRANSFER
			if after && c.Match == "same" && slices.ContainsFunc(c.Steps, func(s *queryv1.CustodyStep) bool {
				return s.RecordId == h.Hit.GetRecordId() || s.LicenceId == h.Hit.GetRecordId()
			}) {
				return true, nil
			}
		}
	}
	return false, nil
}
