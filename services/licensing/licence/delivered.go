package licence

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/duty/delivery"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// proofs are the kinds of obligation that proof of arrival meets: by a policy, and by undertaking U5 of an end user.
var proofs = []string{delivery.Kind, "U5"}

// MeetDelivered says that the obligations of a licence of this agency to prove arrival are met, once a delivery under it was
// verified and all that may leave under it has left and is verified: its lines are used up, or it can be used no more. While
// more may leave they stay open.
func MeetDelivered(view ledger.View, verified string, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	d, err := view.Delivery(verified)
	if err != nil {
		return nil, fmt.Errorf("read delivery %s: %w", verified, err)
	}
	l, err := view.Licence(d.GetRequested().GetLicenceId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read licence %s: %w", d.GetRequested().GetLicenceId(), err)
	case l == nil || !view.Owns(l.GetId()):
		return nil, nil
	}
	rows, err := view.ObligationsWith("subject", l.GetId())
	if err != nil {
		return nil, fmt.Errorf("read obligations of licence %s: %w", l.GetId(), err)
	}
	rows = slices.DeleteFunc(rows, func(o *ledgerv1.Obligation) bool {
		return o.GetMet() != nil || !view.Owns(o.GetId()) || !slices.Contains(proofs, o.GetSet().GetKind())
	})
	if len(rows) == 0 {
		return nil, nil
	}
	if over, err := allLeft(view, l, at); err != nil || !over {
		return nil, err
	}
	by, err := proven(view, l.GetId())
	if err != nil || len(by) == 0 {
		return nil, err
	}
	var facts []proto.Message
	for _, o := range rows {
		met := ledger.Beside(o, &licensingv1.ObligationMet{ObligationId: o.GetId(), How: "verified: " + strings.Join(by, ", ")})
		met.Causes = []*eventv1.Cause{cause}
		facts = append(facts, met)
	}
	return facts, nil
}

// allLeft reports whether nothing more can leave under a licence: it cannot be used any more, or every line is used up.
func allLeft(view ledger.View, l *ledgerv1.Licence, at time.Time) (bool, error) {
	if !dossier.Live(l, at) {
		return true, nil
	}
	lines, err := takenFrom(view, l.GetId())
	if err != nil {
		return false, err
	}
	for _, line := range l.GetDeal().GetLines() {
		q, t := line.GetQuantity(), lines[line.GetNumber()]
		if q == nil || q.GetThousandths() > 0 && (t == nil || t.quantity[q.GetUnit()] < q.GetThousandths()) {
			return false, nil
		}
	}
	return true, nil
}

// proven are the verified deliveries of a licence, when they cover every declaration under it that was not cancelled; none
// otherwise.
func proven(view ledger.View, licence string) (by []string, err error) {
	declarations, err := view.DeclarationsWith("licence", licence)
	if err != nil {
		return nil, fmt.Errorf("read declarations of licence %s: %w", licence, err)
	}
	deliveries, err := view.DeliveriesWith("licence", licence)
	if err != nil {
		return nil, fmt.Errorf("read deliveries of licence %s: %w", licence, err)
	}
	covered := map[string]bool{}
	for _, d := range deliveries {
		if d.GetStatus() != ledgerv1.DeliveryStatus_DELIVERY_STATUS_VERIFIED {
			continue
		}
		by = append(by, d.GetId())
		for _, id := range d.GetRequested().GetDeclarationIds() {
			covered[id] = true
		}
	}
	for _, d := range declarations {
		if d.GetStatus() != ledgerv1.DeclarationStatus_DECLARATION_STATUS_CANCELLED && !covered[d.GetId()] {
			return nil, nil
		}
	}
	return by, nil
}
