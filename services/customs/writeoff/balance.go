package writeoff

import (
	"fmt"
	"math"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Balance says, line by line, what a licence authorizes and what of it is reserved and used. The three are absent
// together where a line sets no limit. It refuses with DX01 when the licence is not on record here.
func Balance(view ledger.View, licenceID string) (*customsv1.BalanceResponse, error) {
	licence, err := view.Licence(licenceID)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read licence %s: %w", licenceID, err)
	case licence == nil:
		return nil, fault.Coded(fault.NotFound, "DX01", "licence %s is not on record here", licenceID)
	}
	account, err := Read(view, licence, "")
	if err != nil {
		return nil, err
	}
	res := &customsv1.BalanceResponse{}
	for _, l := range account.lines {
		if max(l.reserved.quantity, l.used.quantity, l.reserved.value, l.used.value) > math.MaxInt64 {
			return nil, fmt.Errorf("balance of line %d of licence %s: sum of the write-offs is out of range", l.GetNumber(), licenceID)
		}
		b := &customsv1.LineBalance{LicenceLine: l.GetNumber()}
		if q := l.GetQuantity(); q != nil {
			b.Authorized = q
			b.Reserved = &transferv1.Quantity{Thousandths: int64(l.reserved.quantity), Unit: q.GetUnit()}
			b.Used = &transferv1.Quantity{Thousandths: int64(l.used.quantity), Unit: q.GetUnit()}
		}
		if v := l.GetValue(); v != nil {
			b.AuthorizedValue = v
			b.ReservedValue = &transferv1.Money{Minor: int64(l.reserved.value), Currency: v.GetCurrency()}
			b.UsedValue = &transferv1.Money{Minor: int64(l.used.value), Currency: v.GetCurrency()}
		}
		res.Lines = append(res.Lines, b)
	}
	return res, nil
}
