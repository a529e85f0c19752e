package writeoff

import customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"

// Reserve takes what an item of a declaration's version declares from what this agency has left of its line, and returns the
// entry, in the line's unit. It refuses: DX01 when the licence has no such line, DX03 when the quantity is above what is left,
// DX04 when the value is, DX05 when it is stated in a unit or currency that does not convert into the line's, or not at all, and
// DX13 when several agencies would count the licence.
func (a *Account) Reserve(declaration string, version uint32, item *customsv1.Item) (*customsv1.LicenceQuantityReserved, error) {
	if a.uncounted != nil {
		return nil, a.uncounted
	}
	l, declared, quantity, err := a.measure(item.GetNumber(), item.GetLicenceLine(), item.GetQuantity(), item.GetValue())
	if err != nil {
		return nil, err
	}
	_, others := a.limits(l)
	own := l.party(a.agency)
	if err := a.within(l, own.taken().plus(others), declared); err != nil {
		return nil, err
	}
	own.reserved = own.reserved.plus(declared)
	return &customsv1.LicenceQuantityReserved{
		DeclarationId: declaration, Item: item.GetNumber(), LicenceId: a.licence, LicenceLine: item.GetLicenceLine(),
		Quantity: quantity, Value: item.GetValue(), Version: version,
	}, nil
}
