package writeoff

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/refdata"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Account is a licence's lines with what stands against each, as an agency sees it. It is good for one decision.
type Account struct {
	licence string
	// agency is whose account it is, counter who counts the licence; empty where that cannot be said, and why.
	agency, counter string
	uncounted       error
	lines           []*line
}

// line is one licence line and what each agency has of it.
type line struct {
	*transferv1.Line
	// limit is what is authorized, with the tolerance.
	limit   amounts
	parties map[string]*party
}

// party is what one agency reserved, used, was given and gave back of a line.
type party struct {
	reserved, used, given, returned amounts
}

// taken is what a party has written off.
func (p *party) taken() amounts { return p.reserved.plus(p.used) }

// lent is what a party was given and has not given back.
func (p *party) lent() amounts { return p.given.less(p.returned) }

// Read adds up what is on record against a licence, the entries of one declaration left out (none, when except is empty). It
// refuses with DX05 when an entry is not in a unit or currency that converts into its line's: no sum can be drawn then.
func Read(view ledger.View, licence *ledgerv1.Licence, except string) (*Account, error) {
	a := &Account{licence: licence.GetId(), agency: view.Agency()}
	a.counter, a.uncounted = Counter(view, licence.GetId())
	if a.uncounted != nil && fault.As(a.uncounted) == nil {
		return nil, a.uncounted
	}
	for _, l := range licence.GetDeal().GetLines() {
		a.lines = append(a.lines, &line{Line: l, limit: authorized(l).plus(tolerance(l)), parties: map[string]*party{}})
	}
	tallies, err := view.TalliesWith("licence", licence.GetId())
	if err != nil {
		return nil, fmt.Errorf("read what is written off on licence %s: %w", licence.GetId(), err)
	}
	for _, t := range tallies {
		if err := a.enter(t); err != nil {
			return nil, err
		}
	}
	if except == "" {
		return a, nil
	}
	return a, a.leaveOut(view, except)
}

// enter adds what the entries of one journal come to.
func (a *Account) enter(t *ledgerv1.Tally) error {
	l := a.line(t.GetLicenceLine())
	if l == nil {
		if len(t.GetQuantities())+len(t.GetValues()) == 0 {
			return nil
		}
		return a.uncountable(t.GetAgency(), t.GetLicenceLine())
	}
	for _, s := range t.GetQuantities() {
		if l.GetQuantity() == nil {
			break
		}
		if !l.add(t.GetAgency(), s, l.GetQuantity().GetUnit(), refdata.Convert, func(m *amounts) *uint64 { return &m.quantity }) {
			return a.uncountable(t.GetAgency(), t.GetLicenceLine())
		}
	}
	for _, s := range t.GetValues() {
		if l.GetValue() == nil {
			break
		}
		if !l.add(t.GetAgency(), s, l.GetValue().GetCurrency(), sameCurrency, func(m *amounts) *uint64 { return &m.value }) {
			return a.uncountable(t.GetAgency(), t.GetLicenceLine())
		}
	}
	return nil
}

// sameCurrency converts no currency into another.
func sameCurrency(minor int64, from, to string) (int64, bool) { return minor, from == to }

func (a *Account) uncountable(agency string, line uint32) error {
	return fault.Coded(fault.Precondition, "DX05", "what %s wrote off cannot be counted against line %d of licence %s as it stands now; have the licence amended back to the line's units",
		agency, line, a.licence)
}

// add adds a sum of an agency's journal, converted, and reports whether it could be. What a journal says of itself is never
// below nothing, so that nobody makes room for others by taking back more than was there.
func (l *line) add(agency string, s *ledgerv1.Sum, unit string, convert func(int64, string, string) (int64, bool), part func(*amounts) *uint64) bool {
	put := func(of *amounts, amount int64) bool {
		converted, ok := convert(amount, s.GetUnit(), unit)
		*part(of) = plus(*part(of), uint64(max(0, converted)))
		return ok || amount == 0
	}
	p := l.party(agency)
	ok := put(&p.reserved, s.GetReserved()) && put(&p.used, s.GetUsed()) && put(&p.returned, s.GetReturned())
	for _, g := range s.GetGiven() {
		ok = ok && put(&l.party(g.GetPost()).given, g.GetAmount())
	}
	return ok
}

func (l *line) party(agency string) *party {
	if l.parties[agency] == nil {
		l.parties[agency] = &party{}
	}
	return l.parties[agency]
}

func (a *Account) line(number uint32) *line {
	i := slices.IndexFunc(a.lines, func(l *line) bool { return l.GetNumber() == number })
	if i < 0 {
		return nil
	}
	return a.lines[i]
}

