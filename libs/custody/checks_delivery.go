package custody

import (
	"time"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// proven is a proof that the item was delivered.
type proven struct {
	id, step string
	proof    *customsv1.Proof
	at       time.Time
}

// verified is the first proof that stands and covers the item; nil when there is none.
func (l *leg) verified() *proven {
	for _, d := range l.deliveries {
		if d.GetStatus() == ledgerv1.DeliveryStatus_DELIVERY_STATUS_VERIFIED && (d.own == present || d.own == silent) {
			return &proven{d.GetId(), "delivery_verified", d.GetProof(), proofTime(d.GetProof(), d.GetSettledAt().AsTime())}
		}
		if d.GetStatus() == ledgerv1.DeliveryStatus_DELIVERY_STATUS_DISPUTED {
			continue
		}
		for _, c := range d.confirmations {
			if c.word == present || c.word == silent && d.own == silent {
				p := c.GetConfirmed().GetProof()
				return &proven{c.GetId(), "delivery_confirmed", p, proofTime(p, c.GetAt().AsTime())}
			}
		}
	}
	return nil
}

// delivery looks at what was verified, and of whom.
func (w *walk) delivery(l, next *leg) *outcome {
	if p := l.verified(); p != nil {
		return w.recipient(l, p)
	}
	if next != nil {
		return nil // it was there to be sent on
	}
	for _, d := range l.deliveries {
		due := d.GetRequested().GetDue().AsTime()
		switch d.GetStatus() {
		case ledgerv1.DeliveryStatus_DELIVERY_STATUS_VERIFIED:
			if d.own == unclear {
				return cannotTell("the proof of delivery %s lists a reading that may be the item or another", d.GetId())
			}
			at := proofTime(d.GetProof(), d.GetSettledAt().AsTime())
			o := broken(d3, medium, "delivery_verification", "DX18", d.GetId(), at, "delivery %s was verified on %s without it: it is not among what arrived", d.GetId(), day(at))
			o.missing = true
			return o
		case ledgerv1.DeliveryStatus_DELIVERY_STATUS_DISPUTED:
			return w.disputed(l, d)
		}
		if d.GetOverdueAt() != nil && l.arrived() != nil {
			o := broken(d3, medium, "delivery_verification", "RF26", d.GetId(), due, "it arrived under declaration %s, and delivery %s was to be verified by %s and was not", l.arrived().GetId(), d.GetId(), day(due))
			o.missing = true
			return o
		}
		if d.GetOverdueAt() == nil && l.arrived() != nil && w.foundIn(l, next, false, anywhere) == nil {
			return waits("delivery_verification", d.GetId(), l.arrived().arrivedAt(), "it arrived under declaration %s, and delivery %s is to be verified by %s", l.arrived().GetId(), d.GetId(), day(due))
		}
	}
	return nil
}

func (w *walk) disputed(l *leg, d *delivery) *outcome {
	due := d.GetRequested().GetDue().AsTime()
	at := proofTime(d.GetProof(), due)
	switch d.own {
	case present:
		return cannotTell("delivery %s is disputed (%s), and its proof lists the item: whether it arrived is not settled", d.GetId(), d.GetDispute())
	case unclear:
		return cannotTell("delivery %s is disputed (%s), and its proof lists a reading that may be the item or another", d.GetId(), d.GetDispute())
	}
	if p := w.someoneElse(l, d.GetProof().GetRecipient()); p == other {
		return broken(d3, high, "delivery_verification", "DX18", d.GetId(), at, "delivery %s is disputed (%s): by its proof %q took the goods over, who is no party", d.GetId(), d.GetDispute(), d.GetProof().GetRecipient())
	}
	o := broken(d3, medium, "delivery_verification", "DX18", d.GetId(), at, "delivery %s is disputed (%s) and not settled", d.GetId(), d.GetDispute())
	o.missing = d.own == absent
	return o
}

// someoneElse is whether a recipient is one of those whom the goods are for; nobody stated is one of them.
func (w *walk) someoneElse(l *leg, recipient string) likeness {
	if recipient == "" {
		return one
	}
	return among(func(p *transferv1.Party) likeness { return named(recipient, p.GetName()) }, l.parties(holders...))
}

// recipient hands the item over to who took it, by a proof.
func (w *walk) recipient(l *leg, p *proven) *outcome {
	name := p.proof.GetRecipient()
	switch w.someoneElse(l, name) {
	case other:
		return broken(d3, high, "delivery_verification", "DX18", p.id, p.at, "by %s, %q took it over on %s, who is neither end user nor consignee nor importer", p.id, name, day(p.at))
	case doubtful:
		return cannotTell("by %s, %q took it over on %s: whether that is a party of the transfer has to be looked at", p.id, name, day(p.at))
	}
	to := l.party(holders...)
	for _, party := range l.parties(holders...) {
		if name != "" && named(name, party.GetName()) == one {
			to = party
			break
		}
	}
	if to != nil {
		w.took(&queryv1.Custodian{Party: to, Step: p.step, RecordId: p.id, At: stamp(p.at)})
	}
	return nil
}
