package custodytest

import (
	"fmt"
	"strings"
	"time"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// consignment is some items on their way from one State to another.
type consignment struct {
	items                                 []*Item
	from, to                              string
	exporter, consignee, endUser, carrier string
	licence, certificate, application     string
	declaration                           string
	start                                 time.Time
	stage                                 enforcementv1.Stage
}

func (c *consignment) after(days int) time.Time { return c.start.AddDate(0, 0, days) }

func (m *maker) consign(size int) *consignment {
	c := &consignment{from: states[m.rand.IntN(3)], start: time.Date(2010+m.rand.IntN(12), 1, 1+m.rand.IntN(300), 8, 0, 0, 0, time.UTC)}
	for c.to = c.from; c.to == c.from; {
		c.to = states[m.rand.IntN(3)]
	}
	within := map[string]bool{}
	a, b := models[m.rand.IntN(len(models))], models[m.rand.IntN(len(models))]
	for i := range size {
		of := a
		if i%3 == 2 {
			of = b
		}
		c.items = append(c.items, m.item(of, within))
	}
	word := words[m.rand.IntN(len(words))] + words[m.rand.IntN(len(words))]
	c.exporter, c.carrier = "Exporters "+word, "Carriage "+word
	c.consignee, c.endUser = "Importers of "+word, "Gendarmerie "+word
	c.licence, c.application, c.declaration = m.id(agency("licensing", c.from), "L"), m.id(agency("licensing", c.from), "A"), m.id(agency("customs", c.from), "E")
	c.certificate = fmt.Sprintf("EUC %06d", m.made)
	return c
}

var words = strings.Fields("velk oster pram thun iskar dolm ruvi sant wex yorl")

func (c *consignment) parties() []*transferv1.Party {
	return []*transferv1.Party{
		{Role: transferv1.Role_ROLE_EXPORTER, Name: c.exporter, Country: c.from}, {Role: transferv1.Role_ROLE_CARRIER, Name: c.carrier},
		{Role: transferv1.Role_ROLE_CONSIGNEE, Name: c.consignee, Country: c.to}, {Role: transferv1.Role_ROLE_END_USER, Name: c.endUser, Country: c.to},
	}
}

func (c *consignment) deal() *licensingv1.Deal {
	return &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Parties: c.parties(), Destination: &licensingv1.Place{Country: c.to}, Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a"}},
		Documents: []*licensingv1.Document{{Kind: "end_user_certificate", Number: c.certificate, Issuer: "Ministry of " + c.to}},
	}
}

func (m *maker) license(c *consignment) {
	m.tell(c.after(0), agency("licensing", c.from), &licensingv1.LicenceGranted{
		LicenceId: c.licence, ApplicationId: c.application, Deal: c.deal(), ValidFrom: stamp(c.after(0)), ValidUntil: stamp(c.after(700)),
	})
}

func listed(items []*Item, marked bool) (all []*transferv1.Serials) {
	for _, it := range items {
		s := &transferv1.Serials{Serials: []string{it.Mark.Serial}}
		if marked {
			s.Mark = &transferv1.Mark{Maker: it.Mark.Maker, Country: it.Mark.Country, Model: it.Mark.Model, Calibre: it.Mark.Calibre}
		}
		last := len(all) - 1
		if last >= 0 && (!marked || all[last].Mark.Maker == s.Mark.Maker && all[last].Mark.Model == s.Mark.Model) && len(all[last].Serials) < 1000 {
			all[last].Serials = append(all[last].Serials, it.Mark.Serial)
			continue
		}
		all = append(all, s)
	}
	return all
}

func (m *maker) declare(c *consignment, id string, kind transferv1.Kind, at time.Time, items []*Item, change ...func(*customsv1.DeclarationAccepted)) {
	by, _, _ := strings.Cut(id, "/")
	a := &customsv1.DeclarationAccepted{
		DeclarationId: id, Number: id, Kind: kind, Office: c.from + "0001", LicenceId: c.licence, Parties: c.parties(), Destination: c.to, AcceptedAt: stamp(at),
		Items:       []*customsv1.Item{{Number: 1, LicenceLine: 1, HsCode: "930190", Serials: listed(items, true)}},
		Consignment: &customsv1.Consignment{Dispatch: c.from},
	}
	for _, f := range change {
		f(a)
	}
	m.tell(at, by, a)
}

