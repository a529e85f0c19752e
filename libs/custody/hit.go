package custody

import (
	"fmt"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/marks"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Hit is a record that has, or may have, an item.
type Hit struct {
	RecordID string
	// LicenceID is the licence that it is under; empty for none.
	LicenceID string
	Match     marks.Match
	// At is when the item was delivered, or left, by the record; zero when it says neither.
	At time.Time
}

// Hits are the records whose mark is not different from the one asked for, compared as it is stated, but for other traces.
func Hits(view ledger.View, mark *transferv1.Mark) ([]Hit, error) {
	if err := Findable(mark); err != nil {
		return nil, err
	}
	records, err := find(view, marks.Normalize(mark.GetSerial()))
	if err != nil {
		return nil, err
	}
	asked := &item{mark: mark}
	var hits []Hit
	for _, r := range records {
		match, _ := asked.best(r.readings, marks.Compare)
		if _, trace := r.row.(*ledgerv1.Trace); trace || match.Level == marks.Different {
			continue
		}
		h := Hit{RecordID: r.GetId(), Match: match}
		if err := h.date(view, r.row); err != nil {
			return nil, err
		}
		hits = append(hits, h)
	}
	return hits, nil
}

// date says under which licence a record is, and when the item was delivered or left by it.
func (h *Hit) date(view ledger.View, of row) error {
	switch r := of.(type) {
	case *ledgerv1.Declaration:
		h.LicenceID = r.GetAccepted().GetLicenceId()
		if at := r.GetExitedAt(); at != nil {
			h.At = at.AsTime()
		}
		deliveries, err := view.DeliveriesWith("declaration", r.GetId())
		if err != nil {
			return fmt.Errorf("read deliveries of declaration %s: %w", r.GetId(), err)
		}
		for _, d := range deliveries {
			h.delivered(d)
		}
	case *ledgerv1.Delivery:
		h.LicenceID = r.GetRequested().GetLicenceId()
		h.delivered(r)
	case *ledgerv1.DeliveryConfirmation:
		h.At = proofTime(r.GetConfirmed().GetProof(), r.GetAt().AsTime())
	case *ledgerv1.PostDeliveryCheck:
		h.LicenceID = r.GetPlanned().GetLicenceId()
	}
	return nil
}

func (h *Hit) delivered(d *ledgerv1.Delivery) {
	if d.GetStatus() == ledgerv1.DeliveryStatus_DELIVERY_STATUS_VERIFIED {
		h.At = proofTime(d.GetProof(), d.GetSettledAt().AsTime())
	}
}
