package reconciliation

import (
	"fmt"
	"strconv"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// movement is goods of one licence line that crossed the border, by one entry against the line.
type movement struct {
	entry *ledgerv1.WriteOff
	at    time.Time
	kind  transferv1.Kind
	// destination and dispatch are as customs has them; a usage states neither.
	destination, dispatch string
	// licence and line are nil where they are not on record here.
	licence *ledgerv1.Licence
	line    *transferv1.Line
}

// used is what an entry adds to what was used of its line, or takes from it.
func used(e *ledgerv1.WriteOff) (thousandths int64, unit string, minor int64, currency string) {
	sign := int64(1)
	switch e.GetEffect() {
	case ledgerv1.Effect_EFFECT_CORRECTED:
		c := e.GetChange()
		return c.GetThousandths(), c.GetUnit(), c.GetMinor(), c.GetCurrency()
	case ledgerv1.Effect_EFFECT_RESTORED:
		sign = -1
	case ledgerv1.Effect_EFFECT_COMMITTED:
	default:
		return 0, "", 0, ""
	}
	return sign * e.GetQuantity().GetThousandths(), e.GetQuantity().GetUnit(), sign * e.GetValue().GetMinor(), e.GetValue().GetCurrency()
}

// counts reports whether an entry says that something was used.
func counts(e *ledgerv1.WriteOff) bool {
	switch e.GetEffect() {
	case ledgerv1.Effect_EFFECT_COMMITTED, ledgerv1.Effect_EFFECT_CORRECTED, ledgerv1.Effect_EFFECT_RESTORED:
		return true
	}
	return false
}

// movedAt is when a declaration's goods left, or those of an import arrived; nil where they have not.
func movedAt(d *ledgerv1.Declaration) (at time.Time, moved bool) {
	arrived := d.GetStatus() == ledgerv1.DeclarationStatus_DECLARATION_STATUS_ARRIVED
	switch {
	case d.GetAccepted().GetKind() == transferv1.Kind_KIND_IMPORT:
		return d.GetMovedAt().AsTime(), arrived
	case d.GetExitedAt() != nil:
		return d.GetExitedAt().AsTime(), true
	}
	return d.GetMovedAt().AsTime(), arrived
}

// movements are all of these years, each with its licence.
func (c *comparing) movements(from, until uint32) (list []movement, err error) {
	years := &queryv1.Condition{Attribute: "moved"}
	for y := from; y <= until; y++ {
		years.Values = append(years.Values, strconv.FormatUint(uint64(y), 10))
	}
	within := func(at time.Time) bool { return at.Year() >= int(from) && at.Year() <= int(until) }
	licences := licenceCache{}
	err = each(c.view, queryv1.Table_TABLE_DECLARATIONS, &queryv1.Filter{Conditions: []*queryv1.Condition{years}}, func(r *queryv1.Row) error {
		d := r.GetDeclaration()
		at, moved := movedAt(d)
		if !moved || !within(at) {
			return nil
		}
		a := d.GetAccepted()
		return c.entries(d.GetId(), licences, &list, movement{at: at, kind: a.GetKind(), destination: a.GetDestination(), dispatch: a.GetConsignment().GetDispatch()})
	})
	if err != nil {
		return nil, err
	}
	byYear := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "year", Values: years.Values}}}
	err = each(c.view, queryv1.Table_TABLE_USAGES, byYear, func(r *queryv1.Row) error {
		return c.entries(r.GetUsage().GetId(), licences, &list, movement{at: r.GetUsage().GetAt().AsTime()})
	})
	return list, err
}

// entries adds the entries of a declaration or a usage that count.
func (c *comparing) entries(id string, licences licenceCache, list *[]movement, of movement) error {
	entries, err := c.view.WriteOffsWith("declaration", id)
	if err != nil {
		return fmt.Errorf("read entries of %s: %w", id, err)
	}
	for _, e := range entries {
		if !counts(e) {
			continue
		}
		m := of
		m.entry = e
		if m.licence, err = licences.get(c.view, e.GetLicenceId()); err != nil {
			return err
		}
		m.line = lineOf(m.licence, e.GetLicenceLine())
		if m.kind == transferv1.Kind_KIND_UNSPECIFIED { // a usage
			m.kind, m.destination = m.licence.GetDeal().GetKind(), placeOf(m.licence.GetDeal().GetDestination())
		}
		*list = append(*list, m)
	}
	return nil
}

// licenceCache keeps licences that were read.
type licenceCache map[string]*ledgerv1.Licence

func (l licenceCache) get(view ledger.View, id string) (*ledgerv1.Licence, error) {
	if known, ok := l[id]; ok {
		return known, nil
	}
	row, err := view.Licence(id)
	if err != nil {
		return nil, fmt.Errorf("read licence %s: %w", id, err)
	}
	l[id] = row
	return row, nil
}

func lineOf(l *ledgerv1.Licence, number uint32) *transferv1.Line {
	for _, line := range l.GetDeal().GetLines() {
		if line.GetNumber() == number {
			return line
		}
	}
	return nil
}

// placeOf is a place's code, or its name where it is of no State.
func placeOf(p *licensingv1.Place) string {
	if p.GetCountry() != "" {
		return p.GetCountry()
	}
	return p.GetName()
}

// authorizing reports whether a licence was granted, whatever became of it; one that an edition of its register withdrew was not.
func authorizing(l *ledgerv1.Licence) bool {
	switch l.GetStatus() {
	case ledgerv1.Status_STATUS_GRANTED, ledgerv1.Status_STATUS_SUSPENDED, ledgerv1.Status_STATUS_REVOKED:
		return true
	}
	return false
}

// limit is what a line authorizes with the tolerance that it allows, rounded down.
func limit(amount int64, permille uint32) int64 {
	whole, rest := amount/1000, amount%1000
	return plus(amount, plus(whole*int64(permille), rest*int64(permille)/1000))
}