// leaveOut takes the standing entries of a declaration of this agency off the account.
func (a *Account) leaveOut(view ledger.View, declaration string) error {
	entries, err := Standing(view, declaration)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.GetLicenceId() != a.licence {
			continue
		}
		l, m, _, err := a.measure(e.GetItem(), e.GetLicenceLine(), e.GetQuantity(), e.GetValue())
		if err != nil {
			return err
		}
		p := l.party(a.agency)
		if e.GetEffect() == ledgerv1.Effect_EFFECT_COMMITTED {
			p.used = p.used.less(m)
		} else {
			p.reserved = p.reserved.less(m)
		}
	}
	return nil
}

// counts reports whether this agency decides by the licence's own limits: it counts the licence, or would if it were alone.
func (a *Account) counts() bool {
	return a.counter == a.agency || a.counter == "" && fault.As(a.uncounted).Code == "DX13"
}

// limits is what this agency may take of a line, and what others have of that. A counter has the line, but for what was lent
// and what others wrote off; anybody else has what it was lent.
func (a *Account) limits(l *line) (limit, others amounts) {
	if !a.counts() {
		return l.limit.least(l.party(a.agency).lent()), amounts{}
	}
	for agency, p := range l.parties {
		if agency != a.agency {
			others = others.plus(p.lent().most(p.taken()))
		}
	}
	return l.limit, others
}

// measure finds the licence line that an item names, the item's quantity and value in the units of the line's limits, and the
// quantity as an entry has it.
func (a *Account) measure(item, number uint32, q *transferv1.Quantity, v *transferv1.Money) (*line, amounts, *transferv1.Quantity, error) {
	l := a.line(number)
	if l == nil {
		return nil, amounts{}, nil, fault.Coded(fault.NotFound, "DX01", "item %d is declared against line %d, which licence %s does not have", item, number, a.licence)
	}
	m, entry, err := l.measure(a.licence, fmt.Sprintf("of item %d", item), q, v)
	return l, m, entry, err
}

// measure converts a quantity and a value into the units of the line's limits; what says whose they are.
func (l *line) measure(licence, what string, q *transferv1.Quantity, v *transferv1.Money) (m amounts, entry *transferv1.Quantity, err error) {
	entry = q
	if limit := l.GetQuantity(); limit != nil {
		thousandths, ok := refdata.Convert(q.GetThousandths(), q.GetUnit(), limit.GetUnit())
		switch {
		case q == nil || !ok:
			return m, nil, fault.Coded(fault.Invalid, "DX05", "line %d of licence %s is limited in %s; state the quantity %s in that unit, or one that converts into it", l.GetNumber(), licence, limit.GetUnit(), what)
		case thousandths < 0:
			return m, nil, fault.Errorf(fault.Invalid, "the quantity %s is below 0", what)
		}
		m.quantity = uint64(thousandths)
		entry = &transferv1.Quantity{Thousandths: thousandths, Unit: limit.GetUnit()}
	} else if q.GetThousandths() < 0 {
		return m, nil, fault.Errorf(fault.Invalid, "the quantity %s is below 0", what)
	}
	if limit := l.GetValue(); limit != nil {
		if v == nil || v.GetCurrency() != limit.GetCurrency() {
			return m, nil, fault.Coded(fault.Invalid, "DX05", "line %d of licence %s is limited in %s; state the value %s in that currency", l.GetNumber(), licence, limit.GetCurrency(), what)
		}
		m.value = uint64(max(0, v.GetMinor()))
	}
	if v.GetMinor() < 0 {
		return m, nil, fault.Errorf(fault.Invalid, "the value %s is below 0", what)
	}
	return m, entry, nil
}

// within refuses to bring what is asked on top of what is taken when the sum is above what this agency may take.
func (a *Account) within(l *line, taken, asked amounts) error {
	limit, _ := a.limits(l)
	sum := taken.plus(asked)
	switch {
	case l.GetQuantity() != nil && asked.quantity > 0 && sum.quantity > limit.quantity:
		unit := l.GetQuantity().GetUnit()
		return fault.Coded(fault.Precondition, "DX03", "%s is above what %s: %s of %s%s",
			units(asked.quantity, unit), a.where(l), units(left(limit.quantity, taken.quantity), unit), units(limit.quantity, unit), a.ask(l))
	case l.GetValue() != nil && asked.value > 0 && sum.value > limit.value:
		return fault.Coded(fault.Precondition, "DX04", "a value of %d minor units of %s is above what %s: %d of %d%s",
			asked.value, l.GetValue().GetCurrency(), a.where(l), left(limit.value, taken.value), limit.value, a.ask(l))
	}
	return nil
}

func (a *Account) where(l *line) string {
	if a.counts() {
		return fmt.Sprintf("is left on line %d of licence %s", l.GetNumber(), a.licence)
	}
	return fmt.Sprintf("%s has left of its allowance on line %d of licence %s", a.agency, l.GetNumber(), a.licence)
}

// ask says where a post gets more.
func (a *Account) ask(l *line) string {
	if a.counts() {
		return ""
	}
	return fmt.Sprintf("; have %s give it more: counterfoil allowance give %s --post %s --line %d --quantity …", cmp.Or(a.counter, "the agency that counts it"), a.licence, a.agency, l.GetNumber())
}
