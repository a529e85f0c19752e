package custody

import (
	"fmt"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/marks"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// row is what every row of a ledger has.
type row interface {
	GetId() string
	GetJournal() string
	GetEvents() []uint64
}

// record is a row that has the serial, or belongs to one that has.
type record struct {
	row
	readings []reading
}

// reading is a mark in a record.
type reading struct {
	mark *transferv1.Mark
	// number of the goods item or the licence line.
	number uint32
	// received: it stands among what arrived, and not among what should.
	received bool
}

// find returns the records in which a serial with this key stands, in no order that matters.
func find(view ledger.View, key string) (records []*record, err error) {
	keep := func(r row, readings []reading) {
		if len(readings) > 0 {
			records = append(records, &record{r, readings})
		}
	}
	declarations, err := view.DeclarationsWith("serial", key)
	if err != nil {
		return nil, fmt.Errorf("read declarations by serial: %w", err)
	}
	for _, d := range declarations {
		keep(d, declared(d, key))
	}
	deliveries, err := view.DeliveriesWith("serial", key)
	if err != nil {
		return nil, fmt.Errorf("read deliveries by serial: %w", err)
	}
	for _, d := range deliveries {
		keep(d, delivered(d, key))
	}
	confirmations, err := view.DeliveryConfirmationsWith("serial", key)
	if err != nil {
		return nil, fmt.Errorf("read confirmations of deliveries by serial: %w", err)
	}
	for _, c := range confirmations {
		keep(c, items(c.GetConfirmed().GetProof().GetReceived(), key, true))
	}
	checks, err := view.PostDeliveryChecksWith("serial", key)
	if err != nil {
		return nil, fmt.Errorf("read checks after delivery by serial: %w", err)
	}
	for _, c := range checks {
		keep(c, items(c.GetDone().GetSeen(), key, true))
	}
	sightings, err := view.SightingsWith("serial", key)
	if err != nil {
		return nil, fmt.Errorf("read sightings by serial: %w", err)
	}
	for _, s := range sightings {
		keep(s, listed(nil, s.GetAdded().GetSerials(), key, 0, false))
	}
	traces, err := view.TracesWith("serial", key)
	if err != nil {
		return nil, fmt.Errorf("read traces by serial: %w", err)
	}
	for _, t := range traces {
		keep(t, asked(t, key))
	}
	return records, nil
}

func declared(d *ledgerv1.Declaration, key string) (found []reading) {
	for _, i := range d.GetAccepted().GetItems() {
		found = listed(found, i.GetSerials(), key, i.GetLicenceLine(), false)
	}
	return found
}

func delivered(d *ledgerv1.Delivery, key string) []reading {
	return append(items(d.GetRequested().GetExpected(), key, false), items(d.GetProof().GetReceived(), key, true)...)
}

func items(list []*customsv1.DeliveredItem, key string, received bool) (found []reading) {
	for _, i := range list {
		found = listed(found, i.GetSerials(), key, i.GetLicenceLine(), received)
	}
	return found
}

func asked(t *ledgerv1.Trace, key string) (found []reading) {
	for _, m := range t.GetOpened().GetMarks() {
		if marks.Normalize(m.GetSerial()) == key {
			found = append(found, reading{mark: m})
		}
	}
	return found
}

// listed appends the marks whose serial has the key.
func listed(to []reading, all []*transferv1.Serials, key string, number uint32, received bool) []reading {
	for _, s := range all {
		for _, serial := range s.GetSerials() {
			if !mayHave(serial, key) || marks.Normalize(serial) != key {
				continue
			}
			m := s.GetMark()
			to = append(to, reading{number: number, received: received, mark: &transferv1.Mark{
				Maker: m.GetMaker(), Country: m.GetCountry(), Model: m.GetModel(), Calibre: m.GetCalibre(), Serial: serial, Year: m.GetYear(), ImportMark: m.GetImportMark(),
			}})
		}
	}
	return to
}

// mayHave passes over most serials in plain digits and letters without normalizing them: their last character differs from the key's.
func mayHave(serial, key string) bool {
	if serial == "" || key == "" {
		return false
	}
	last, end := serial[len(serial)-1], key[len(key)-1]
	if last < '0' || last > '9' || end < '0' || end > '9' {
		return true
	}
	return last == end
}
