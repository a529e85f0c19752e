package alert

import (
	"fmt"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// The stages of an alert's life, by their short names.
const (
	suspected    = ledgerv1.AlertStatus_ALERT_STATUS_SUSPECTED
	corroborated = ledgerv1.AlertStatus_ALERT_STATUS_CORROBORATED
	confirmed    = ledgerv1.AlertStatus_ALERT_STATUS_CONFIRMED
	refuted      = ledgerv1.AlertStatus_ALERT_STATUS_REFUTED
	closed       = ledgerv1.AlertStatus_ALERT_STATUS_CLOSED
)

// ownAlert returns an alert that this agency raised.
func ownAlert(view ledger.View, id string) (*ledgerv1.Alert, error) {
	a, err := view.Alert(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read alert %s: %w", id, err)
	case a == nil:
		return nil, fault.Errorf(fault.NotFound, "alert %s has not been raised; see: counterfoil list alerts", id)
	case !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "alert %s was raised by another agency; only that agency can change it", id)
	}
	return a, nil
}

// statusWord is an alert's status as a sentence says it.
func statusWord(s ledgerv1.AlertStatus) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), "ALERT_STATUS_"))
}
