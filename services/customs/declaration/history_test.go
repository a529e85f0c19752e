package declaration_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// drawn is a licence and the declarations against it: as the rules put them on record, and as the model has them.
type drawn struct {
	rules
	t            *rapid.T
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

func quantity(n int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: n, Unit: "H87"}
}
func money(n int64) *transferv1.Money { return &transferv1.Money{Minor: n, Currency: "EUR"} }

// history draws commands, has them decided by the rules, and says where what comes of it is not what the model has.
func history(t *rapid.T, l *ledger.Ledger, r rules) error {
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() // also when a draw ends the run
	d := &drawn{rules: r, t: t, tx: tx, w: ledgertest.NewWriter(), declarations: map[string]*declaredGoods{}}
	if err := d.grant(); err != nil {
		return err
	}
	steps := map[string]func() error{
		"lodge": d.lodges, "accept": d.accepts, "accept lodged": d.acceptsLodged, "amend": d.amends, "confirm": d.confirms, "cancel": d.cancels,
	}
	for range 40 {
		step := rapid.SampledFrom([]string{"lodge", "accept", "accept", "accept lodged", "amend", "amend", "confirm", "confirm", "cancel"}).Draw(t, "command")
		if err := errors.Join(steps[step](), d.check()); err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
	}
	return nil
}

// grant puts a licence on record, of any kind that is declared and with one or two lines.
func (d *drawn) grant() error {
	d.licence = kindOf(rapid.SampledFrom([]transferv1.Kind{export, imp, transit, transShipment}).Draw(d.t, "kind"))
	d.licence.Deal.Lines = nil
	for n := range uint32(rapid.IntRange(1, 2).Draw(d.t, "lines")) {
		line := &transferv1.Line{Number: n + 1, Rating: "ML1.a"}
		if rapid.IntRange(0, 3).Draw(d.t, "limits quantity") > 0 {
			line.Quantity = quantity(rapid.Int64Range(10, 40).Draw(d.t, "quantity"))
		}
		if rapid.IntRange(0, 3).Draw(d.t, "limits value") > 0 {
			line.Value = money(rapid.Int64Range(10, 40).Draw(d.t, "value"))
		}
		d.licence.Deal.Lines = append(d.licence.Deal.Lines, line)
	}
	return d.record(append(slices.Clone(directory), d.licence)...)
}

// record puts facts on record, as one block of each journal.
func (d *drawn) record(facts ...proto.Message) error {
	for _, f := range facts {
		for _, b := range d.w.Blocks(f) {
			if err := errors.Join(d.tx.Apply(b.ID, b.Entries...), d.tx.Fold(b, ledgertest.Position(b))); err != nil {
				return fmt.Errorf("what was decided cannot be folded: %w", err)
			}
		}
	}
	return nil
}

// goods draws items. The line of a licence that has one only is left to be found now and then.
func (d *drawn) goods(status string) *declaredGoods {
	goods := &declaredGoods{status: status}
	for n := range uint32(rapid.IntRange(1, 2).Draw(d.t, "items")) {
		lines := uint32(len(d.licence.Deal.Lines))
		line := rapid.Uint32Range(1, lines).Draw(d.t, "line")
		if lines == 1 && rapid.Bool().Draw(d.t, "line is found") {
			line = 0
		}
		q, v := rapid.Int64Range(0, 12).Draw(d.t, "quantity"), rapid.Int64Range(0, 12).Draw(d.t, "value")
		goods.items = append(goods.items, item(n+1, line, quantity(q), money(v)))
		goods.counts = append(goods.counts, amounts{q, v})
	}
	return goods
}

// destination is mostly where the licence is for; elsewhere the goods are held.
func (d *drawn) destination() string {
	return rapid.SampledFrom([]string{"XB", "XB", "XB", "XC"}).Draw(d.t, "destination")
}

func (d *drawn) lodges() error {
	goods := d.goods("lodged")
	cmd := &customsv1.LodgeDeclarationRequest{
		Particulars: particulars, Number: fmt.Sprint(len(d.declarations)), Kind: d.licence.Deal.Kind, Office: "XA001", LicenceReference: licenceID,
		Destination: d.destination(), Items: goods.items,
	}
	return d.follow("customs/"+cmd.Number, goods, func() ([]proto.Message, error) { return d.lodge(d.tx.View, cmd) })
}

