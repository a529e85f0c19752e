package declaration_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// Whatever is accepted, confirmed and cancelled in whatever order, no line comes out above what is authorized, in
// quantity or in value, and the balance is that of a model which knows declarations only and adds them all up.
func TestWriteOffsStayWithinTheLicence(t *testing.T) {
	l := ledgertest.Open(t, "customs")
	rapid.Check(t, func(t *rapid.T) {
		tx, err := l.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback() // also when a draw ends the run
		d := draw(t, tx)
		for range 40 {
			switch rapid.SampledFrom([]string{"accept", "accept", "confirm", "confirm", "cancel"}).Draw(t, "command") {
			case "accept":
				d.accept(t)
			case "confirm":
				d.confirm(t)
			case "cancel":
				d.cancel(t)
			}
			d.check(t)
		}
	})
}

// drawn is a licence and the declarations against it: as the rules put them on record, and as the model has them.
type drawn struct {
	tx           *ledger.Tx
	w            *ledgertest.Writer
	licence      *licensingv1.LicenceGranted
	declarations map[string]*declaredGoods
}

// declaredGoods is a declaration in the model: what of each item counts against its line, if anything.
type declaredGoods struct {
	items  []*customsv1.Item
	counts []amounts
	status string
}

type amounts struct{ quantity, value int64 }

// draw puts a licence on record, of any kind that is declared and with one or two lines.
func draw(t *rapid.T, tx *ledger.Tx) *drawn {
	kind := rapid.SampledFrom([]transferv1.Kind{export, imp, transit, transShipment}).Draw(t, "kind")
	d := &drawn{tx: tx, w: ledgertest.NewWriter(), licence: kindOf(kind), declarations: map[string]*declaredGoods{}}
	d.licence.Deal.Lines = nil
	for n := range uint32(rapid.IntRange(1, 2).Draw(t, "lines")) {
		line := &transferv1.Line{Number: n + 1, Rating: "ML1.a"}
		if rapid.IntRange(0, 3).Draw(t, "limits quantity") > 0 {
			line.Quantity = quantity(rapid.Int64Range(10, 40).Draw(t, "quantity"))
		}
		if rapid.IntRange(0, 3).Draw(t, "limits value") > 0 {
			line.Value = money(rapid.Int64Range(10, 40).Draw(t, "value"))
		}
		d.licence.Deal.Lines = append(d.licence.Deal.Lines, line)
	}
	d.record(t, directory...)
	d.record(t, d.licence)
	return d
}

func quantity(n int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: n, Unit: "H87"}
}
func money(n int64) *transferv1.Money { return &transferv1.Money{Minor: n, Currency: "EUR"} }

// record puts facts on record, as one block of each journal.
func (d *drawn) record(t *rapid.T, facts ...proto.Message) {
	for _, f := range facts {
		for _, b := range d.w.Blocks(f) {
			if err := errors.Join(d.tx.Apply(b.ID, b.Entries...), d.tx.Fold(b, ledgertest.Position(b))); err != nil {
				t.Fatalf("what was decided cannot be folded: %v", err)
			}
		}
	}
}

func (d *drawn) accept(t *rapid.T) {
	cmd := with(command, func(c *customsv1.AcceptDeclarationRequest) {
		c.Number, c.Kind, c.Items = fmt.Sprint(len(d.declarations)), d.licence.Deal.Kind, nil
	})
	goods := &declaredGoods{status: "accepted"}
	for n := range uint32(rapid.IntRange(1, 2).Draw(t, "items")) {
		line := rapid.Uint32Range(1, uint32(len(d.licence.Deal.Lines))).Draw(t, "line")
		q, v := rapid.Int64Range(0, 12).Draw(t, "quantity"), rapid.Int64Range(0, 12).Draw(t, "value")
		cmd.Items = append(cmd.Items, item(n+1, line, quantity(q), money(v)))
		goods.counts = append(goods.counts, amounts{q, v})
	}
	goods.items = cmd.Items
	facts, err := declaration.Accept(d.tx.View, cmd, now)
	d.follow(t, facts, err, "customs/"+cmd.Number, goods)
}

func (d *drawn) confirm(t *rapid.T) {
	id, found := d.pick(t)
	if !found {
		return
	}
	goods := *d.declarations[id]
	goods.counts = slices.Clone(goods.counts)
	var told []*customsv1.Moved
	for i, item := range goods.items {
		if rapid.Bool().Draw(t, "as declared") {
			continue
		}
		was := goods.counts[i]
		goods.counts[i] = amounts{
			max(0, was.quantity+rapid.Int64Range(-6, 12).Draw(t, "more quantity")), max(0, was.value+rapid.Int64Range(-6, 12).Draw(t, "more value")),
		}
		told = append(told, &customsv1.Moved{Item: item.Number, Quantity: quantity(goods.counts[i].quantity), Value: money(goods.counts[i].value)})
	}
	var facts []proto.Message
	var err error
	if d.licence.Deal.Kind == imp {
		facts, err = declaration.ConfirmArrival(d.tx.View, &customsv1.ConfirmArrivalRequest{Particulars: particulars, DeclarationId: id, Moved: told})
	} else {
		facts, err = declaration.ConfirmExit(d.tx.View, &customsv1.ConfirmExitRequest{Particulars: particulars, DeclarationId: id, Moved: told})
	}
	if goods.status != "accepted" {
		d.unchanged(t, facts, err)
		return
	}
	goods.status = "moved"
	d.follow(t, facts, err, id, &goods)
}

