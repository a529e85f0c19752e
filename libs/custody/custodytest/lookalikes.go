package custodytest

import (
	"strings"

	"google.golang.org/protobuf/proto"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// lookalikes are stories that are lawful; the first two are those of most consignments.
var lookalikes = []story{
	{"delivered", 0, (*maker).deliver},
	{"delivered, with an import on record", 0, func(m *maker, c *consignment) {
		m.license(c)
		m.export(c)
		m.enter(c, c.to, c.after(45))
		m.verify(c, m.ask(c, c.items), c.items, "", 60)
	}},
	{"arrived late", 0, func(m *maker, c *consignment) {
		m.license(c)
		m.export(c)
		delivery := m.ask(c, c.items)
		m.overdue(c, "DX18")
		m.late(c, delivery)
		m.verify(c, delivery, c.items, c.endUser, 160)
	}},
	{"sent on with consent", 0, func(m *maker, c *consignment) {
		m.deliver(c)
		on := m.sendOn(c, c.items, strings.ToUpper(c.endUser))
		m.verify(on, m.ask(on, c.items), c.items, on.endUser, 60)
		for _, it := range c.items {
			it.Holder = on.endUser
		}
	}},
	{"in parts, one on its way", 0, func(m *maker, c *consignment) {
		m.license(c)
		half := len(c.items) / 2
		second := *c
		second.items, second.declaration = c.items[half:], m.id(agency("customs", c.from), "E")
		first := *c
		first.items = c.items[:half]
		m.export(&first)
		delivery := m.ask(&first, c.items, second.declaration)
		second.start = c.after(50)
		m.export(&second)
		m.tell(c.after(61), agency("customs", c.to), &customsv1.DeliveryConfirmed{
			ConfirmationId: agency("customs", c.to) + "/" + delivery, DeliveryId: delivery, Proof: m.proof(c, first.items, c.endUser, 60),
		})
		for _, it := range second.items {
			it.Holder = c.carrier
		}
	}},
	{"transit that was discharged late", 0, func(m *maker, c *consignment) {
		m.license(c)
		m.export(c)
		id := m.transit(c, 40)
		m.tell(c.after(71), "customs-xd", &customsv1.MovementOverdue{DeclarationId: id, Code: "DX17", Due: stamp(c.after(70))})
		m.tell(c.after(80), "customs-xd", &customsv1.TransitDischarged{DeclarationId: id, Office: "XD0009", At: stamp(c.after(80))})
		m.verify(c, m.ask(c, c.items), c.items, "", 90)
	}},
	{"a dispute that was settled", 0, func(m *maker, c *consignment) {
		m.license(c)
		m.export(c)
		delivery := m.ask(c, c.items)
		m.tell(c.after(65), agency("customs", c.from), &customsv1.DeliveryDisputed{DeliveryId: delivery, Reason: "one is missing", Proof: m.proof(c, c.items[1:], c.endUser, 60)})
		m.verify(c, delivery, c.items, c.endUser, 75)
	}},
	{"cancelled and declared anew", 0, func(m *maker, c *consignment) {
		m.license(c)
		m.declare(c, c.declaration, transferv1.Kind_KIND_EXPORT, c.after(20), c.items)
		m.tell(c.after(22), agency("customs", c.from), &customsv1.DeclarationCancelled{DeclarationId: c.declaration, Reason: "another ship"})
		c.declaration = m.id(agency("customs", c.from), "E")
		m.export(c)
		m.verify(c, m.ask(c, c.items), c.items, "", 60)
	}},
	{"a certificate that was doubted first", 0, func(m *maker, c *consignment) {
		by := agency("licensing", c.from)
		m.tell(c.after(-20), by, &licensingv1.ApplicationSubmitted{ApplicationId: c.application, Deal: c.deal()})
		m.tell(c.after(-19), by, &licensingv1.DocumentVerified{ApplicationId: c.application, Number: c.certificate, Kind: "end_user_certificate", Method: "direct contact"})
		m.tell(c.after(-10), by, &licensingv1.DocumentVerified{ApplicationId: c.application, Number: c.certificate, Kind: "end_user_certificate", Method: "embassy", Genuine: true})
		m.deliver(c)
	}},
	{"a licence that follows one that was revoked", 0, func(m *maker, c *consignment) {
		first := *c
		first.licence, first.start = m.id(agency("licensing", c.from), "L"), c.after(-100)
		m.license(&first)
		m.tell(first.after(10), agency("licensing", c.from), &licensingv1.LicenceRevoked{LicenceId: first.licence, Reason: "issued anew"})
		m.deliver(c)
	}},
	{"an alert that was refuted", 0, func(m *maker, c *consignment) {
		m.deliver(c)
		id := m.id("enforcement", "D")
		m.tell(c.after(90), "enforcement", &enforcementv1.DiversionAlertRaised{AlertId: id, Stage: d1, LicenceIds: []string{c.licence}, Indicators: []string{"RF14"}})
		m.tell(c.after(95), "enforcement", &enforcementv1.AlertRefuted{AlertId: id, Reason: "another company"})
	}},
	{"another maker's was found", 0, func(m *maker, c *consignment) {
		m.deliver(c)
		mark := proto.CloneOf(c.items[0].Mark)
		mark.Maker, mark.Country = "Redmoor Foundry", "XE"
		m.recover(mark, elsewhere, c.after(300))
		mark = proto.CloneOf(c.items[1].Mark)
		mark.Model = "P11"
		m.recover(mark, c.to, c.after(300))
	}},
	{"one was found that may be it", 0, func(m *maker, c *consignment) {
		m.deliver(c)
		mark := proto.CloneOf(c.items[0].Mark)
		mark.Maker = ""
		m.recover(mark, elsewhere, c.after(300))
		m.recover(&transferv1.Mark{Serial: c.items[1].Mark.Serial}, c.to, c.after(300))
		if mark = proto.CloneOf(c.items[2].Mark); strings.Contains(mark.Serial, "1") {
			mark.Serial = strings.Replace(mark.Serial, "1", "I", 1)
			m.recover(mark, elsewhere, c.after(300))
		}
	}},
	{"a request that was withdrawn", 0, func(m *maker, c *consignment) {
		m.deliver(c)
		m.tell(c.after(310), "enforcement", &enforcementv1.TraceWithdrawn{TraceId: m.recover(c.items[0].Mark, elsewhere, c.after(300)), Reason: "read wrongly"})
	}},
	{"on its way", 0, func(m *maker, c *consignment) {
		m.license(c)
		m.export(c)
		m.ask(c, c.items)
		for _, it := range c.items {
			it.Holder = c.carrier
		}
	}},
}
