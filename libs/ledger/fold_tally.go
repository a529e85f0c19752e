package ledger

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// part is a quantity or a value: so many thousandths of a unit, or minor units of a currency.
type part struct {
	amount int64
	unit   string
}

// of is what an entry says of its quantity and its value; one that it does not state counts as one entry of no unit.
func of(q *transferv1.Quantity, v *transferv1.Money) (quantity, value part) {
	quantity, value = part{1, ""}, part{1, ""}
	if q != nil {
		quantity = part{q.Thousandths, q.Unit}
	}
	if v != nil {
		value = part{v.Minor, v.Currency}
	}
	return quantity, value
}

func (p part) times(sign int64) part { return part{sign * p.amount, p.unit} }

// tallyEntry adds what an entry does to the tally of its licence line. Of a declaration item's version, a commitment takes the
// place of the reservation and a release ends it, whichever of them comes first.
func (f *folding) tallyEntry(r *ledgerv1.WriteOff) error {
	quantity, value := of(r.Quantity, r.Value)
	switch r.Effect {
	case ledgerv1.Effect_EFFECT_RESERVED:
		ended, err := f.anyEntry(r, ledgerv1.Effect_EFFECT_COMMITTED, ledgerv1.Effect_EFFECT_RELEASED)
		if ended != nil || err != nil {
			return err
		}
		return f.tally(r.LicenceId, r.LicenceLine, reservedOf, quantity, value)
	case ledgerv1.Effect_EFFECT_COMMITTED:
		if err := f.tally(r.LicenceId, r.LicenceLine, usedOf, quantity, value); err != nil {
			return err
		}
		released, err := f.anyEntry(r, ledgerv1.Effect_EFFECT_RELEASED)
		if released != nil || err != nil {
			return err
		}
		return f.endReserved(r)
	case ledgerv1.Effect_EFFECT_RELEASED:
		committed, err := f.anyEntry(r, ledgerv1.Effect_EFFECT_COMMITTED)
		if committed != nil || err != nil {
			return err
		}
		return f.endReserved(r)
	case ledgerv1.Effect_EFFECT_CORRECTED:
		c := r.Change
		return f.tally(r.LicenceId, r.LicenceLine, usedOf, part{c.GetThousandths(), c.GetUnit()}, part{c.GetMinor(), c.GetCurrency()})
	case ledgerv1.Effect_EFFECT_RESTORED:
		back := stated(r.Quantity, r.Value)
		return f.tally(r.LicenceId, r.LicenceLine, usedOf, back[0].times(-1), back[1].times(-1))
	}
	return nil
}

// endReserved takes the reservation of an entry's item and version off its line.
func (f *folding) endReserved(r *ledgerv1.WriteOff) error {
	reserved, err := f.anyEntry(r, ledgerv1.Effect_EFFECT_RESERVED)
	if reserved == nil || err != nil {
		return err
	}
	quantity, value := of(reserved.Quantity, reserved.Value)
	return f.tally(reserved.LicenceId, reserved.LicenceLine, reservedOf, quantity.times(-1), value.times(-1))
}

// anyEntry is an entry of the same item and version with one of some effects; nil when there is none.
func (f *folding) anyEntry(r *ledgerv1.WriteOff, effects ...ledgerv1.Effect) (*ledgerv1.WriteOff, error) {
	for _, e := range effects {
		found, _, err := f.tx.peek(writeOffs.table, writeOffID(r.DeclarationId, r.Item, e, r.Version))
		if found != nil || err != nil {
			entry, _ := found.(*ledgerv1.WriteOff)
			return entry, err
		}
	}
	return nil, nil
}

// tallyGiven adds what a post was given.
func (f *folding) tallyGiven(e *customsv1.AllowanceGiven) error {
	return f.tally(e.LicenceId, e.LicenceLine, func(s *ledgerv1.Sum) *int64 {
		for _, g := range s.Given {
			if g.Post == e.Post {
				return &g.Amount
			}
		}
		g := &ledgerv1.Given{Post: e.Post}
		s.Given = append(s.Given, g)
		slices.SortFunc(s.Given, func(a, b *ledgerv1.Given) int { return strings.Compare(a.Post, b.Post) })
		return &g.Amount
	}, stated(e.Quantity, e.Value)...)
}

// tallyReturned adds what a post gave back.
func (f *folding) tallyReturned(e *customsv1.AllowanceReturned) error {
	return f.tally(e.LicenceId, e.LicenceLine, func(s *ledgerv1.Sum) *int64 { return &s.Returned }, stated(e.Quantity, e.Value)...)
}

// stated is of, but what is not stated is nothing.
func stated(q *transferv1.Quantity, v *transferv1.Money) []part {
	return []part{{q.GetThousandths(), q.GetUnit()}, {v.GetMinor(), v.GetCurrency()}}
}

func reservedOf(s *ledgerv1.Sum) *int64 { return &s.Reserved }
func usedOf(s *ledgerv1.Sum) *int64     { return &s.Used }

// tally adds a quantity and a value to one of the sums of this journal's tally of a licence line.
func (f *folding) tally(licence string, line uint32, of func(*ledgerv1.Sum) *int64, parts ...part) error {
	id := f.journal + "/" + licence + "#" + strconv.FormatUint(uint64(line), 10)
	r := &ledgerv1.Tally{Id: id, Journal: f.journal, Events: []uint64{f.number}, LicenceId: licence, LicenceLine: line, Agency: f.id.Agency}
	before, _, err := f.tx.peek(tallies.table, id)
	if err != nil {
		return err
	}
	if before != nil {
		r = proto.CloneOf(before.(*ledgerv1.Tally))
		r.Events[0] = max(r.Events[0], f.number)
	}
	for i, sums := range []*[]*ledgerv1.Sum{&r.Quantities, &r.Values} {
		p := parts[i]
		if p.amount == 0 {
			continue
		}
		sum := of(sumIn(sums, p.unit))
		if p.amount > 0 && *sum > math.MaxInt64-p.amount || p.amount < 0 && *sum < math.MinInt64-p.amount {
			return f.refuse("line %d of %s has more written off than can be counted", line, licence)
		}
		*sum += p.amount
		*sums = slices.DeleteFunc(*sums, isNothing)
	}
	return f.tx.write(tallies.table, id, r, false)
}

// isNothing reports whether a sum has come to nothing: it is the same as none, however it came about.
func isNothing(s *ledgerv1.Sum) bool {
	return s.Reserved == 0 && s.Used == 0 && s.Returned == 0 && len(s.Given) == 0
}

// sumIn is the sum of a unit or currency, a new one where there is none. Sums are kept by unit.
func sumIn(sums *[]*ledgerv1.Sum, unit string) *ledgerv1.Sum {
	i, found := slices.BinarySearchFunc(*sums, unit, func(s *ledgerv1.Sum, unit string) int { return strings.Compare(s.Unit, unit) })
	if !found {
		*sums = slices.Insert(*sums, i, &ledgerv1.Sum{Unit: unit})
	}
	return (*sums)[i]
}
