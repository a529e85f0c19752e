package handover

import (
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// answerConsequence has what alerts may lead to at the agency and nobody has taken or declined.
func answerConsequence(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	rows, err := view.ConsequenceOffersWith("open", "true")
	for _, r := range rows {
		if mine(view, r) {
			open = append(open, &directoryv1.Duty{Subject: r.Id, What: "answer-consequence", Since: r.At})
		}
	}
	return open, err
}

// answerCorrection has the corrections of the agency's records that others proposed and it has not answered.
func answerCorrection(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	rows, err := view.CorrectionsWith("owner", view.Agency())
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		given, err := view.CorrectionAnswer(view.Agency() + "/" + r.Id)
		if err != nil {
			return nil, err
		}
		if given == nil {
			open = append(open, &directoryv1.Duty{Subject: r.Id, What: "answer-correction", Since: r.At})
		}
	}
	return open, nil
}

// lift has the agency's declarations whose goods are held by an alert that was refuted.
func lift(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	rows, err := view.DeclarationsWith("status", "held")
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		alert, err := view.Alert(r.GetHeld().GetAlertId())
		if err != nil {
			return nil, err
		}
		if mine(view, r) && alert.GetFinding() == ledgerv1.AlertStatus_ALERT_STATUS_REFUTED {
			open = append(open, &directoryv1.Duty{Subject: r.Id, What: "lift", Since: r.Held.GetAt()})
		}
	}
	return open, nil
}
