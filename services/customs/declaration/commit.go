package declaration

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/customs/matching"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// told is what a confirmation says of the goods that moved.
type told interface {
	GetMoved() []*customsv1.Moved
	GetDifference() string
}

// commit returns the fact that goods moved, for each item what is used of the licence by it, and as discrepancies with a code what
// differs from what was released.
func commit(view ledger.View, d *ledgerv1.Declaration, moved proto.Message, code string, cmd told, at time.Time) ([]proto.Message, error) {
	movements, err := movementsOf(d, cmd.GetMoved())
	if err != nil {
		return nil, err
	}
	licence, err := licenceOf(view, d)
	if err != nil {
		return nil, err
	}
	account, err := writeoff.Read(view, licence, d.GetId())
	if err != nil {
		return nil, err
	}
	entries, err := account.Commit(d.GetId(), d.GetVersion(), movements)
	if err != nil {
		return nil, err
	}
	raised, err := numbered(view, different(d, movements, code, cmd.GetDifference()), at)
	if err != nil {
		return nil, err
	}
	return beside(d, slices.Concat([]proto.Message{moved}, entries, raised)), nil
}

// different is a discrepancy for each item of which another quantity moved than was released, and one for what is said in words.
func different(d *ledgerv1.Declaration, movements []writeoff.Movement, code, said string) (raised []*customsv1.DiscrepancyRaised) {
	licence := d.GetAccepted().GetLicenceId()
	for _, m := range movements {
		was, is := matching.QuantityWord(m.Item.GetQuantity()), matching.QuantityWord(m.Quantity)
		if was != is {
			raised = append(raised, matching.New(d.GetId(), licence, code, m.Item.GetNumber(), was, is,
				fmt.Sprintf("of item %d %s were released, and %s were presented", m.Item.GetNumber(), was, is)))
		}
	}
	if said != "" {
		raised = append(raised, matching.New(d.GetId(), licence, code, 0, "goods as released", said, "the goods presented differ from those released: "+said))
	}
	return raised
}

// movementsOf returns the items of a declaration with what was told of each; an item, quantity or value that nothing
// was told of moved as declared.
func movementsOf(d *ledgerv1.Declaration, said []*customsv1.Moved) ([]writeoff.Movement, error) {
	var movements []writeoff.Movement
	for _, item := range d.GetAccepted().GetItems() {
		movements = append(movements, writeoff.Movement{Item: item, Quantity: item.GetQuantity(), Value: item.GetValue()})
	}
	seen := make(map[uint32]bool)
	for _, t := range said {
		i := slices.IndexFunc(movements, func(m writeoff.Movement) bool { return m.Item.GetNumber() == t.GetItem() })
		switch {
		case i < 0:
			return nil, fault.Errorf(fault.Invalid, "declaration %s has no item %d", d.GetId(), t.GetItem())
		case seen[t.GetItem()]:
			return nil, fault.Errorf(fault.Invalid, "item %d of declaration %s is told of twice", t.GetItem(), d.GetId())
		}
		seen[t.GetItem()] = true
		m := &movements[i]
		if q := t.GetQuantity(); q != nil {
			if was := m.Quantity; was != nil && was.GetUnit() != q.GetUnit() {
				return nil, fault.Coded(fault.Invalid, "DX05", "item %d of declaration %s was declared in %s; state what moved in that unit, not in %s", t.GetItem(), d.GetId(), was.GetUnit(), q.GetUnit())
			}
			m.Quantity = q
		}
		if v := t.GetValue(); v != nil {
			if was := m.Value; was != nil && was.GetCurrency() != v.GetCurrency() {
				return nil, fault.Coded(fault.Invalid, "DX05", "item %d of declaration %s was declared in %s; state what moved in that currency, not in %s", t.GetItem(), d.GetId(), was.GetCurrency(), v.GetCurrency())
			}
			m.Value = v
		}
	}
	return movements, nil
}

// committedAs refuses what is told of goods whose movement is on record when it is not what the record says.
func committedAs(view ledger.View, d *ledgerv1.Declaration, said []*customsv1.Moved) error {
	entries, err := view.WriteOffsWith("declaration", d.GetId())
	if err != nil {
		return fmt.Errorf("read write-offs of declaration %s: %w", d.GetId(), err)
	}
	for _, t := range said {
		same := slices.ContainsFunc(entries, func(e *ledgerv1.WriteOff) bool {
			return e.GetEffect() == ledgerv1.Effect_EFFECT_COMMITTED && e.GetItem() == t.GetItem() &&
				(t.GetQuantity() == nil || proto.Equal(t.GetQuantity(), e.GetQuantity())) &&
				(t.GetValue() == nil || proto.Equal(t.GetValue(), e.GetValue()))
		})
		if !same {
			return fault.Errorf(fault.Conflict, "declaration %s is on record with another quantity or value moved of item %d", d.GetId(), t.GetItem())
		}
	}
	return nil
}
