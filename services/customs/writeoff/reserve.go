package writeoff

import customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"

// Reserve takes what an item declares from what is left on its line, or refuses: DX01 when the licence has no such
// line, DX03 when the quantity is above what is left, DX04 when the value is, DX05 when it is stated in another unit or
// currency than the line is limited in, or not at all.
func (a *Account) Reserve(item *customsv1.Item) error {
	l, declared, err := a.measure(item.GetNumber(), item.GetLicenceLine(), item.GetQuantity(), item.GetValue())
	if err != nil {
		return err
	}
	if err := a.within(l, l.used.plus(l.reserved), declared); err != nil {
		return err
	}
	l.reserved = l.reserved.plus(declared)
	return nil
}
