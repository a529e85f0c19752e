package field

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
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
	// More are the lists of those of which there is more than is shown.
	More   []whole
	WhyAsk string
}

// whole is where all is listed that a part of a page shows the newest of: its heading, and its address.
type whole struct{ Key, Path string }

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
	var err error
	if page.Late, err = newest[*ledgerv1.Discrepancy](v, &page, "late", queryv1.Table_TABLE_DISCREPANCIES, late); err != nil {
		return err
	}
	moving, err := newest[*ledgerv1.Declaration](v, &page, "transit", queryv1.Table_TABLE_DECLARATIONS, where("transit", "open"))
	if err != nil {
		return err
	}
	page.Transits = onTheWay(moving, v.Site().Now())
	asked, err := newest[*ledgerv1.Delivery](v, &page, "deliveries", queryv1.Table_TABLE_DELIVERIES, where("open", "true"))
	if err != nil {
		return err
	}
	var confirmed []*ledgerv1.DeliveryConfirmation
	if len(asked) > 0 {
		if confirmed, err = every[*ledgerv1.DeliveryConfirmation](v, queryv1.Table_TABLE_DELIVERY_CONFIRMATIONS, among("delivery", idsOf(asked))); err != nil {
			return err
		}
	}
	page.Mine, page.Others = waitingFor(asked, confirmed, v.Site().Agency, v.Site().Now())
	planned, err := newest[*ledgerv1.PostDeliveryCheck](v, &page, "checks", queryv1.Table_TABLE_POST_DELIVERY_CHECKS, where("open", "true"))
	if err != nil {
		return err
	}
	page.Checks = toCheck(planned, v.Site().Now())
	return v.Page(p.Pages, "movements", page)
}

// newest are the newest rows of a part of the page, which says where the whole list is when there are more.
func newest[T any](v *web.Visit, page *movementsPage, part string, table queryv1.Table, filter *queryv1.Filter) ([]T, error) {
	found, more, err := rows[T](v, table, filter)
	if more {
		q := url.Values{}
		for _, c := range filter.Conditions {
			q["f."+c.Attribute] = c.Values
		}
		page.More = append(page.More, whole{"movements." + part, "/console/list/" + web.TableName(table) + "?" + q.Encode()})
	}
	return found, err
}

// onTheWay are declarations whose goods are in transit with their clocks, what is due first before the others.
func onTheWay(all []*ledgerv1.Declaration, now time.Time) (found []transit) {
	for _, d := range all {
		found = append(found, transit{d, clockOf(d.ReleasedAt, d.Transit.Due, now)})
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
		own := ledger.AgencyOf(d.Id) == agency && (len(w.Confirmed) > 0 || d.Status != ledgerv1.DeliveryStatus_DELIVERY_STATUS_REQUESTED)
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
