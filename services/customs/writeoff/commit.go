package writeoff

import (
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Movement is an item as declared, and what really moved of it.
type Movement struct {
	Item     *customsv1.Item
	Quantity *transferv1.Quantity
	Value    *transferv1.Money
}

// Commit checks what moved under one declaration, whose own entries must have been left out of the account. No line may
// come out used above what is authorized; and where more moved than was declared, what other declarations have
// reserved must stay covered as well. Refusals carry the codes that Reserve's do.
func (a *Account) Commit(movements []Movement) error {
	declared, moved := make(map[*line]amounts), make(map[*line]amounts)
	for _, m := range movements {
		_, before, err := a.measure(m.Item.GetNumber(), m.Item.GetLicenceLine(), m.Item.GetQuantity(), m.Item.GetValue())
		if err != nil {
			return err
		}
		l, after, err := a.measure(m.Item.GetNumber(), m.Item.GetLicenceLine(), m.Quantity, m.Value)
		if err != nil {
			return err
		}
		declared[l] = declared[l].plus(before)
		moved[l] = moved[l].plus(after)
	}
	for _, l := range a.lines {
		if _, touched := moved[l]; !touched {
			continue
		}
		taken := l.used
		if moved[l].quantity > declared[l].quantity {
			taken.quantity = plus(taken.quantity, l.reserved.quantity)
		}
		if moved[l].value > declared[l].value {
			taken.value = plus(taken.value, l.reserved.value)
		}
		if err := a.within(l, taken, moved[l]); err != nil {
			return err
		}
	}
	return nil
}