// export declares, releases and lets out.
func (m *maker) export(c *consignment) {
	by := agency("customs", c.from)
	m.declare(c, c.declaration, transferv1.Kind_KIND_EXPORT, c.after(30), c.items)
	m.tell(c.after(31), by, &customsv1.GoodsReleased{DeclarationId: c.declaration})
	m.tell(c.after(32), by, &customsv1.ExitConfirmed{DeclarationId: c.declaration, At: stamp(c.after(32))})
}

func (m *maker) enter(c *consignment, state string, at time.Time) string {
	id := m.id(agency("customs", state), "I")
	m.declare(c, id, transferv1.Kind_KIND_IMPORT, at, c.items, func(a *customsv1.DeclarationAccepted) { a.Destination, a.LicenceId = state, "" })
	m.tell(at.Add(time.Hour), agency("customs", state), &customsv1.GoodsReleased{DeclarationId: id})
	return id
}

func (m *maker) overdue(c *consignment, code string) {
	m.tell(c.after(130), agency("customs", c.from), &customsv1.MovementOverdue{DeclarationId: c.declaration, Code: code, Due: stamp(c.after(120))})
}

// ask asks for proof of the delivery of items.
func (m *maker) ask(c *consignment, items []*Item, declarations ...string) string {
	id := m.id(agency("customs", c.from), "V")
	q := &customsv1.DeliveryVerificationRequested{
		DeliveryId: id, LicenceId: c.licence, DeclarationIds: append([]string{c.declaration}, declarations...), Of: "importer", From: stamp(c.after(32)), Due: stamp(c.after(122)), Certificate: c.certificate,
	}
	if m.rand.IntN(2) == 0 {
		q.Expected = []*customsv1.DeliveredItem{{LicenceLine: 1, Serials: listed(items, true)}}
	}
	m.tell(c.after(33), agency("customs", c.from), q)
	return id
}

func (m *maker) late(c *consignment, delivery string) {
	m.tell(c.after(123), agency("customs", c.from), &customsv1.DeliveryOverdue{DeliveryId: delivery})
}

// proof lists the items with their marks, by their serials, or none.
func (m *maker) proof(c *consignment, items []*Item, recipient string, day int) *customsv1.Proof {
	p := &customsv1.Proof{Number: "P", Certificate: c.certificate, ArrivedAt: stamp(c.after(day)), Place: c.to + "CAP", Recipient: recipient}
	p.Received = []*customsv1.DeliveredItem{{LicenceLine: 1, Serials: listed(items, m.rand.IntN(2) == 0)}}
	return p
}

func (m *maker) verify(c *consignment, delivery string, items []*Item, recipient string, day int) {
	m.tell(c.after(day+1), agency("customs", c.from), &customsv1.DeliveryVerified{DeliveryId: delivery, Proof: m.proof(c, items, recipient, day)})
}

// deliver takes a consignment lawfully from the licence to its end user.
func (m *maker) deliver(c *consignment) {
	m.license(c)
	m.export(c)
	m.verify(c, m.ask(c, c.items), c.items, []string{"", c.endUser, strings.ToUpper(c.endUser)}[m.rand.IntN(3)], 60)
}

// recover has an item found by the police of XA, or told of by others.
func (m *maker) recover(mark *transferv1.Mark, country string, at time.Time) string {
	id := m.id("enforcement", "T")
	m.tell(at.AddDate(0, 0, 5), "enforcement", &enforcementv1.TraceOpened{
		TraceId: id, Received: country != "XA", Marks: []*transferv1.Mark{mark}, Item: "rifle", Ground: "illicit_where_found", RecoveredAt: stamp(at), Country: country, Purpose: "criminal proceedings",
	})
	return id
}

// plant says what is true of items that were diverted.
func (c *consignment) plant(items []*Item, holder, step, indicator string) {
	for _, it := range items {
		it.Planted, it.Stage, it.Holder, it.Step, it.Indicator = true, c.stage, holder, step, indicator
	}
}
