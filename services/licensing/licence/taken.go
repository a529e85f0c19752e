package licence

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// taken is what customs has reserved and used of one licence line: thousandths by unit, minor units by currency.
type taken struct {
	quantity, value map[string]int64
}

// takenFrom adds up customs' entries against a licence, by line. The entries of one declaration item end in one
// amount: what was reserved, unless it was committed, which replaces it, or released, which leaves nothing.
func takenFrom(view ledger.View, licenceID string) (map[uint32]*taken, error) {
	entries, err := view.WriteOffsWith("licence", licenceID)
	if err != nil {
		return nil, fmt.Errorf("read write-offs on licence %s: %w", licenceID, err)
	}
	type item struct {
		declaration string
		number      uint32
	}
	standing := make(map[item]*ledgerv1.WriteOff)
	for _, e := range entries {
		k := item{e.GetDeclarationId(), e.GetItem()}
		if was := standing[k]; was == nil || was.GetEffect() == ledgerv1.Effect_EFFECT_RESERVED {
			standing[k] = e
		}
	}
	lines := make(map[uint32]*taken)
	for _, e := range standing {
		if e.GetEffect() == ledgerv1.Effect_EFFECT_RELEASED {
			continue
		}
		t := lines[e.GetLicenceLine()]
		if t == nil {
			t = &taken{quantity: make(map[string]int64), value: make(map[string]int64)}
			lines[e.GetLicenceLine()] = t
		}
		if q := e.GetQuantity(); q != nil {
			t.quantity[q.GetUnit()] = plus(t.quantity[q.GetUnit()], q.GetThousandths())
		}
		if v := e.GetValue(); v != nil {
			t.value[v.GetCurrency()] = plus(t.value[v.GetCurrency()], v.GetMinor())
		}
	}
	return lines, nil
}

// plus adds two amounts that are not negative, and stays at the largest when the sum is beyond it.
func plus(a, b int64) int64 {
	if b > math.MaxInt64-a {
		return math.MaxInt64
	}
	return a + b
}

// allow refuses to replace a line that goods were written off against by one that they do not fit.
func (t *taken) allow(licenceID string, now, next *transferv1.Line) error {
	n := now.GetNumber()
	if next.GetRating() != now.GetRating() {
		return fault.Errorf(fault.Precondition, "goods rated %s were written off against line %d of licence %s; add a line for %s instead", now.GetRating(), n, licenceID, next.GetRating())
	}
	if limit := next.GetQuantity(); limit != nil {
		for _, unit := range slices.Sorted(maps.Keys(t.quantity)) {
			switch q := t.quantity[unit]; {
			case unit != limit.GetUnit():
				return fault.Errorf(fault.Precondition, "line %d of licence %s is written off in %s and cannot be limited in %s", n, licenceID, unit, limit.GetUnit())
			case limit.GetThousandths() < q:
				return fault.Errorf(fault.Precondition, "line %d of licence %s cannot be lowered to %s: customs has %s reserved or used", n, licenceID, units(limit.GetThousandths(), unit), units(q, unit))
			}
		}
	}
	if limit := next.GetValue(); limit != nil {
		for _, currency := range slices.Sorted(maps.Keys(t.value)) {
			switch v := t.value[currency]; {
			case currency != limit.GetCurrency():
				return fault.Errorf(fault.Precondition, "line %d of licence %s is written off in %s and cannot be limited in %s", n, licenceID, currency, limit.GetCurrency())
			case limit.GetMinor() < v:
				return fault.Errorf(fault.Precondition, "line %d of licence %s cannot be lowered to %d minor units of %s: customs has %d reserved or used", n, licenceID, limit.GetMinor(), currency, v)
			}
		}
	}
	return nil
}

// units is a quantity as sentences say it: "12.5 KGM".
func units(thousandths int64, unit string) string {
	whole := strconv.FormatInt(thousandths/1000, 10)
	if rest := thousandths % 1000; rest != 0 {
		whole += "." + strings.TrimRight(fmt.Sprintf("%03d", rest), "0")
	}
	return whole + " " + unit
}
