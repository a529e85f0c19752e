package handover

import (
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// release has the agency's declarations whose goods wait: held, or accepted and not released.
func release(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	for _, status := range []string{"held", "accepted"} {
		rows, err := view.DeclarationsWith("status", status)
		if err != nil {
			return nil, err
		}
		for _, d := range rows {
			if status == "held" && d.Held.GetAlertId() != "" {
				continue // until the alert is refuted: lift
			}
			since := d.Accepted.GetAcceptedAt()
			if status == "held" && d.Held.GetAt() != nil {
				since = d.Held.At
			}
			if mine(view, d) {
				open = append(open, &directoryv1.Duty{Subject: d.Id, What: "release", Since: since})
			}
		}
	}
	return open, nil
}

// settle has the open discrepancies of high and medium severity of the agency's declarations that were not cancelled.
func settle(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	rows, err := view.DiscrepanciesWith("open", "true")
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if !mine(view, r) || r.Raised.GetSeverity() == customsv1.Severity_SEVERITY_LOW {
			continue
		}
		d, err := view.Declaration(r.Raised.GetDeclarationId())
		if err != nil {
			return nil, err
		}
		if d.GetStatus() != ledgerv1.DeclarationStatus_DECLARATION_STATUS_CANCELLED {
			open = append(open, &directoryv1.Duty{Subject: r.Id, What: "settle", Since: r.At})
		}
	}
	return open, nil
}