func (d *drawn) accepts() error {
	goods := d.goods("accepted")
	cmd := with(command, func(c *customsv1.AcceptDeclarationRequest) {
		c.Number, c.Kind, c.Items, c.Destination = fmt.Sprint(len(d.declarations)), d.licence.Deal.Kind, goods.items, d.destination()
	})
	return d.follow("customs/"+cmd.Number, goods, func() ([]proto.Message, error) { return d.accept(d.tx.View, cmd) })
}

func (d *drawn) acceptsLodged() error {
	id, goods := d.pick("lodged")
	if goods == nil {
		return nil
	}
	decide := func() ([]proto.Message, error) {
		return d.acceptLodged(d.tx.View, &customsv1.AcceptLodgedRequest{Particulars: particulars, DeclarationId: id})
	}
	if goods.status != "lodged" {
		return unchanged(decide())
	}
	return d.follow(id, &declaredGoods{goods.items, goods.counts, "accepted"}, decide)
}

func (d *drawn) amends() error {
	id, goods := d.pick("lodged", "accepted")
	if goods == nil {
		return nil
	}
	if err := d.hold(id); err != nil {
		return err
	}
	anew := d.goods(goods.status)
	cmd := &customsv1.AmendDeclarationRequest{Particulars: particulars, DeclarationId: id, Parties: command.Parties, Destination: d.destination(), Items: anew.items, Reason: "miscounted"}
	decide := func() ([]proto.Message, error) { return d.amend(d.tx.View, cmd) }
	if goods.status != "lodged" && goods.status != "accepted" {
		return unchanged(decide())
	}
	return d.follow(id, anew, decide)
}

// hold has goods that are released held again, now and then, and release those that wait.
func (d *drawn) hold(id string) error {
	row, err := d.tx.Declaration(id)
	if err != nil || row.GetStatus() != ledgerv1.DeclarationStatus_DECLARATION_STATUS_RELEASED {
		return err
	}
	return d.record(&customsv1.GoodsHeld{DeclarationId: id, Reason: customsv1.HoldReason_HOLD_REASON_EXAMINATION, Text: "seen"})
}

func (d *drawn) release(id string) error {
	row, err := d.tx.Declaration(id)
	if err != nil {
		return err
	}
	if row.GetStatus() == ledgerv1.DeclarationStatus_DECLARATION_STATUS_HELD {
		return d.record(&customsv1.HoldLifted{DeclarationId: id}, &customsv1.GoodsReleased{DeclarationId: id})
	}
	return nil
}

func (d *drawn) confirms() error {
	id, goods := d.pick("accepted")
	if goods == nil {
		return nil
	}
	if rapid.IntRange(0, 3).Draw(d.t, "release first") > 0 {
		if err := d.release(id); err != nil {
			return err
		}
	}
	row, err := d.tx.Declaration(id)
	if err != nil {
		return err
	}
	moved := &declaredGoods{goods.items, slices.Clone(goods.counts), "moved"}
	var told []*customsv1.Moved
	for i, item := range goods.items {
		if rapid.Bool().Draw(d.t, "as declared") {
			continue
		}
		was := moved.counts[i]
		moved.counts[i] = amounts{
			max(0, was.quantity+rapid.Int64Range(-6, 12).Draw(d.t, "more quantity")), max(0, was.value+rapid.Int64Range(-6, 12).Draw(d.t, "more value")),
		}
		told = append(told, &customsv1.Moved{Item: item.Number, Quantity: quantity(moved.counts[i].quantity), Value: money(moved.counts[i].value)})
	}
	decide := func() ([]proto.Message, error) {
		if d.licence.Deal.Kind == imp {
			return d.arrive(d.tx.View, &customsv1.ConfirmArrivalRequest{Particulars: particulars, DeclarationId: id, Moved: told})
		}
		return d.exit(d.tx.View, &customsv1.ConfirmExitRequest{Particulars: particulars, DeclarationId: id, Moved: told})
	}
	if row.GetStatus() != ledgerv1.DeclarationStatus_DECLARATION_STATUS_RELEASED {
		return unchanged(decide())
	}
	return d.follow(id, moved, decide)
}

