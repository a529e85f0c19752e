package field

import (
	"cmp"
	"slices"
	"strings"
	"time"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// movementsPage is what left and is not where it should be: what is late first, then what waits for this agency.
type movementsPage struct {
	// Late are open discrepancies that something was not confirmed in time: exit, transit, arrival.
	Late []*ledgerv1.Discrepancy
	// Transits are those that nobody has discharged; what is due first comes first.
	Transits []transit
	// Mine are deliveries that wait for this agency, to be verified or confirmed; Others wait for somebody else.
	Mine, Others []deliveryWaiting
	Checks       []checkWaiting
	// More says that there is more than is shown of one of them.
	More   bool
	WhyAsk string
}

// transit is a declaration whose goods are on their way to an office.
type transit struct {
	*ledgerv1.Declaration
	Clock clock
}

// deliveryWaiting is a delivery that is not verified, with its clock.
type deliveryWaiting struct {
	*ledgerv1.Delivery
	Clock clock
	// Confirmed are the agencies that said what arrived.
	Confirmed []string
}

// checkWaiting is a check that is planned, with its clock.
type checkWaiting struct {
	*ledgerv1.PostDeliveryCheck
	Clock clock
}

// lateCodes are those of what was not confirmed in time: exit, transit, arrival (docs/border.md).
var lateCodes = []string{"DX16", "DX17", "DX18"}

func (p pages) movements(v *web.Visit) error {
	page := movementsPage{WhyAsk: why(v, deliveryService+"RequestDelivery")}
	late := among("code", lateCodes)
	late.Conditions = append(late.Conditions, where("open", "true").Conditions...)
	var more bool
	var err error
	if page.Late, more, err = rows[*ledgerv1.Discrepancy](v, queryv1.Table_TABLE_DISCREPANCIES, late); err != nil {
		return err
	}
	page.More = page.More || more
	moving, more, err := rows[*ledgerv1.Declaration](v, queryv1.Table_TABLE_DECLARATIONS, where("status", "released"))
	if err != nil {
		return err
	}
	page.More = page.More || more
	page.Transits = onTheWay(moving, v.Site().Now())
	asked, more, err := rows[*ledgerv1.Delivery](v, queryv1.Table_TABLE_DELIVERIES, where("open", "true"))
	if err != nil {
		return err
	}
	page.More = page.More || more
	var confirmed []*ledgerv1.DeliveryConfirmation
	if len(asked) > 0 {
		if confirmed, _, err = rows[*ledgerv1.DeliveryConfirmation](v, queryv1.Table_TABLE_DELIVERY_CONFIRMATIONS, among("delivery", idsIn(asked))); err != nil {
			return err
		}
	}
	page.Mine, page.Others = waitingFor(asked, confirmed, v.Site().Agency, v.Site().Now())
	planned, more, err := rows[*ledgerv1.PostDeliveryCheck](v, queryv1.Table_TABLE_POST_DELIVERY_CHECKS, where("open", "true"))
	if err != nil {
		return err
	}
	page.More = page.More || more
	page.Checks = toCheck(planned, v.Site().Now())
	return v.Page(p.Pages, "movements", page)
}

func idsIn(all []*ledgerv1.Delivery) (ids []string) {
	for _, d := range all {
		ids = append(ids, d.Id)
	}
	return ids
}

// onTheWay are the declarations whose goods are in transit, what is due first before the others.
func onTheWay(all []*ledgerv1.Declaration, now time.Time) (found []transit) {
	for _, d := range all {
		if inTransit(d) {
			found = append(found, transit{d, clockOf(d.ReleasedAt, d.Transit.Due, now)})
		}
	}
	slices.SortStableFunc(found, func(x, y transit) int { return byClock(x.Clock, y.Clock, x.Id, y.Id) })
	return found
}

// waitingFor puts the deliveries that wait for an agency apart from the others: its own that are overdue, disputed or confirmed by whom
// they are of, and those that it is asked to confirm and has not.
func waitingFor(asked []*ledgerv1.Delivery, confirmed []*ledgerv1.DeliveryConfirmation, agency string, now time.Time) (mine, others []deliveryWaiting) {
	for _, d := range asked {
		w := deliveryWaiting{Delivery: d, Clock: clockOf(d.Requested.GetFrom(), d.Requested.GetDue(), now)}
		for _, c := range confirmed {
			if c.Confirmed.GetDeliveryId() == d.Id {
				w.Confirmed = append(w.Confirmed, c.Agency)
			}
		}
		own := agencyOf(d.Id) == agency && (len(w.Confirmed) > 0 || d.Status != ledgerv1.DeliveryStatus_DELIVERY_STATUS_REQUESTED)
		if own || d.Requested.GetOf() == agency && !slices.Contains(w.Confirmed, agency) {
			mine = append(mine, w)
		} else {
			others = append(others, w)
		}
	}
	for _, list := range [][]deliveryWaiting{mine, others} {
		slices.SortStableFunc(list, func(x, y deliveryWaiting) int { return byClock(x.Clock, y.Clock, x.Id, y.Id) })
	}
	return mine, others
}

// toCheck are checks by when they are planned for, or are to be tried again.
func toCheck(planned []*ledgerv1.PostDeliveryCheck, now time.Time) (all []checkWaiting) {
	for _, c := range planned {
		all = append(all, checkWaiting{c, checkClock(c, now)})
	}
	slices.SortStableFunc(all, func(x, y checkWaiting) int { return byClock(x.Clock, y.Clock, x.Id, y.Id) })
	return all
}

// checkClock is the clock of a check: until it is tried again, where that was said last.
func checkClock(c *ledgerv1.PostDeliveryCheck, now time.Time) clock {
	due := c.Planned.GetPlannedFor()
	for _, o := range c.Obstructed {
		if o.Again != nil {
			due = o.Again
		}
	}
	return clockOf(c.At, due, now)
}

// byClock orders what is due first before the rest, and by id.
func byClock(x, y clock, a, b string) int {
	return cmp.Or(moment(x.Due).Compare(moment(y.Due)), strings.Compare(a, b))
}
