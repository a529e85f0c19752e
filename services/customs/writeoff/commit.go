package writeoff

import (
	"google.golang.org/protobuf/proto"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Movement is an item as declared, and what really moved of it.
type Movement struct {
	Item     *customsv1.Item
	Quantity *transferv1.Quantity
	Value    *transferv1.Money
}

// Commit writes off what moved under one declaration, whose own entries must have been left out of the account, and returns an
// entry for each item, which takes the place of its reservation (W2). No line may come out used above what is authorized, with
// the tolerance; and where more moved than was declared, what others have reserved or been lent must stay covered as well.
// Refusals carry the codes that Reserve's do. The facts belong beside the declaration's row.
func (a *Account) Commit(declaration string, version uint32, movements []Movement) ([]proto.Message, error) {
	declared, moved := make(map[*line]amounts), make(map[*line]amounts)
	var facts []proto.Message
	for _, m := range movements {
		_, before, _, err := a.measure(m.Item.GetNumber(), m.Item.GetLicenceLine(), m.Item.GetQuantity(), m.Item.GetValue())
		if err != nil {
			return nil, err
		}
		l, after, quantity, err := a.measure(m.Item.GetNumber(), m.Item.GetLicenceLine(), m.Quantity, m.Value)
		if err != nil {
			return nil, err
		}
		declared[l] = declared[l].plus(before)
		moved[l] = moved[l].plus(after)
		facts = append(facts, &customsv1.LicenceQuantityCommitted{
			DeclarationId: declaration, Item: m.Item.GetNumber(), LicenceId: a.licence, LicenceLine: m.Item.GetLicenceLine(),
			Quantity: quantity, Value: m.Value, Version: version,
		})
	}
	for _, l := range a.lines {
		if err := a.committed(l, declared[l], moved[l]); err != nil {
			return nil, err
		}
	}
	return facts, nil
}

// committed refuses what moved of a line when it is too much.
func (a *Account) committed(l *line, declared, moved amounts) error {
	own := l.party(a.agency)
	_, others := a.limits(l)
	taken, all := own.used, own.taken().plus(others)
	more := moved.quantity > declared.quantity || moved.value > declared.value
	if more && a.uncounted != nil {
		return a.uncounted
	}
	if moved.quantity > declared.quantity {
		taken.quantity = all.quantity
	}
	if moved.value > declared.value {
		taken.value = all.value
	}
	return a.within(l, taken, moved)
}
