package delivery

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/names"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Verify puts a proof on record. A delivery is verified when the proof bears out all that was expected, and disputed with every
// reason otherwise; a later proof that is right settles it. A proof that comes again decides nothing.
func Verify(view ledger.View, cmd *customsv1.VerifyDeliveryRequest) ([]proto.Message, error) {
	d, err := ownDelivery(view, cmd.GetDeliveryId())
	if err != nil {
		return nil, err
	}
	if err := complete(cmd.GetProof(), cmd.GetParticulars().GetOccurredAt().AsTime()); err != nil {
		return nil, err
	}
	if d.GetStatus() == verified && !proto.Equal(d.GetProof(), cmd.GetProof()) {
		return nil, fault.Errorf(fault.Conflict, "delivery %s was verified on %s by proof %s; to have it looked at where it is: counterfoil deliver check plan %s",
			d.GetId(), day(d.GetSettledAt()), d.GetProof().GetNumber(), d.GetId())
	}
	return settle(view, d, cmd.GetProof())
}

// DisputeIn is why a delivery is disputed by what was decided on it or, where nothing was, by its record; empty when it is not.
func DisputeIn(view ledger.View, id string, decided []proto.Message) (string, error) {
	if len(decided) > 0 {
		fact, _ := decided[0].(ledger.Dated)
		d, _ := fact.Message.(*customsv1.DeliveryDisputed)
		return d.GetReason(), nil
	}
	d, err := view.Delivery(id)
	if err != nil || d.GetStatus() != disputed {
		return "", err
	}
	return d.GetDispute(), nil
}

// TakeOver is Verify for what the agency that was asked confirmed. What another confirms, or confirms of a delivery that is
// verified, stands in its own record and decides nothing.
func TakeOver(view ledger.View, agency string, confirmed *customsv1.DeliveryConfirmed, cause *eventv1.Cause) ([]proto.Message, error) {
	d, err := view.Delivery(confirmed.GetDeliveryId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read delivery %s: %w", confirmed.GetDeliveryId(), err)
	case d == nil || !view.Owns(d.GetId()) || d.GetRequested().GetOf() != agency || d.GetStatus() == verified:
		return nil, nil
	}
	facts, err := settle(view, d, confirmed.GetProof())
	return caused(facts, cause), err
}

// settle decides on a proof. One whose number proves another delivery is not kept: it stays with the other.
func settle(view ledger.View, d *ledgerv1.Delivery, p *customsv1.Proof) ([]proto.Message, error) {
	if proto.Equal(d.GetProof(), p) && (d.GetStatus() == verified || d.GetStatus() == disputed) {
		return nil, nil
	}
	used, err := provenBy(view, d, p)
	if err != nil {
		return nil, err
	}
	if used != "" {
		reason := fmt.Sprintf("certificate %s is the proof of delivery %s already; one certificate proves one delivery", p.GetNumber(), used)
		if d.GetStatus() == disputed && d.GetDispute() == reason {
			return nil, nil
		}
		return []proto.Message{ledger.Beside(d, &customsv1.DeliveryDisputed{DeliveryId: d.GetId(), Reason: reason})}, nil
	}
	reasons, err := differences(view, d, p)
	switch {
	case err != nil:
		return nil, err
	case len(reasons) > 0:
		return []proto.Message{ledger.Beside(d, &customsv1.DeliveryDisputed{DeliveryId: d.GetId(), Reason: strings.Join(reasons, "; "), Proof: p})}, nil
	}
	return []proto.Message{ledger.Beside(d, &customsv1.DeliveryVerified{DeliveryId: d.GetId(), Proof: p})}, nil
}

// provenBy is another delivery that a proof's number was used for before; empty when there is none. The same number of issuers
// who are known to be different is none.
func provenBy(view ledger.View, d *ledgerv1.Delivery, p *customsv1.Proof) (string, error) {
	rows, err := view.DeliveriesWith("certificate", p.GetNumber())
	if err != nil {
		return "", fmt.Errorf("read deliveries by certificate: %w", err)
	}
	i := slices.IndexFunc(rows, func(o *ledgerv1.Delivery) bool {
		return o.GetId() != d.GetId() && o.GetProof().GetNumber() == p.GetNumber() && sameIssuer(o.GetProof().GetIssuer(), p.GetIssuer())
	})
	if i < 0 {
		return "", nil
	}
	return rows[i].GetId(), nil
}

func sameIssuer(a, b string) bool {
	return a == "" || b == "" || names.Score(names.Parse(a), names.Parse(b)) >= names.ReviewLine
}

// Dispute says that goods did not arrive as they should, or that a proof is false. The same reason again decides nothing.
func Dispute(view ledger.View, cmd *customsv1.DisputeDeliveryRequest) ([]proto.Message, error) {
	d, err := ownDelivery(view, cmd.GetDeliveryId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for disputing delivery %s", d.GetId())
	case d.GetStatus() == verified:
		return nil, fault.Errorf(fault.Precondition, "delivery %s was verified on %s; to have it looked at where it is: counterfoil deliver check plan %s", d.GetId(), day(d.GetSettledAt()), d.GetId())
	case d.GetStatus() == disputed && d.GetDispute() == cmd.GetReason():
		return nil, nil
	}
	return []proto.Message{ledger.Beside(d, &customsv1.DeliveryDisputed{DeliveryId: d.GetId(), Reason: cmd.GetReason()})}, nil
}
