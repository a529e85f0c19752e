package ledger

import (
	"slices"

	"google.golang.org/protobuf/proto"

	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	suspected    = ledgerv1.AlertStatus_ALERT_STATUS_SUSPECTED
	corroborated = ledgerv1.AlertStatus_ALERT_STATUS_CORROBORATED
	confirmed    = ledgerv1.AlertStatus_ALERT_STATUS_CONFIRMED
	refuted      = ledgerv1.AlertStatus_ALERT_STATUS_REFUTED
	closed       = ledgerv1.AlertStatus_ALERT_STATUS_CLOSED
)

// enforcement keeps the rows that the events of counterfoil.enforcement.v1 make.
func (f *folding) enforcement(fact proto.Message) error {
	switch e := fact.(type) {
	case *enforcementv1.DiversionAlertRaised:
		return put(f, alerts, &ledgerv1.Alert{
			Id: e.AlertId, Raised: e, Status: suspected, RaisedAt: f.event.OccurredAt, Indicators: distinct(e.Indicators),
		})
	case *enforcementv1.AlertCorroborated:
		return f.moveAlert(e.AlertId, corroborated, e.Evidence, e.Indicators, suspected, corroborated)
	case *enforcementv1.AlertConfirmed:
		return f.moveAlert(e.AlertId, confirmed, e.Evidence, nil, suspected, corroborated)
	case *enforcementv1.AlertRefuted:
		return f.moveAlert(e.AlertId, refuted, e.Reason, nil, suspected, corroborated)
	case *enforcementv1.AlertClosed:
		return change(f, alerts, e.AlertId, func(r *ledgerv1.Alert) error {
			r.Closed = e
			return f.move(r, closed, e.Outcome, confirmed, refuted)
		})
	case *enforcementv1.AlertEscalated:
		return change(f, alerts, e.AlertId, func(r *ledgerv1.Alert) error {
			r.Escalated = append(r.Escalated, e)
			return nil
		})
	case *enforcementv1.AlertAcknowledged:
		// The alert is of another agency and may not be here yet.
		return put(f, acknowledgements, &ledgerv1.Acknowledgement{
			Id: f.id.Agency + "/" + e.AlertId, AlertId: e.AlertId, Agency: f.id.Agency, Note: e.Note, At: f.event.OccurredAt,
		})
	case *enforcementv1.AlertClassified:
		id := f.id.Agency + "/" + e.AlertId
		return upsert(f, alertViews, id, func() *ledgerv1.AlertView {
			return &ledgerv1.AlertView{Id: id, Agency: f.id.Agency}
		}, func(r *ledgerv1.AlertView) { r.Classified, r.At = e, f.event.OccurredAt })
	case *enforcementv1.AlertActed:
		return put(f, alertActions, &ledgerv1.AlertAction{Id: e.ActionId, Acted: e, Agency: f.id.Agency, At: f.event.OccurredAt})
	case *enforcementv1.ConsequenceOffered:
		return put(f, consequences, &ledgerv1.ConsequenceOffer{Id: e.OfferId, Offered: e, At: f.event.OccurredAt})
	case *enforcementv1.ConsequenceAnswered:
		return change(f, consequences, e.OfferId, func(r *ledgerv1.ConsequenceOffer) error {
			if r.Answered != nil {
				return f.refuse("%s is answered already", r.Id)
			}
			r.Answered = e
			return nil
		})
	case *enforcementv1.SightingAdded:
		return put(f, sightings, &ledgerv1.Sighting{Id: e.SightingId, Added: e, Agency: f.id.Agency, At: f.event.OccurredAt})
	case *enforcementv1.CorrectionProposed:
		return put(f, corrections, &ledgerv1.Correction{Id: e.CorrectionId, Proposed: e, Agency: f.id.Agency, At: f.event.OccurredAt})
	case *enforcementv1.CorrectionAnswered:
		return put(f, correctionAnswers, &ledgerv1.CorrectionAnswer{Id: f.id.Agency + "/" + e.CorrectionId, Answered: e, Agency: f.id.Agency, At: f.event.OccurredAt})
	}
	return errUnknown
}

// moveAlert changes where an alert stands, and adds indicators.
func (f *folding) moveAlert(id string, to ledgerv1.AlertStatus, reason string, indicators []string, from ...ledgerv1.AlertStatus) error {
	return change(f, alerts, id, func(r *ledgerv1.Alert) error {
		r.Indicators = distinct(append(r.Indicators, indicators...))
		return f.move(r, to, reason, from...)
	})
}

func (f *folding) move(r *ledgerv1.Alert, to ledgerv1.AlertStatus, reason string, from ...ledgerv1.AlertStatus) error {
	if !slices.Contains(from, r.Status) {
		return f.refuse("%s is %s", r.Id, alertNames.of(r.Status.Number()))
	}
	r.Status, r.StatusReason = to, reason
	if to == confirmed || to == refuted {
		r.Finding = to
	}
	return nil
}

// distinct returns the values once each, in the order that they first come in.
func distinct(values []string) []string {
	var once []string
	for _, v := range values {
		if !slices.Contains(once, v) {
			once = append(once, v)
		}
	}
	return once
}
