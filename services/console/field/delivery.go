package field

import (
	"slices"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// deliveryPage is one delivery: what should have arrived, what was said of it, and what this agency may do.
type deliveryPage struct {
	form
	*ledgerv1.Delivery
	Clock         clock
	Confirmations []*ledgerv1.DeliveryConfirmation
	Checks        []*ledgerv1.PostDeliveryCheck
	Lines         []deliveryLine
	// Asked says that this agency is asked to confirm it.
	Asked bool
}

// deliveryLine is a licence line with what should have arrived of it and what each that said something says.
type deliveryLine struct {
	Line     uint32
	Expected *customsv1.DeliveredItem
	Said     []saidOf
}

// saidOf is what somebody says of a line; Of is the agency, empty for the proof on record.
type saidOf struct {
	Of     string
	Item   *customsv1.DeliveredItem
	Differ bool
}

func (p pages) delivery(v *web.Visit) error { return p.showDelivery(v, nil) }

func (p pages) showDelivery(v *web.Visit, failed *web.Failure) error {
	id := idOf(v)
	res, err := v.API.Query.Get(v.R.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_DELIVERIES, Id: id})
	if err != nil {
		return err
	}
	d := res.Row.GetDelivery()
	page := &deliveryPage{form: newForm(v, failed), Delivery: d, Clock: clockOf(d.Requested.GetFrom(), d.Requested.GetDue(), v.Site().Now())}
	if page.Confirmations, err = every[*ledgerv1.DeliveryConfirmation](v, queryv1.Table_TABLE_DELIVERY_CONFIRMATIONS, where("delivery", id)); err != nil {
		return err
	}
	if page.Checks, err = every[*ledgerv1.PostDeliveryCheck](v, queryv1.Table_TABLE_POST_DELIVERY_CHECKS, where("delivery", id)); err != nil {
		return err
	}
	page.Lines = deliveryLines(d, page.Confirmations)
	agency := v.Site().Agency
	page.Asked = d.Requested.GetOf() == agency && !slices.ContainsFunc(page.Confirmations, func(c *ledgerv1.DeliveryConfirmation) bool { return c.Agency == agency })
	page.offer(v, "/deliveries/"+id, page.can(agency)...)
	if page.Asked || ledger.AgencyOf(id) == agency && len(page.Confirmations) > 0 && page.Open() {
		page.first()
	}
	if page.Failed != nil {
		return v.PageAgain(p.Pages, "delivery", page)
	}
	return v.Page(p.Pages, "delivery", page)
}

// Open reports whether the delivery waits for a proof that bears it out.
func (d *deliveryPage) Open() bool {
	return d.Status != ledgerv1.DeliveryStatus_DELIVERY_STATUS_VERIFIED
}

// can is what an agency may do about the delivery: who asked puts proofs on record, others say what arrived.
func (d *deliveryPage) can(agency string) (now []deed) {
	switch {
	case ledger.AgencyOf(d.Id) == agency && d.Open():
		now = append(now, verifyDelivery, disputeDelivery)
	case ledger.AgencyOf(d.Id) != agency:
		now = append(now, confirmDelivery)
	}
	return append(now, planCheck)
}

// deliveryLines puts what was said of each licence line beside what was expected.
func deliveryLines(d *ledgerv1.Delivery, confirmations []*ledgerv1.DeliveryConfirmation) (all []deliveryLine) {
	at := func(line uint32) *deliveryLine {
		for i := range all {
			if all[i].Line == line {
				return &all[i]
			}
		}
		all = append(all, deliveryLine{Line: line})
		return &all[len(all)-1]
	}
	for _, i := range d.Requested.GetExpected() {
		at(i.LicenceLine).Expected = i
	}
	add := func(of string, items []*customsv1.DeliveredItem) {
		for _, i := range items {
			l := at(i.LicenceLine)
			l.Said = append(l.Said, saidOf{Of: of, Item: i, Differ: !sameQuantity(l.Expected, i)})
		}
	}
	for _, c := range confirmations {
		add(c.Agency, c.Confirmed.GetProof().GetReceived())
	}
	add("", d.Proof.GetReceived())
	return all
}

func sameQuantity(a, b *customsv1.DeliveredItem) bool {
	return a.GetQuantity().GetThousandths() == b.GetQuantity().GetThousandths() && a.GetQuantity().GetUnit() == b.GetQuantity().GetUnit()
}

func (p pages) deliveryDeed(v *web.Visit) error {
	id := idOf(v)
	if err := send(v, deliveryDeeds, id); err != nil {
		if !web.IsRefusal(err) {
			return err
		}
		return p.showDelivery(v, web.Refusal(err))
	}
	return v.Redirect("/deliveries/" + id)
}

// checkPage is a look at delivered goods where they are.
type checkPage struct {
	form
	*ledgerv1.PostDeliveryCheck
	Clock clock
}

func (p pages) check(v *web.Visit) error { return p.showCheck(v, nil) }

func (p pages) showCheck(v *web.Visit, failed *web.Failure) error {
	id := idOf(v)
	res, err := v.API.Query.Get(v.R.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_POST_DELIVERY_CHECKS, Id: id})
	if err != nil {
		return err
	}
	page := &checkPage{form: newForm(v, failed), PostDeliveryCheck: res.Row.GetPostDeliveryCheck()}
	page.Clock = checkClock(page.PostDeliveryCheck, v.Site().Now())
	if ledger.AgencyOf(id) == v.Site().Agency && page.Done == nil {
		page.offer(v, "/checks/"+id, recordCheck, obstructCheck)
		page.first()
	}
	if page.Failed != nil {
		return v.PageAgain(p.Pages, "check", page)
	}
	return v.Page(p.Pages, "check", page)
}

func (p pages) checkDeed(v *web.Visit) error {
	id := idOf(v)
	if err := send(v, checkDeeds, id); err != nil {
		if !web.IsRefusal(err) {
			return err
		}
		return p.showCheck(v, web.Refusal(err))
	}
	return v.Redirect("/checks/" + id)
}
