package declaration

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// commit returns the fact that goods moved, and for each item what is used of the licence by it.
func commit(view ledger.View, d *ledgerv1.Declaration, moved proto.Message, told []*customsv1.Moved) ([]proto.Message, error) {
	movements, err := movementsOf(d, told)
	if err != nil {
		return nil, err
	}
	licenceID := d.GetAccepted().GetLicenceId()
	licence, err := view.Licence(licenceID)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read licence %s: %w", licenceID, err)
	case licence == nil:
		return nil, fault.Coded(fault.NotFound, "DX01", "licence %s of declaration %s is not on record here", licenceID, d.GetId())
	}
	account, err := writeoff.Read(view, licence, d.GetId())
	if err != nil {
		return nil, err
	}
	entries, err := account.Commit(d.GetId(), d.GetVersion(), movements)
	if err != nil {
		return nil, err
	}
	return append([]proto.Message{moved}, entries...), nil
}

// movementsOf returns the items of a declaration with what was told of each; an item, quantity or value that nothing
// was told of moved as declared.
func movementsOf(d *ledgerv1.Declaration, told []*customsv1.Moved) ([]writeoff.Movement, error) {
	var movements []writeoff.Movement
	for _, item := range d.GetAccepted().GetItems() {
		movements = append(movements, writeoff.Movement{Item: item, Quantity: item.GetQuantity(), Value: item.GetValue()})
	}
	seen := make(map[uint32]bool)
	for _, t := range told {
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
func committedAs(view ledger.View, d *ledgerv1.Declaration, told []*customsv1.Moved) error {
	entries, err := view.WriteOffsWith("declaration", d.GetId())
	if err != nil {
		return fmt.Errorf("read write-offs of declaration %s: %w", d.GetId(), err)
	}
	for _, t := range told {
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
