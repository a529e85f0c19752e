package delivery

import (
	"fmt"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Indicator is a red flag that deliveries and checks of a licence raise (docs/border.md).
type Indicator struct {
	// RF19 or RF26.
	Code string
	// Delivery or check that raises it.
	Subject string
	Reason  string
}

// Indicators are the red flags of a licence, of deliveries before those of checks, each in the order of ids: RF26 for proof that
// is overdue, until it comes, and RF19 for a look that was refused.
func Indicators(view ledger.View, licence string) (list []Indicator, err error) {
	deliveries, err := view.DeliveriesWith("licence", licence)
	if err != nil {
		return nil, fmt.Errorf("read deliveries of licence %s: %w", licence, err)
	}
	for _, d := range deliveries {
		if IsOverdue(d) {
			list = append(list, Indicator{"RF26", d.GetId(), fmt.Sprintf("proof of delivery %s was due on %s", d.GetId(), day(d.GetRequested().GetDue()))})
		}
	}
	checks, err := view.PostDeliveryChecksWith("licence", licence)
	if err != nil {
		return nil, fmt.Errorf("read checks of licence %s: %w", licence, err)
	}
	for _, c := range checks {
		if WasRefused(c) {
			list = append(list, Indicator{"RF19", c.GetId(), fmt.Sprintf("access was refused to check %s", c.GetId())})
		}
	}
	return list, nil
}

// IsOverdue reports whether a delivery raises RF26.
func IsOverdue(d *ledgerv1.Delivery) bool {
	return d.GetOverdueAt() != nil && d.GetStatus() != verified
}

// WasRefused reports whether access to a check was refused at least once (RF19).
func WasRefused(c *ledgerv1.PostDeliveryCheck) bool {
	for _, o := range c.GetObstructed() {
		if o.GetOutcome() == customsv1.CheckOutcome_CHECK_OUTCOME_ACCESS_REFUSED {
			return true
		}
	}
	return false
}
