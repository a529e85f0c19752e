package custodytest

import (
	"fmt"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// elsewhere is a State that a consignment has nothing to do with.
const elsewhere = "XE"

const (
	d1 = enforcementv1.Stage_STAGE_D1_BEFORE_TRANSFER
	d2 = enforcementv1.Stage_STAGE_D2_IN_TRANSIT
	d3 = enforcementv1.Stage_STAGE_D3_AT_DELIVERY
	d4 = enforcementv1.Stage_STAGE_D4_STOCKPILE_OR_USE
	d5 = enforcementv1.Stage_STAGE_D5_RETRANSFER
	d6 = enforcementv1.Stage_STAGE_D6_DOMESTIC
)

// diversions are stories in which items leave the lawful chain.
var diversions = []story{
	{"a certificate that was not genuine", d1, func(m *maker, c *consignment) {
		by := agency("licensing", c.from)
		m.tell(c.after(-20), by, &licensingv1.ApplicationSubmitted{ApplicationId: c.application, Deal: c.deal()})
		m.deliver(c)
		m.tell(c.after(200), by, &licensingv1.DocumentVerified{ApplicationId: c.application, Number: c.certificate, Kind: "end_user_certificate", Method: "embassy"})
		c.plant(c.items, c.exporter, "certificate", "RF15")
	}},
	{"a certificate that was used before", d1, func(m *maker, c *consignment) {
		first := *c
		first.licence, first.start = m.id(agency("licensing", c.from), "L"), c.after(-100)
		m.license(&first)
		m.deliver(c)
		c.plant(c.items, c.exporter, "certificate", "RF17")
	}},
	{"an alert on the licence that was confirmed", d1, func(m *maker, c *consignment) {
		m.deliver(c)
		id := m.id("enforcement", "D")
		m.tell(c.after(90), "enforcement", &enforcementv1.DiversionAlertRaised{AlertId: id, Stage: d1, LicenceIds: []string{c.licence}, Indicators: []string{"RF14"}, Summary: "a front company"})
		m.tell(c.after(95), "enforcement", &enforcementv1.AlertConfirmed{AlertId: id, Evidence: "registers"})
		c.plant(c.items, c.exporter, "certificate", "RF14")
	}},
	{"stolen before it left", d1, func(m *maker, c *consignment) {
		m.license(c)
		m.declare(c, c.declaration, transferv1.Kind_KIND_EXPORT, c.after(30), c.items)
		m.tell(c.after(31), agency("customs", c.from), &customsv1.GoodsReleased{DeclarationId: c.declaration})
		m.overdue(c, "DX16")
		for _, it := range c.items {
			m.recover(m.otherwise(it.Mark), c.from, c.after(150))
		}
		c.plant(c.items, c.exporter, "exit", "DX16")
	}},
	{"left and did not arrive", d2, func(m *maker, c *consignment) {
		m.license(c)
		m.export(c)
		m.overdue(c, "DX18")
		c.plant(c.items, c.carrier, "arrival", "DX18")
	}},
	{"left, and its delivery was not verified", d2, func(m *maker, c *consignment) {
		m.license(c)
		m.export(c)
		m.late(c, m.ask(c, c.items))
		c.plant(c.items, c.carrier, "delivery_verification", "RF26")
	}},
	{"transit that was not discharged", d2, func(m *maker, c *consignment) {
		m.license(c)
		m.export(c)
		id := m.transit(c, 40)
		m.tell(c.after(71), "customs-xd", &customsv1.MovementOverdue{DeclarationId: id, Code: "DX17", Due: stamp(c.after(70))})
		c.plant(c.items, c.carrier, "transit_discharge", "DX17")
	}},
	{"arrived in another State", d2, func(m *maker, c *consignment) {
		m.license(c)
		m.export(c)
		m.enter(c, elsewhere, c.after(50))
		c.plant(c.items, c.carrier, "arrival", "DX18")
	}},
	{"found on a way that it was not to take", d2, func(m *maker, c *consignment) {
		m.license(c)
		m.export(c)
		for _, it := range c.items {
			m.recover(m.otherwise(it.Mark), elsewhere, c.after(60))
		}
		c.plant(c.items, c.carrier, "arrival", "RF27")
	}},
	{"delivered short", d3, func(m *maker, c *consignment) {
		m.license(c)
		m.export(c)
		m.enter(c, c.to, c.after(45))
		m.verify(c, m.ask(c, c.items), c.items[1:], c.endUser, 60)
		c.plant(c.items[:1], c.consignee, "delivery_verification", "DX18")
	}},
	{"delivered to somebody else", d3, func(m *maker, c *consignment) {
		m.license(c)
		m.export(c)
		m.verify(c, m.ask(c, c.items), c.items, "Kestrel Quay Holdings", 60)
		c.plant(c.items, c.carrier, "delivery_verification", "DX18")
	}},
	{"a proof that is disputed", d3, func(m *maker, c *consignment) {
		m.license(c)
		m.export(c)
		m.tell(c.after(70), agency("customs", c.from), &customsv1.DeliveryDisputed{DeliveryId: m.ask(c, c.items), Reason: "the stamp is false"})
		c.plant(c.items, c.carrier, "delivery_verification", "DX18")
	}},
	{"arrived, and its delivery was not verified", d3, func(m *maker, c *consignment) {
		m.license(c)
		m.export(c)
		m.enter(c, c.to, c.after(45))
		m.late(c, m.ask(c, c.items))
		c.plant(c.items, c.consignee, "delivery_verification", "RF26")
	}},
	{"found in the State of its holder", d4, func(m *maker, c *consignment) {
		m.deliver(c)
		m.recover(m.otherwise(c.items[0].Mark), c.to, c.after(400))
		c.plant(c.items[:1], c.endUser, "custody", "RF27")
	}},
	{"found in another State", d5, func(m *maker, c *consignment) {
		m.deliver(c)
		m.recover(m.otherwise(c.items[0].Mark), elsewhere, c.after(400))
		c.plant(c.items[:1], c.endUser, "consent", "RF19")
	}},
	{"sent on without a licence", d5, func(m *maker, c *consignment) {
		m.deliver(c)
		m.sendOn(c, c.items, c.endUser, func(a *customsv1.DeclarationAccepted) { a.LicenceId = "" })
		c.plant(c.items, c.endUser, "consent", "RF19")
	}},
	{"sent on under somebody else's licence", d5, func(m *maker, c *consignment) {
		m.deliver(c)
		m.sendOn(c, c.items[:1], "Plover Brokers Ltd")
		c.plant(c.items[:1], c.endUser, "consent", "RF19")
	}},
	{"declared from a third State", d5, func(m *maker, c *consignment) {
		m.deliver(c)
		id := m.id(agency("customs", elsewhere), "E")
		m.declare(c, id, transferv1.Kind_KIND_EXPORT, c.after(300), c.items[:1], func(a *customsv1.DeclarationAccepted) {
			a.LicenceId, a.Destination, a.Consignment.Dispatch = "", "XD", elsewhere
			a.Parties = []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER, Name: "Plover Brokers Ltd"}}
		})
		c.plant(c.items[:1], c.endUser, "consent", "RF19")
	}},
	{"imported, and found at home", d6, func(m *maker, c *consignment) {
		m.enter(c, c.to, c.after(10))
		m.recover(m.otherwise(c.items[0].Mark), c.to, c.after(500))
		for _, it := range c.items {
			it.Holder = c.consignee
		}
		c.plant(c.items[:1], c.consignee, "custody", "RF27")
	}},
}

