package custody

import (
	"fmt"
	"slices"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/marks"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// delivery is the verification of a delivery that the item was in.
type delivery struct {
	*ledgerv1.Delivery
	// own is what its own proof says of the item, told what those say that confirmed it where goods arrived.
	own           word
	confirmations []confirmation
}

type confirmation struct {
	*ledgerv1.DeliveryConfirmation
	word word
}

// word is what a proof says of an item.
type word byte

const (
	silent  word = iota // it lists no serials, or there is no proof
	present             // it lists the item
	absent              // it lists others
	unclear             // it lists one that may be the item
)

// gatherDeliveries takes the deliveries of the item's declarations, and those that list it themselves.
func (it *item) gatherDeliveries(view ledger.View, records []*record, others []*item, compare comparing) error {
	rows := map[string]*ledgerv1.Delivery{}
	for _, d := range it.declarations {
		linked, err := view.DeliveriesWith("declaration", d.GetId())
		if err != nil {
			return fmt.Errorf("read deliveries of declaration %s: %w", d.GetId(), err)
		}
		for _, row := range linked {
			rows[row.GetId()] = row
		}
	}
	for _, r := range records {
		if err := it.listedIn(view, r, records, rows, others, compare); err != nil {
			return err
		}
	}
	for _, id := range sortedKeys(rows) {
		if err := it.addDelivery(view, rows[id], rivals(records, rows[id], others, compare), compare); err != nil {
			return err
		}
	}
	return nil
}

// listedIn takes a delivery that lists the item, and notes one that may. A delivery whose declarations are on record is theirs.
func (it *item) listedIn(view ledger.View, r *record, records []*record, rows map[string]*ledgerv1.Delivery, others []*item, compare comparing) error {
	var row *ledgerv1.Delivery
	var steps []*queryv1.CustodyStep
	switch of := r.row.(type) {
	case *ledgerv1.Delivery:
		row, steps = of, deliverySteps(of)
	case *ledgerv1.DeliveryConfirmation:
		var err error
		if row, err = view.Delivery(of.GetConfirmed().GetDeliveryId()); err != nil {
			return fmt.Errorf("read delivery %s: %w", of.GetConfirmed().GetDeliveryId(), err)
		}
		steps = confirmationSteps(of)
	default:
		return nil
	}
	match, _ := it.best(r.readings, compare)
	if match.Level == marks.Different || rows[row.GetId()] != nil {
		return nil
	}
	if match.Level == marks.Same && row != nil {
		rows[row.GetId()] = row
		return nil
	}
	elsewhere, err := declaredAll(view, row, records)
	if elsewhere || err != nil {
		return err
	}
	it.addSteps(steps, r, match)
	it.notSure(r, others, compare)
	return nil
}

// declaredAll reports whether every declaration of a delivery is on record.
func declaredAll(view ledger.View, row *ledgerv1.Delivery, records []*record) (bool, error) {
	ids := row.GetRequested().GetDeclarationIds()
	for _, id := range ids {
		if slices.ContainsFunc(records, func(r *record) bool { return r.GetId() == id }) {
			continue
		}
		d, err := view.Declaration(id)
		if err != nil {
			return false, fmt.Errorf("read declaration %s: %w", id, err)
		}
		if d == nil {
			return false, nil
		}
	}
	return len(ids) > 0, nil
}

// rivals are the other items that are in the declarations of a delivery; all, where it names none.
func rivals(records []*record, row *ledgerv1.Delivery, others []*item, compare comparing) (list []*item) {
	ids := row.GetRequested().GetDeclarationIds()
	for _, o := range others {
		in := func(r *record) bool {
			if !slices.Contains(ids, r.GetId()) {
				return false
			}
			match, _ := o.best(r.readings, compare)
			return match.Level == marks.Same
		}
		if len(ids) == 0 || slices.ContainsFunc(records, in) {
			list = append(list, o)
		}
	}
	return list
}

func (it *item) addDelivery(view ledger.View, row *ledgerv1.Delivery, rivals []*item, compare comparing) error {
	d := &delivery{Delivery: row, own: it.word(row.GetProof().GetReceived(), rivals, compare)}
	expected := it.word(row.GetRequested().GetExpected(), rivals, compare)
	confirmed, err := view.DeliveryConfirmationsWith("delivery", row.GetId())
	if err != nil {
		return fmt.Errorf("read confirmations of delivery %s: %w", row.GetId(), err)
	}
	there := d.own == present
	for _, c := range confirmed {
		w := it.word(c.GetConfirmed().GetProof().GetReceived(), rivals, compare)
		d.confirmations = append(d.confirmations, confirmation{c, w})
		there = there || w == present
	}
	if expected == absent && !there {
		return nil // it is about other items of the declaration
	}
	it.deliveries = append(it.deliveries, d)
	whole := marks.Match{Level: marks.Same, Reasons: []string{"it is about a declaration that has the item"}}
	if expected == unclear && !there {
		whole = marks.Match{Level: marks.Ambiguous, Reasons: []string{"it lists a reading that may be the item or another"}}
	}
	it.addSteps(deliverySteps(row), row, whole)
	for _, c := range confirmed {
		it.addSteps(confirmationSteps(c), c, whole)
	}
	return nil
}

// word is what a list says of the item. A list belongs to declarations that have the item, so that parts of a mark that it
// leaves out are the item's, unless they may as well be those of another item there.
func (it *item) word(list []*customsv1.DeliveredItem, rivals []*item, compare comparing) word {
	said := silent
	for _, r := range items(list, marks.Normalize(it.mark.GetSerial()), true) {
		switch level := compare(marks.Of(filled(r.mark, it.mark)), marks.Of(it.mark)).Level; {
		case level == marks.Different:
		case level == marks.Same && !slices.ContainsFunc(rivals, func(o *item) bool {
			return compare(marks.Of(filled(r.mark, o.mark)), marks.Of(o.mark)).Level == marks.Same
		}):
			return present
		default:
			said = unclear
		}
	}
	if said == silent && slices.ContainsFunc(list, listsSerials) {
		return absent
	}
	return said
}

func listsSerials(i *customsv1.DeliveredItem) bool {
	return slices.ContainsFunc(i.GetSerials(), func(s *transferv1.Serials) bool { return len(s.GetSerials()) > 0 })
}

// proofTime is when the goods arrived by a proof, or when it was put on record.
func proofTime(p *customsv1.Proof, recorded time.Time) time.Time {
	if at := p.GetArrivedAt(); at != nil {
		return at.AsTime()
	}
	return recorded
}

func deliverySteps(d *ledgerv1.Delivery) (steps []*queryv1.CustodyStep) {
	q, p := d.GetRequested(), d.GetProof()
	steps = append(steps, &queryv1.CustodyStep{What: "delivery_requested", At: q.GetFrom(), To: q.GetOf(), LicenceId: q.GetLicenceId()})
	if at := d.GetOverdueAt(); at != nil {
		steps = append(steps, &queryv1.CustodyStep{What: "delivery_overdue", At: at, LicenceId: q.GetLicenceId()})
	}
	arrived := p.GetArrivedAt()
	switch d.GetStatus() {
	case ledgerv1.DeliveryStatus_DELIVERY_STATUS_VERIFIED:
		if arrived == nil {
			arrived = d.GetSettledAt()
		}
		steps = append(steps, &queryv1.CustodyStep{What: "delivery_verified", At: arrived, Place: p.GetPlace(), To: p.GetRecipient(), LicenceId: q.GetLicenceId(), Text: p.GetRemarks()})
	case ledgerv1.DeliveryStatus_DELIVERY_STATUS_DISPUTED:
		if arrived == nil {
			arrived = q.GetDue()
		}
		steps = append(steps, &queryv1.CustodyStep{What: "delivery_disputed", At: arrived, Place: p.GetPlace(), To: p.GetRecipient(), LicenceId: q.GetLicenceId(), Text: d.GetDispute()})
	}
	return steps
}

func confirmationSteps(c *ledgerv1.DeliveryConfirmation) []*queryv1.CustodyStep {
	p := c.GetConfirmed().GetProof()
	at := p.GetArrivedAt()
	if at == nil {
		at = c.GetAt()
	}
	return []*queryv1.CustodyStep{{What: "delivery_confirmed", At: at, Place: p.GetPlace(), To: p.GetRecipient(), Text: p.GetRemarks()}}
}
