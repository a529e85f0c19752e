package wire

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	"github.com/counterfoil/counterfoil/libs/refdata"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// usage is what is told of one licence.
func (s *sending) usage(l *ledgerv1.Licence) (*chief.UsageTransaction, error) {
	t := &chief.UsageTransaction{Licence: chief.LicenceUsage{LicenceRef: l.GetOnFile().GetReference(), Status: "O"}}
	exhausted := len(l.GetDeal().GetLines()) > 0
	for _, of := range l.GetDeal().GetLines() {
		sum, err := s.sum(of, s.entries[l.GetId()], s.covered)
		if err != nil {
			return nil, err
		}
		q, v := of.GetQuantity(), of.GetValue()
		exhausted = exhausted && (q != nil && sum.quantity >= q.GetThousandths() || v != nil && sum.value >= v.GetMinor())
		line := chief.UsageLine{Number: chief.NumberOf(int(of.GetNumber())), Quantity: "0", Value: "0"}
		if q != nil {
			line.Quantity = chief.Quantity(thousandths(max(0, sum.quantity)))
		}
		if v != nil {
			line.Value, line.Currency = money(max(0, sum.value), v.GetCurrency()), v.GetCurrency()
		}
		for _, e := range s.told[l.GetId()] {
			if e.GetLicenceLine() != of.GetNumber() {
				continue
			}
			records, err := s.records(l, of, e)
			if err != nil {
				return nil, err
			}
			line.Usages = append(line.Usages, records...)
		}
		if len(line.Usages) > 0 {
			t.Lines = append(t.Lines, line)
		}
	}
	now := s.cmd.GetParticulars().GetOccurredAt().AsTime()
	switch until := l.GetValidUntil(); {
	case l.GetStatus() == ledgerv1.Status_STATUS_REVOKED:
		t.Licence.Status = "C"
	case exhausted:
		t.Licence.Status = "E"
	case until != nil && !now.Before(until.AsTime()):
		t.Licence.Status = "D"
	}
	if t.Licence.Status != "O" {
		t.Licence.Completed = chief.DateOf(now.In(london))
	}
	// The number of the transaction in its file is not known before all are there; NewUsageData gives it.
	return t, nil
}

// sum is what some entries come to on a line, in its own unit and currency.
func (s *sending) sum(of *transferv1.Line, entries []*ledgerv1.WriteOff, counts func(*ledgerv1.WriteOff) bool) (sum used, err error) {
	for _, e := range entries {
		if e.GetLicenceLine() != of.GetNumber() || !counts(e) {
			continue
		}
		a, err := amountOf(of, e)
		if err != nil {
			return sum, err
		}
		sum = used{sum.quantity + a.quantity, sum.value + a.value}
	}
	return sum, nil
}

// amountOf is what an entry adds to what is used of a line.
func amountOf(of *transferv1.Line, e *ledgerv1.WriteOff) (a used, err error) {
	quantity, unit := e.GetQuantity().GetThousandths(), e.GetQuantity().GetUnit()
	minor, currency := e.GetValue().GetMinor(), e.GetValue().GetCurrency()
	if c := e.GetChange(); c != nil {
		quantity, unit, minor, currency = c.GetThousandths(), c.GetUnit(), c.GetMinor(), c.GetCurrency()
	}
	if limit := of.GetQuantity(); limit != nil && quantity != 0 {
		converted, ok := refdata.Convert(quantity, unit, limit.GetUnit())
		if !ok {
			return a, fault.Coded(fault.Precondition, "DX05", "entry %s is in %s, which does not convert into %s; have the licence replaced with the line's unit", e.GetId(), unit, limit.GetUnit())
		}
		a.quantity = use(e) * converted
	}
	if limit := of.GetValue(); limit != nil && minor != 0 {
		if currency != limit.GetCurrency() {
			return a, fault.Coded(fault.Precondition, "DX05", "entry %s is in %s and its licence line in %s; have the licence replaced with the line's currency", e.GetId(), currency, limit.GetCurrency())
		}
		a.value = use(e) * minor
	}
	return a, nil
}

// records are an entry as usages: what was committed is original, what was corrected upwards adjusted, and what was corrected
// downwards or restored a contra. A correction of both kinds is two records.
func (s *sending) records(l *ledgerv1.Licence, of *transferv1.Line, e *ledgerv1.WriteOff) (list []chief.Usage, err error) {
	a, err := amountOf(of, e)
	if err != nil {
		return nil, err
	}
	u := chief.Usage{Part: strconv.FormatUint(uint64(e.GetItem()), 10), TraderID: traderID(l)}
	if u.Declaration, u.Controlled, err = s.declaration(e); err != nil {
		return nil, err
	}
	add := func(kind string, part used) {
		one := u
		one.Type, one.Quantity, one.Value = kind, chief.Quantity(thousandths(part.quantity)), "0"
		if v := of.GetValue(); v != nil {
			one.Value, one.Currency = money(part.value, v.GetCurrency()), v.GetCurrency()
		}
		list = append(list, one)
	}
	more, less := used{max(0, a.quantity), max(0, a.value)}, used{max(0, -a.quantity), max(0, -a.value)}
	kind := "O"
	if e.GetEffect() != ledgerv1.Effect_EFFECT_COMMITTED {
		kind = "A"
	}
	if more != (used{}) || less == (used{}) {
		add(kind, more)
	}
	if less != (used{}) {
		add("C", less)
	}
	return list, nil
}

// declaration is what an entry's declaration is known by, and the day that its goods came under control.
func (s *sending) declaration(e *ledgerv1.WriteOff) (string, chief.Date, error) {
	d, err := s.view.Declaration(e.GetDeclarationId())
	if err != nil {
		return "", "", fmt.Errorf("read declaration %s: %w", e.GetDeclarationId(), err)
	}
	name := d.GetAccepted().GetConsignment().GetUcr()
	if name == "" {
		_, name, _ = strings.Cut(e.GetDeclarationId(), "/")
	}
	at := s.cmd.GetParticulars().GetOccurredAt()
	if d.GetAccepted().GetAcceptedAt() != nil {
		at = d.GetAccepted().GetAcceptedAt()
	}
	return writable(name), chief.DateOf(at.AsTime().In(london)), nil
}

// writable puts ? in place of what cannot be written in a file.
func writable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\\' {
			return '?'
		}
		return r
	}, text)
}

// traderID is the licensing authority's id of who holds the licence.
func traderID(l *ledgerv1.Licence) string {
	for _, p := range l.GetDeal().GetParties() {
		for _, id := range p.GetIdentifiers() {
			if scheme, value, _ := strings.Cut(id, ":"); slices.Contains([]string{"eori", "trader-id", "turn"}, scheme) {
				return writable(value)
			}
		}
	}
	return ""
}

// money writes an amount in a currency's own decimals.
func money(minor int64, currency string) chief.Money {
	decimals, _ := refdata.CurrencyExponent(currency)
	digits := fmt.Sprintf("%0*d", decimals+1, minor)
	if decimals == 0 {
		return chief.Money(digits)
	}
	return chief.Money(digits[:len(digits)-decimals] + "." + digits[len(digits)-decimals:])
}
