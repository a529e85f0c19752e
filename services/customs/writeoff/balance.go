package writeoff

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Balance says, line by line, what a licence authorizes, what of it is reserved, used and lent, by which agency, and what is
// left: for all, and for this agency to write off by itself. What it knows of others is what they told so far. Figures are
// absent together where a line sets no limit. It refuses with DX01 when the licence is not on record here.
func Balance(view ledger.View, licenceID string) (*customsv1.BalanceResponse, error) {
	licence, err := known(view, licenceID)
	if err != nil {
		return nil, err
	}
	account, err := Read(view, licence, "")
	if err != nil {
		return nil, err
	}
	self, err := view.AgencyRow(view.Agency())
	if err != nil {
		return nil, fmt.Errorf("read agency %s: %w", view.Agency(), err)
	}
	res := &customsv1.BalanceResponse{Counter: account.counter}
	for _, l := range account.lines {
		b, err := account.balance(l, self.GetService() == "customs")
		if err != nil {
			return nil, err
		}
		res.Lines = append(res.Lines, b)
	}
	return res, nil
}

// known returns a licence, or refuses with DX01 where it is not on record.
func known(view ledger.View, id string) (*ledgerv1.Licence, error) {
	licence, err := view.Licence(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read licence %s: %w", id, err)
	case licence == nil:
		return nil, fault.Coded(fault.NotFound, "DX01", "licence %s is not on record here", id)
	}
	return licence, nil
}

// balance is what is known of a line.
func (a *Account) balance(l *line, here bool) (*customsv1.LineBalance, error) {
	var reserved, used, lent, all amounts
	b := &customsv1.LineBalance{LicenceLine: l.GetNumber(), Authorized: l.GetQuantity(), AuthorizedValue: l.GetValue()}
	for _, agency := range slices.Sorted(maps.Keys(l.parties)) {
		p := l.parties[agency]
		unused := amounts{}
		if agency != a.counter {
			unused = p.lent().less(p.taken())
		}
		reserved, used, lent = reserved.plus(p.reserved), used.plus(p.used), lent.plus(unused)
		all = all.plus(p.taken()).plus(unused)
		one := &customsv1.AgencyBalance{Agency: agency}
		one.Reserved, one.ReservedValue = l.in(p.reserved)
		one.Used, one.UsedValue = l.in(p.used)
		one.Lent, one.LentValue = l.in(unused)
		b.Agencies = append(b.Agencies, one)
	}
	if max(all.quantity, all.value) > math.MaxInt64 {
		return nil, fmt.Errorf("balance of line %d of licence %s: sum of the write-offs is out of range", l.GetNumber(), a.licence)
	}
	b.Tolerance, b.ToleranceValue = l.in(tolerance(l.Line))
	b.Reserved, b.ReservedValue = l.in(reserved)
	b.Used, b.UsedValue = l.in(used)
	b.Lent, b.LentValue = l.in(lent)
	b.Left, b.LeftValue = l.in(l.limit.less(all))
	if here {
		b.LeftHere, b.LeftHereValue = l.in(a.left(l))
	}
	b.Overdrawn = l.GetQuantity() != nil && all.quantity > l.limit.quantity || l.GetValue() != nil && all.value > l.limit.value
	return b, nil
}

// left is what this agency may still write off of a line.
func (a *Account) left(l *line) amounts {
	if a.uncounted != nil {
		return amounts{}
	}
	limit, others := a.limits(l)
	return limit.less(l.party(a.agency).taken().plus(others))
}

// in is a quantity and a value in the units of the line's limits; absent where it sets none.
func (l *line) in(m amounts) (q *transferv1.Quantity, v *transferv1.Money) {
	if limit := l.GetQuantity(); limit != nil {
		q = &transferv1.Quantity{Thousandths: int64(min(m.quantity, math.MaxInt64)), Unit: limit.GetUnit()}
	}
	if limit := l.GetValue(); limit != nil {
		v = &transferv1.Money{Minor: int64(min(m.value, math.MaxInt64)), Currency: limit.GetCurrency()}
	}
	return q, v
}

// Left is what this agency may still write off of a licence line: absent where the line sets no limit or is none of the licence.
func (a *Account) Left(number uint32) (*transferv1.Quantity, *transferv1.Money) {
	l := a.line(number)
	if l == nil {
		return nil, nil
	}
	return l.in(a.left(l))
}

// Counted is the agency that counts the licence, or the refusal that says why that cannot be told.
func (a *Account) Counted() (string, error) {
	return a.counter, a.uncounted
}
