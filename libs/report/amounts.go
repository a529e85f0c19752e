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

// StatedBy is what a figure of a return comes to. More lines than amounts can hold are as many as they can.
func StatedBy(f *reportingv1.Figure) *reportingv1.Amounts {
	a := amountsOf(int64(min(f.GetLines(), math.MaxInt64)), 0, f.GetQuantity(), nil)
	if f.GetCurrency() != "" {
		a.Values = []*reportingv1.CurrencySum{{Currency: f.GetCurrency(), Minor: f.GetValue()}}
	}
	return a
}

// sum is amounts that grow, and shrink.
type sum struct {
	lines, licences    int64
	quantities, values map[string]part
}

// part is a sum in one unit or currency, and of how many amounts, so that a unit which nothing is stated in any more is gone.
type part struct{ n, of int64 }

// add adds what a fact adds, or where times is -1 takes it away.
func (s *sum) add(f *fact, times int64) error {
	if f.more != nil {
		return s.addAmounts(f.more, times)
	}
	if err := s.count(f.lines, f.licences, times); err != nil {
		return err
	}
	if f.unit != "" {
		if err := addTo(&s.quantities, f.unit, f.thousandths, times); err != nil {
			return err
		}
	}
	if f.currency == "" {
		return nil
	}
	return addTo(&s.values, f.currency, f.minor, times)
}

func (s *sum) count(lines, licences, times int64) (err error) {
	if s.lines, err = plus(s.lines, lines, times, "lines"); err == nil {
		s.licences, err = plus(s.licences, licences, times, "licences")
	}
	return err
}

func (s *sum) addAmounts(a *reportingv1.Amounts, times int64) error {
	if err := s.count(a.GetLines(), a.GetLicences(), times); err != nil {
		return err
	}
	for _, q := range a.GetQuantities() {
		if err := addTo(&s.quantities, q.GetUnit(), q.GetThousandths(), times); err != nil {
			return err
		}
	}
	for _, v := range a.GetValues() {
		if err := addTo(&s.values, v.GetCurrency(), v.GetMinor(), times); err != nil {
			return err
		}
	}
	return nil
}

func addTo(m *map[string]part, key string, n, times int64) (err error) {
	if *m == nil {
		*m = map[string]part{}
	}
	so := (*m)[key]
	if so.n, err = plus(so.n, n, times, key); err != nil {
		return err
	}
	if so.of += times; so.of == 0 {
		delete(*m, key)
		return nil
	}
	(*m)[key] = so
	return nil
}

// plus adds more, or where times is -1 takes it away. It is refused where that is beyond 64 bits.
func plus(so, more, times int64, what string) (int64, error) {
	n, fits := added(so, more, times)
	if !fits {
		return 0, fault.Errorf(fault.Precondition, "amounts in %s add up to more than a figure can state", what)
	}
	return n, nil
}

// added is so and more, or where times is -1 so without it; where 64 bits do not hold that, the most or least that they do.
func added(so, more, times int64) (n int64, fits bool) {
	n = so + times*more
	switch grows := (times > 0) == (more > 0); {
	case more == 0:
		return so, true
	case grows && n <= so:
		return math.MaxInt64, false
	case !grows && n >= so:
		return math.MinInt64, false
	}
	return n, true
}

func (s *sum) amounts() *reportingv1.Amounts {
	a := &reportingv1.Amounts{Lines: s.lines, Licences: s.licences}
	for _, unit := range sortedKeys(s.quantities) {
		a.Quantities = append(a.Quantities, &reportingv1.UnitSum{Unit: unit, Thousandths: s.quantities[unit].n})
	}
	for _, currency := range sortedKeys(s.values) {
		a.Values = append(a.Values, &reportingv1.CurrencySum{Currency: currency, Minor: s.values[currency].n})
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

// Minus returns what a has beyond b; units and currencies that come to nothing are left out. Where a difference is beyond 64 bits it
// is the most, or least, that they hold.
func Minus(a, b *reportingv1.Amounts) *reportingv1.Amounts {
	quantities, values := map[string]int64{}, map[string]int64{}
	for i, of := range []*reportingv1.Amounts{a, b} {
		times := 1 - 2*int64(i)
		for _, q := range of.GetQuantities() {
			quantities[q.GetUnit()], _ = added(quantities[q.GetUnit()], q.GetThousandths(), times)
		}
		for _, v := range of.GetValues() {
			values[v.GetCurrency()], _ = added(values[v.GetCurrency()], v.GetMinor(), times)
		}
	}
	d := &reportingv1.Amounts{}
	d.Lines, _ = added(a.GetLines(), b.GetLines(), -1)
	d.Licences, _ = added(a.GetLicences(), b.GetLicences(), -1)
	for _, unit := range sortedKeys(quantities) {
		if quantities[unit] != 0 {
			d.Quantities = append(d.Quantities, &reportingv1.UnitSum{Unit: unit, Thousandths: quantities[unit]})
		}
	}
	for _, currency := range sortedKeys(values) {
		if values[currency] != 0 {
			d.Values = append(d.Values, &reportingv1.CurrencySum{Currency: currency, Minor: values[currency]})
		}
	}
	return d
}

// IsZero reports whether amounts come to nothing.
func IsZero(a *reportingv1.Amounts) bool {
	if a.GetLines() != 0 || a.GetLicences() != 0 {
		return false
	}
	return !slices.ContainsFunc(a.GetQuantities(), func(q *reportingv1.UnitSum) bool { return q.GetThousandths() != 0 }) &&
		!slices.ContainsFunc(a.GetValues(), func(v *reportingv1.CurrencySum) bool { return v.GetMinor() != 0 })
}

// ComesToNothing reports whether amounts are stated and every one of them is 0, as those of a row that a return says is none.
func ComesToNothing(a *reportingv1.Amounts) bool {
	return !empty(a) && IsZero(&reportingv1.Amounts{Quantities: a.GetQuantities(), Values: a.GetValues()})
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
