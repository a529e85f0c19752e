package report

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/counterfoil/counterfoil/libs/fault"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

func amountsOf(lines, licences int64, q *transferv1.Quantity, m *transferv1.Money) *reportingv1.Amounts {
	a := &reportingv1.Amounts{Lines: lines, Licences: licences}
	if q != nil {
		a.Quantities = []*reportingv1.UnitSum{{Unit: q.GetUnit(), Thousandths: q.GetThousandths()}}
	}
	if m != nil {
		a.Values = []*reportingv1.CurrencySum{{Currency: m.GetCurrency(), Minor: m.GetMinor()}}
	}
	return a
}

// StatedBy is what a figure of a return comes to.
func StatedBy(f *reportingv1.Figure) *reportingv1.Amounts {
	a := amountsOf(int64(f.GetLines()), 0, f.GetQuantity(), nil)
	if f.GetCurrency() != "" {
		a.Values = []*reportingv1.CurrencySum{{Currency: f.GetCurrency(), Minor: f.GetValue()}}
	}
	return a
}

// sum is amounts that grow, and shrink.
type sum struct {
	lines, licences    int64
	quantities, values map[string]int64
}

// add adds what a fact adds, some times over: -1 takes it away.
func (s *sum) add(f *fact, times int64) error {
	if f.more != nil {
		return s.addAmounts(f.more, times)
	}
	s.lines += times * f.lines
	s.licences += times * f.licences
	if f.unit != "" {
		if err := addTo(&s.quantities, f.unit, times*f.thousandths); err != nil {
			return err
		}
	}
	if f.currency == "" {
		return nil
	}
	return addTo(&s.values, f.currency, times*f.minor)
}

func (s *sum) addAmounts(a *reportingv1.Amounts, times int64) error {
	s.lines += times * a.GetLines()
	s.licences += times * a.GetLicences()
	for _, q := range a.GetQuantities() {
		if err := addTo(&s.quantities, q.GetUnit(), times*q.GetThousandths()); err != nil {
			return err
		}
	}
	for _, v := range a.GetValues() {
		if err := addTo(&s.values, v.GetCurrency(), times*v.GetMinor()); err != nil {
			return err
		}
	}
	return nil
}

func addTo(m *map[string]int64, key string, more int64) error {
	if *m == nil {
		*m = map[string]int64{}
	}
	so := (*m)[key]
	if more > 0 && so > math.MaxInt64-more || more < 0 && so < math.MinInt64-more {
		return fault.Errorf(fault.Precondition, "amounts in %s add up to more than a figure can state", key)
	}
	(*m)[key] = so + more
	return nil
}

func (s *sum) amounts() *reportingv1.Amounts {
	a := &reportingv1.Amounts{Lines: s.lines, Licences: s.licences}
	for _, unit := range sortedKeys(s.quantities) {
		a.Quantities = append(a.Quantities, &reportingv1.UnitSum{Unit: unit, Thousandths: s.quantities[unit]})
	}
	for _, currency := range sortedKeys(s.values) {
		a.Values = append(a.Values, &reportingv1.CurrencySum{Currency: currency, Minor: s.values[currency]})
	}
	return a
}

// Total adds amounts up. It is refused where a sum is beyond 64 bits.
func Total(of ...*reportingv1.Amounts) (*reportingv1.Amounts, error) {
	var s sum
	for _, a := range of {
		if err := s.addAmounts(a, 1); err != nil {
			return nil, err
		}
	}
	return s.amounts(), nil
}

// Minus returns what a has beyond b; units and currencies that come to nothing are left out.
func Minus(a, b *reportingv1.Amounts) *reportingv1.Amounts {
	var s sum
	_, _ = s.addAmounts(a, 1), s.addAmounts(b, -1) // both are at most what 64 bits hold, and of the same sign or none
	drop := func(_ string, n int64) bool { return n == 0 }
	maps.DeleteFunc(s.quantities, drop)
	maps.DeleteFunc(s.values, drop)
	return s.amounts()
}

// IsZero reports whether amounts come to nothing.
func IsZero(a *reportingv1.Amounts) bool {
	if a.GetLines() != 0 || a.GetLicences() != 0 {
		return false
	}
	return !slices.ContainsFunc(a.GetQuantities(), func(q *reportingv1.UnitSum) bool { return q.GetThousandths() != 0 }) &&
		!slices.ContainsFunc(a.GetValues(), func(v *reportingv1.CurrencySum) bool { return v.GetMinor() != 0 })
}

// Items are the pieces in amounts, in thousandths, and whether they state any.
func Items(a *reportingv1.Amounts) (thousandths int64, stated bool) {
	for _, q := range a.GetQuantities() {
		if q.GetUnit() == pieces {
			return q.GetThousandths(), true
		}
	}
	return 0, false
}