// transit opens a transit through XD and returns its declaration.
func (m *maker) transit(c *consignment, day int) string {
	id := m.id("customs-xd", "X")
	m.declare(c, id, transferv1.Kind_KIND_TRANSIT, c.after(day), c.items, func(a *customsv1.DeclarationAccepted) { a.LicenceId = "" })
	m.tell(c.after(day), "customs-xd", &customsv1.TransitOpened{DeclarationId: id, OfficeOfDestination: "XD0009", Due: stamp(c.after(70))})
	return id
}

// sendOn exports items again from where they were delivered, under a licence of its exporter.
func (m *maker) sendOn(c *consignment, items []*Item, exporter string, change ...func(*customsv1.DeclarationAccepted)) *consignment {
	on := &consignment{
		items: items, from: c.to, to: "XD", exporter: exporter, carrier: c.carrier, consignee: "Second Importers", endUser: fmt.Sprintf("Coast Watch %d", m.made), start: c.after(200),
		licence: m.id(agency("licensing", c.to), "L"), declaration: m.id(agency("customs", c.to), "E"), certificate: fmt.Sprintf("EUC %06d", m.made),
	}
	m.license(on)
	by := agency("customs", on.from)
	m.declare(on, on.declaration, transferv1.Kind_KIND_EXPORT, on.after(30), items, change...)
	m.tell(on.after(31), by, &customsv1.GoodsReleased{DeclarationId: on.declaration})
	m.tell(on.after(32), by, &customsv1.ExitConfirmed{DeclarationId: on.declaration, At: stamp(on.after(32))})
	return on
}