func (d *drawn) cancel(t *rapid.T) {
	id, found := d.pick(t)
	if !found {
		return
	}
	facts, err := declaration.Cancel(d.tx.View, &customsv1.CancelDeclarationRequest{
		Particulars: &eventv1.Particulars{}, DeclarationId: id, Reason: "sale fell through",
	})
	if d.declarations[id].status != "accepted" {
		d.unchanged(t, facts, err)
		return
	}
	if err != nil {
		t.Fatalf("cancel %s: %v", id, err)
	}
	d.record(t, facts...)
	d.declarations[id].status = "cancelled"
}

// pick returns a declaration, mostly one that has not ended; none when there is none such.
func (d *drawn) pick(t *rapid.T) (id string, found bool) {
	ended := rapid.IntRange(0, 3).Draw(t, "ended too") == 0
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(d.declarations)), func(id string) bool {
		return !ended && d.declarations[id].status != "accepted"
	})
	if len(ids) == 0 {
		return "", false
	}
	return rapid.SampledFrom(ids).Draw(t, "declaration"), true
}

// follow has the model take a declaration as it would stand. It must have been refused if and only if the model then
// stands above the licence.
func (d *drawn) follow(t *rapid.T, facts []proto.Message, err error, id string, goods *declaredGoods) {
	before, known := d.declarations[id]
	d.declarations[id] = goods
	over := ""
	for _, line := range d.licence.Deal.Lines {
		reserved, used := d.sums(line.Number)
		if line.Quantity != nil && reserved.quantity+used.quantity > line.Quantity.Thousandths {
			over += "DX03 "
		}
		if line.Value != nil && reserved.value+used.value > line.Value.Minor {
			over += "DX04 "
		}
	}
	if over == "" {
		if err != nil || len(facts) == 0 {
			t.Fatalf("%s fits and is refused: %v", id, err)
		}
		d.record(t, facts...)
		return
	}
	if d.declarations[id] = before; !known {
		delete(d.declarations, id)
	}
	if r := fault.As(err); r == nil || len(facts) > 0 || r.Code != "DX03" && r.Code != "DX04" {
		t.Fatalf("%s does not fit (%s), and what is decided is %v, %v", id, over, facts, err)
	}
}

// unchanged checks that a declaration that has ended is left as it is.
func (d *drawn) unchanged(t *rapid.T, facts []proto.Message, err error) {
	if len(facts) > 0 || err != nil && fault.As(err) == nil {
		t.Fatalf("a declaration that has ended is decided on: %v, %v", facts, err)
	}
}

// sums adds up what the model has against a line.
func (d *drawn) sums(line uint32) (reserved, used amounts) {
	for _, goods := range d.declarations {
		for i, item := range goods.items {
			sum := map[string]*amounts{"accepted": &reserved, "moved": &used, "cancelled": {}}[goods.status]
			if item.LicenceLine == line {
				sum.quantity += goods.counts[i].quantity
				sum.value += goods.counts[i].value
			}
		}
	}
	return reserved, used
}

// check compares the balance with the model, and both with the licence.
func (d *drawn) check(t *rapid.T) {
	balance, err := writeoff.Balance(d.tx.View, licenceID)
	if err != nil {
		t.Fatal(err)
	}
	if len(balance.Lines) != len(d.licence.Deal.Lines) {
		t.Fatalf("balance has %d lines, the licence %d", len(balance.Lines), len(d.licence.Deal.Lines))
	}
	for i, line := range d.licence.Deal.Lines {
		want := &customsv1.LineBalance{LicenceLine: line.Number, Authorized: line.Quantity, AuthorizedValue: line.Value}
		reserved, used := d.sums(line.Number)
		if line.Quantity != nil {
			want.Reserved, want.Used = quantity(reserved.quantity), quantity(used.quantity)
			if reserved.quantity+used.quantity > line.Quantity.Thousandths {
				t.Fatalf("line %d: %d reserved and %d used of %d", line.Number, reserved.quantity, used.quantity, line.Quantity.Thousandths)
			}
		}
		if line.Value != nil {
			want.ReservedValue, want.UsedValue = money(reserved.value), money(used.value)
			if reserved.value+used.value > line.Value.Minor {
				t.Fatalf("line %d: %d reserved and %d used in value of %d", line.Number, reserved.value, used.value, line.Value.Minor)
			}
		}
		b := balance.Lines[i]
		is := &customsv1.LineBalance{LicenceLine: b.LicenceLine, Authorized: b.Authorized, Reserved: b.Reserved, Used: b.Used,
			AuthorizedValue: b.AuthorizedValue, ReservedValue: b.ReservedValue, UsedValue: b.UsedValue}
		if !proto.Equal(want, is) {
			t.Fatalf("balance of line %d is %v, the model's is %v", line.Number, is, want)
		}
	}
}
