package writeoff

import (
	"fmt"
	"slices"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Account is a licence's lines with what stands written off against each. It is good for one decision.
type Account struct {
	licence string
	lines   []*line
}

// line is one licence line and the sums of its entries.
type line struct {
	*transferv1.Line
	reserved, used amounts
}

// Read adds up the entries on record against a licence, those of one declaration left out (none, when except is
// empty). It refuses with DX05 when an entry is not in the unit or currency that its line is limited in now: no sum
// can be drawn then.
func Read(view ledger.View, licence *ledgerv1.Licence, except string) (*Account, error) {
	a := &Account{licence: licence.GetId()}
	for _, l := range licence.GetDeal().GetLines() {
		a.lines = append(a.lines, &line{Line: l})
	}
	entries, err := view.WriteOffsWith("licence", licence.GetId())
	if err != nil {
		return nil, fmt.Errorf("read write-offs on licence %s: %w", licence.GetId(), err)
	}
	for _, e := range standing(entries) {
		if e.GetDeclarationId() == except {
			continue
		}
		if err := a.enter(e); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// standing returns the entry that stands for each declaration item: its reservation, unless a commitment has taken its
// place; none once it was released.
func standing(entries []*ledgerv1.WriteOff) []*ledgerv1.WriteOff {
	type item struct {
		declaration string
		number      uint32
	}
	ended := make(map[item]bool)
	for _, e := range entries {
		if e.GetEffect() != ledgerv1.Effect_EFFECT_RESERVED {
			ended[item{e.GetDeclarationId(), e.GetItem()}] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(entries), func(e *ledgerv1.WriteOff) bool {
		switch e.GetEffect() {
		case ledgerv1.Effect_EFFECT_RESERVED:
			return ended[item{e.GetDeclarationId(), e.GetItem()}]
		case ledgerv1.Effect_EFFECT_COMMITTED:
			return false
		default:
			return true
		}
	})
}

// enter adds an entry on record to its line.
func (a *Account) enter(e *ledgerv1.WriteOff) error {
	l, entry, err := a.measure(e.GetItem(), e.GetLicenceLine(), e.GetQuantity(), e.GetValue())
	if err != nil {
		return fault.Coded(fault.Precondition, "DX05", "what declaration %s wrote off cannot be counted against line %d of licence %s as it stands now; have the licence amended back to the line's units",
			e.GetDeclarationId(), e.GetLicenceLine(), a.licence)
	}
	if e.GetEffect() == ledgerv1.Effect_EFFECT_COMMITTED {
		l.used = l.used.plus(entry)
	} else {
		l.reserved = l.reserved.plus(entry)
	}
	return nil
}

// measure finds the licence line that an item names, and the item's quantity and value in the units of the line's
// limits.
func (a *Account) measure(item, number uint32, q *transferv1.Quantity, v *transferv1.Money) (*line, amounts, error) {
	var m amounts
	i := slices.IndexFunc(a.lines, func(l *line) bool { return l.GetNumber() == number })
	if i < 0 {
		return nil, m, fault.Coded(fault.NotFound, "DX01", "item %d is declared against line %d, which licence %s does not have", item, number, a.licence)
	}
	l := a.lines[i]
	if limit := l.GetQuantity(); limit != nil {
		switch {
		case q == nil || q.GetUnit() != limit.GetUnit():
			return nil, m, fault.Coded(fault.Invalid, "DX05", "line %d of licence %s is limited in %s; state the quantity of item %d in that unit", number, a.licence, limit.GetUnit(), item)
		case q.GetThousandths() < 0:
			return nil, m, fault.Errorf(fault.Invalid, "the quantity of item %d is below 0", item)
		}
		m.quantity = uint64(q.GetThousandths())
	}
	if limit := l.GetValue(); limit != nil {
		switch {
		case v == nil || v.GetCurrency() != limit.GetCurrency():
			return nil, m, fault.Coded(fault.Invalid, "DX05", "line %d of licence %s is limited in %s; state the value of item %d in that currency", number, a.licence, limit.GetCurrency(), item)
		case v.GetMinor() < 0:
			return nil, m, fault.Errorf(fault.Invalid, "the value of item %d is below 0", item)
		}
		m.value = uint64(v.GetMinor())
	}
	return l, m, nil
}

// within refuses to bring what is asked on top of what is taken when the sum is above the line's limits.
func (a *Account) within(l *line, taken, asked amounts) error {
	limit, sum := limits(l.Line), taken.plus(asked)
	if q := l.GetQuantity(); q != nil && sum.quantity > limit.quantity {
		return fault.Coded(fault.Precondition, "DX03", "%s is above what is left on line %d of licence %s: %s of %s",
			units(asked.quantity, q.GetUnit()), l.GetNumber(), a.licence, units(left(limit.quantity, taken.quantity), q.GetUnit()), units(limit.quantity, q.GetUnit()))
	}
	if v := l.GetValue(); v != nil && sum.value > limit.value {
		return fault.Coded(fault.Precondition, "DX04", "a value of %d minor units of %s is above what is left on line %d of licence %s: %d of %d",
			asked.value, v.GetCurrency(), l.GetNumber(), a.licence, left(limit.value, taken.value), limit.value)
	}
	return nil
}
