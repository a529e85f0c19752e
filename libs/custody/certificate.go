package custody

import (
	"fmt"
	"slices"

	"github.com/counterfoil/counterfoil/libs/marks"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// usedBefore returns the licence that a certificate was used for before (RF17); empty when it was not. Parts of one shipment
// share theirs, as does a licence that follows one that was taken back or had expired.
func (w *walk) usedBefore(l *ledgerv1.Licence, paper *licensingv1.Document) (string, error) {
	all, err := w.view.LicencesWith("certificate", paper.GetNumber())
	if err != nil {
		return "", fmt.Errorf("read licences by certificate: %w", err)
	}
	for _, o := range all {
		same := slices.ContainsFunc(certificates(o), func(d *licensingv1.Document) bool {
			return d.GetNumber() == paper.GetNumber() && d.GetIssuer() == paper.GetIssuer()
		})
		inForce := o.GetStatus() == ledgerv1.Status_STATUS_GRANTED || o.GetStatus() == ledgerv1.Status_STATUS_SUSPENDED
		expired := o.GetValidUntil() != nil && !o.GetValidUntil().AsTime().After(l.GetDecidedAt().AsTime())
		shipment := l.GetDeal().GetShipmentId()
		if same && inForce && !expired && o.GetDecidedAt().AsTime().Before(l.GetDecidedAt().AsTime()) && (shipment == "" || shipment != o.GetDeal().GetShipmentId()) {
			return o.GetId(), nil
		}
	}
	return "", nil
}

// alerted is an alert that was confirmed of the time before the transfer, on the licence or the item.
func (w *walk) alerted(l *leg, licence *ledgerv1.Licence) (*outcome, error) {
	alerts, err := w.view.AlertsWith("licence", licence.GetId())
	if err != nil {
		return nil, fmt.Errorf("read alerts on licence %s: %w", licence.GetId(), err)
	}
	for _, a := range alerts {
		r := a.GetRaised()
		if a.GetFinding() != ledgerv1.AlertStatus_ALERT_STATUS_CONFIRMED || r.GetStage() != d1 || !w.item.in(r.GetSerials()) {
			continue
		}
		indicator := "RF15"
		if codes := a.GetIndicators(); len(codes) > 0 {
			indicator = codes[0]
		}
		return broken(d1, high, "certificate", indicator, a.GetId(), licence.GetDecidedAt().AsTime(), "alert %s on licence %s was confirmed: %s", a.GetId(), licence.GetId(), r.GetSummary()), nil
	}
	return nil, nil
}

// in reports whether the item is among those that an alert lists; one that lists none is about all.
func (it *item) in(list []*transferv1.Serials) bool {
	if !slices.ContainsFunc(list, func(s *transferv1.Serials) bool { return len(s.GetSerials()) > 0 }) {
		return true
	}
	found := listed(nil, list, marks.Normalize(it.mark.GetSerial()), 0, false)
	return slices.ContainsFunc(found, func(r reading) bool { return marks.Compare(marks.Of(r.mark), marks.Of(it.mark)).Level == marks.Same })
}