func (d *drawn) cancels() error {
	id, goods := d.pick("lodged", "accepted")
	if goods == nil {
		return nil
	}
	decide := func() ([]proto.Message, error) {
		return d.cancel(d.tx.View, &customsv1.CancelDeclarationRequest{Particulars: particulars, DeclarationId: id, Reason: "sale fell through"})
	}
	if goods.status != "lodged" && goods.status != "accepted" {
		return unchanged(decide())
	}
	return d.follow(id, &declaredGoods{goods.items, goods.counts, "cancelled"}, decide)
}

// pick returns a declaration, mostly one of a status; none when there is none such.
func (d *drawn) pick(statuses ...string) (id string, goods *declaredGoods) {
	any := rapid.IntRange(0, 4).Draw(d.t, "of any status") == 0
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(d.declarations)), func(id string) bool {
		return !any && !slices.Contains(statuses, d.declarations[id].status)
	})
	if len(ids) == 0 {
		return "", nil
	}
	id = rapid.SampledFrom(ids).Draw(d.t, "declaration")
	return id, d.declarations[id]
}

// follow has the model take a declaration as it would stand. The command must have been refused if and only if the model then
// stands above the licence; once it is on record, it decides nothing more.
func (d *drawn) follow(id string, goods *declaredGoods, decide func() ([]proto.Message, error)) error {
	facts, err := decide()
	before, known := d.declarations[id]
	d.declarations[id] = goods
	over := d.over()
	switch r := fault.As(err); {
	case over && (r == nil || len(facts) > 0 || r.Code != "DX03" && r.Code != "DX04"):
		return fmt.Errorf("%s does not fit, and what is decided is %v, %w", id, facts, err)
	case over:
		if d.declarations[id] = before; !known {
			delete(d.declarations, id)
		}
		return nil
	case err != nil:
		return fmt.Errorf("%s fits and is refused: %w", id, err)
	}
	if err := d.record(facts...); err != nil {
		return err
	}
	return unchanged(decide())
}

// unchanged says when a command decides something, or fails otherwise than by a refusal.
func unchanged(facts []proto.Message, err error) error {
	if len(facts) > 0 || err != nil && fault.As(err) == nil {
		return fmt.Errorf("it is decided on: %v, %w", facts, err)
	}
	return nil
}

// over reports whether the model stands above the licence.
func (d *drawn) over() bool {
	return slices.ContainsFunc(d.licence.Deal.Lines, func(line *transferv1.Line) bool {
		reserved, used := d.sums(line.Number)
		return line.Quantity != nil && reserved.quantity+used.quantity > line.Quantity.Thousandths || line.Value != nil && reserved.value+used.value > line.Value.Minor
	})
}

// sums adds up what the model has against a line.
func (d *drawn) sums(line uint32) (reserved, used amounts) {
	for _, goods := range d.declarations {
		for i, item := range goods.items {
			sum := map[string]*amounts{"accepted": &reserved, "moved": &used}[goods.status]
			if sum != nil && max(item.LicenceLine, 1) == line {
				sum.quantity += goods.counts[i].quantity
				sum.value += goods.counts[i].value
			}
		}
	}
	return reserved, used
}

// check compares the balance with the model, and the entries of each declaration with its items.
func (d *drawn) check() error {
	balance, err := writeoff.Balance(d.tx.View, licenceID)
	if err != nil {
		return err
	}
	for i, line := range d.licence.Deal.Lines {
		reserved, used := d.sums(line.Number)
		b := balance.Lines[i]
		if line.Quantity != nil && (b.Reserved.GetThousandths() != reserved.quantity || b.Used.GetThousandths() != used.quantity) ||
			line.Value != nil && (b.ReservedValue.GetMinor() != reserved.value || b.UsedValue.GetMinor() != used.value) || b.Overdrawn {
			return fmt.Errorf("balance of line %d is %v, the model has %v reserved and %v used", line.Number, b, reserved, used)
		}
	}
	for id, goods := range d.declarations {
		standing, err := writeoff.Standing(d.tx.View, id)
		if err != nil {
			return err
		}
		var numbers []uint32
		for _, e := range standing {
			numbers = append(numbers, e.GetItem())
		}
		slices.Sort(numbers)
		want := 0
		if goods.status == "accepted" || goods.status == "moved" {
			want = len(goods.items)
		}
		if len(slices.Compact(numbers)) != len(standing) || len(standing) != want {
			return fmt.Errorf("%s is %s, and %v stand for its items", id, goods.status, standing)
		}
	}
	return nil
}
