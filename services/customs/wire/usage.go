package wire

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// mostUsed is more than any licence line allows, in thousandths or in minor units: sums of such amounts can still be counted.
const mostUsed = 1_000_000_000_000_000

// used is what usages reported of a licence line.
type used struct{ quantity, value int64 }

// usage decides what another customs computer reports of one licence. It is no matter whether the licence allows it: the movement
// happened. What is above the licence's limits is raised as DX03 or DX04, and nothing more can be written off until that is settled
// with the licensing authority.
//
// A line states all that was ever used of it, and that is what counts: the usages explain it. Originals, late originals and
// adjustments add to it, contras take from it, messages do neither, and a record that is equal to one before it in every field counts
// once. What the usages of this file and those before do not come to is an entry of its own.
func (r *receiving) usage(p chief.Part, t *chief.UsageTransaction) ([]proto.Message, error) {
	m := t.Message()
	again := chief.UsageOf(m)
	place := r.f.place(p, chief.Text(&again, r.f.ending()))
	reject := func(defects ...*customsv1.WireDefect) ([]proto.Message, error) {
		return []proto.Message{&customsv1.WireTransactionRejected{WireId: r.id, Place: place, Ref: text(t.Licence.Ref), Defects: defects, Usage: m}}, nil
	}
	id, _ := LicenceID(r.view.Agency(), t.Licence.LicenceRef)
	row, err := r.view.Licence(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read licence %s: %w", id, err)
	case row.GetOnFile() == nil || row.GetOnFile().GetReference() != t.Licence.LicenceRef:
		return reject(defect(p, chief.NotOnFile, "licence %s is not on file", text(t.Licence.LicenceRef)))
	}
	before, err := reported(r.view, id)
	if err != nil {
		return nil, err
	}
	w := usageWriter{p: p, row: row}
	for _, l := range t.Lines {
		w.line(l, before[uint32(l.Number.Int())])
	}
	if len(w.wrong) > 0 {
		return reject(w.wrong...)
	}
	e := &customsv1.LicenceUsageReported{
		UsageId: r.id + fmt.Sprintf(".%d", p.First), WireId: r.id, Place: place, Transaction: m, LicenceId: id, Entries: w.entries, Remarks: w.remarks,
	}
	raised, err := r.overused(row, e)
	if err != nil {
		return nil, err
	}
	return append([]proto.Message{ledger.Beside(row, e)}, raised...), nil
}

// reported is what usages have reported of a licence so far, by line.
func reported(view ledger.View, licence string) (map[uint32]used, error) {
	usages, err := view.UsagesWith("licence", licence)
	if err != nil {
		return nil, fmt.Errorf("read usages of licence %s: %w", licence, err)
	}
	sums := map[uint32]used{}
	for _, u := range usages {
		for _, e := range u.GetReported().GetEntries() {
			sum := sums[e.GetLicenceLine()]
			sum.quantity += e.GetQuantity().GetThousandths() + e.GetChange().GetThousandths()
			sum.value += e.GetValue().GetMinor() + e.GetChange().GetMinor()
			sums[e.GetLicenceLine()] = sum
		}
	}
	return sums, nil
}

// usageWriter makes the entries of a usage.
type usageWriter struct {
	p       chief.Part
	row     *ledgerv1.Licence
	entries []*customsv1.UsageEntry
	remarks []string
	wrong   []*customsv1.WireDefect
}

func (w *usageWriter) remark(format string, args ...any) {
	w.remarks = append(w.remarks, text(fmt.Sprintf(format, args...)))
}

// line adds the entries of a line, of which files before have reported so much.
func (w *usageWriter) line(l chief.UsageLine, before used) {
	n := uint32(l.Number.Int())
	i := slices.IndexFunc(w.row.GetDeal().GetLines(), func(of *transferv1.Line) bool { return of.GetNumber() == n })
	if i < 0 {
		w.wrong = append(w.wrong, defect(w.p, chief.NotOnFile, "licence %s has no line %d", w.row.GetOnFile().GetReference(), n))
		return
	}
	of := w.row.GetDeal().GetLines()[i]
	sum := before
	counted := map[chief.Usage]chief.Number{}
	for _, u := range l.Usages {
		same := u
		same.Record = chief.Record{}
		if first, again := counted[same]; again {
			w.remark("record %s is equal to record %s and does not count again", u.Seq, first)
			continue
		}
		counted[same] = u.Seq
		sign := map[string]int64{"O": 1, "L": 1, "A": 1, "C": -1}[u.Type]
		amount := w.amount(of, u.Quantity, u.Value, u.Currency, "record "+string(u.Seq))
		amount.quantity, amount.value = sign*amount.quantity, sign*amount.value
		w.enter(of, amount, fmt.Sprintf("declaration %s, part %s", u.Declaration, u.Part))
		sum = used{sum.quantity + amount.quantity, sum.value + amount.value}
	}
	total := w.amount(of, l.Quantity, l.Value, l.Currency, "record "+string(l.Seq))
	var rest used
	if l.Quantity != "" && of.GetQuantity() != nil {
		rest.quantity = total.quantity - sum.quantity
	}
	if l.Value != "" && of.GetValue() != nil && (l.Currency == "" || l.Currency == of.GetValue().GetCurrency()) {
		rest.value = total.value - sum.value
	}
	if rest != (used{}) {
		w.enter(of, rest, fmt.Sprintf("the file states a total of %s %s for line %d, which its usages and those before do not come to", l.Quantity, l.Value, n))
		w.remark("the usages of line %d do not come to the total that record %s states; the total counts", n, l.Seq)
	}
}

// amount is a quantity and a value in the line's unit and currency; nothing of what the line does not limit.
func (w *usageWriter) amount(of *transferv1.Line, q chief.Quantity, v chief.Money, currency, where string) (a used) {
	if of.GetQuantity() != nil {
		a.quantity, _ = q.Thousandths() // which Parse could read
	}
	if limit := of.GetValue(); limit != nil && v != "" {
		if currency == "" {
			currency = limit.GetCurrency()
		}
		minor, err := v.Minor(limit.GetCurrency())
		switch {
		case err != nil || currency != limit.GetCurrency():
			w.remark("%s has a value of %s %s, which cannot be counted in %s", where, v, currency, limit.GetCurrency())
		default:
			a.value = minor
		}
	}
	if a.quantity > mostUsed || a.value > mostUsed {
		w.wrong = append(w.wrong, defect(w.p, chief.NumberInvalid, "%s has more than can be counted", where))
	}
	return a
}

// enter adds an entry, in everything that the line limits.
func (w *usageWriter) enter(of *transferv1.Line, a used, reason string) {
	if a == (used{}) {
		return
	}
	e := &customsv1.UsageEntry{Item: uint32(len(w.entries) + 1), LicenceLine: of.GetNumber(), Reason: text(reason)}
	if a.quantity < 0 || a.value < 0 {
		e.Change = &customsv1.Change{}
		if of.GetQuantity() != nil {
			e.Change.Thousandths, e.Change.Unit = a.quantity, of.GetQuantity().GetUnit()
		}
		if of.GetValue() != nil {
			e.Change.Minor, e.Change.Currency = a.value, of.GetValue().GetCurrency()
		}
	} else {
		if of.GetQuantity() != nil {
			e.Quantity = &transferv1.Quantity{Thousandths: a.quantity, Unit: of.GetQuantity().GetUnit()}
		}
		if of.GetValue() != nil {
			e.Value = &transferv1.Money{Minor: a.value, Currency: of.GetValue().GetCurrency()}
		}
	}
	w.entries = append(w.entries, e)
}
