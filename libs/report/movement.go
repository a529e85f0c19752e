package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// movement is goods of one licence line that crossed the border, by one entry against the line.
type movement struct {
	kind                transferv1.Kind
	destination, origin string
	dispatch, route     string
	temporary           bool
	entry               *ledgerv1.WriteOff
	// line of the licence, and the licence's deal; nil where it is not on record here.
	line *transferv1.Line
	deal *licensingv1.Deal
	// Events that say that and when it moved.
	events []uint64
}

func (m movement) fact() *fact {
	f := &fact{subject: m.entry.GetId(), journal: m.entry.GetJournal(), events: m.events, lines: 1}
	f.state(m.entry.GetQuantity(), m.entry.GetValue())
	if change := m.entry.GetChange(); change != nil {
		f.lines, f.unit, f.thousandths, f.currency, f.minor = 0, change.GetUnit(), change.GetThousandths(), change.GetCurrency(), change.GetMinor()
	}
	return f
}

// nature keeps what is no definitive transfer apart (rule R11).
func (m movement) nature() string {
	switch {
	case m.entry.GetEffect() == ledgerv1.Effect_EFFECT_RESTORED:
		return returned
	case m.temporary:
		return temporary
	}
	return ""
}

// ofDeclaration places the goods of a declaration that left, or of an import that arrived, in the year.
func (d *Draft) ofDeclaration(view ledger.View, r *ledgerv1.Declaration) ([]placed, error) {
	a := r.GetAccepted()
	at := r.GetExitedAt()
	if a.GetKind() == transferv1.Kind_KIND_IMPORT || at == nil && r.GetStatus() == ledgerv1.DeclarationStatus_DECLARATION_STATUS_ARRIVED {
		if r.GetStatus() != ledgerv1.DeclarationStatus_DECLARATION_STATUS_ARRIVED {
			return nil, nil
		}
		at = r.GetMovedAt()
	}
	if at == nil || at.AsTime().Year() != d.Spec.Year {
		return nil, nil
	}
	m := movement{
		kind: a.GetKind(), destination: a.GetDestination(), dispatch: a.GetConsignment().GetDispatch(), route: strings.Join(a.GetConsignment().GetRoute(), ", "),
		temporary: a.GetConsignment().GetProcedure() == customsv1.Procedure_PROCEDURE_TEMPORARY,
	}
	return d.ofEntries(view, r.GetId(), r.GetEvents(), m, func(item uint32) string {
		for _, i := range a.GetItems() {
			if i.GetNumber() == item {
				return i.GetOrigin()
			}
		}
		return ""
	})
}

// ofUsage places what another customs computer says was used in the year.
func (d *Draft) ofUsage(view ledger.View, u *ledgerv1.Usage) ([]placed, error) {
	if u.GetAt().AsTime().Year() != d.Spec.Year {
		return nil, nil
	}
	return d.ofEntries(view, u.GetId(), u.GetEvents(), movement{}, func(uint32) string { return "" })
}

// ofEntries places the entries of a declaration or a usage against licence lines.
func (d *Draft) ofEntries(view ledger.View, id string, events []uint64, of movement, originOf func(item uint32) string) ([]placed, error) {
	if !slices.ContainsFunc(d.Spec.Form.Tables, func(t Table) bool { return t.moved != nil }) {
		return nil, nil
	}
	entries, err := view.WriteOffsWith("declaration", id)
	if err != nil {
		return nil, fmt.Errorf("read entries of %s: %w", id, err)
	}
	p := &placing{spec: d.Spec, draft: d}
	for _, e := range entries {
		switch e.GetEffect() {
		case ledgerv1.Effect_EFFECT_COMMITTED, ledgerv1.Effect_EFFECT_CORRECTED, ledgerv1.Effect_EFFECT_RESTORED:
		default:
			continue
		}
		m := of
		m.entry, m.origin, m.events = e, originOf(e.GetItem()), union(e.GetEvents(), events)
		if err := m.licensed(view); err != nil {
			return nil, err
		}
		p.each(func(t Table) {
			if t.moved != nil {
				t.moved(p, m)
			}
		})
	}
	return p.rows, nil
}

// licensed finds the licence line that an entry is against. Of a usage it says what kind of transfer it is of, and where to.
func (m *movement) licensed(view ledger.View) error {
	l, err := view.Licence(m.entry.GetLicenceId())
	if l == nil || err != nil {
		return err
	}
	m.deal = l.GetDeal()
	for _, line := range l.GetDeal().GetLines() {
		if line.GetNumber() == m.entry.GetLicenceLine() {
			m.line = line
		}
	}
	if m.kind == transferv1.Kind_KIND_UNSPECIFIED {
		m.kind, m.destination, m.route = m.deal.GetKind(), placeOf(m.deal.GetDestination()), routeOf(m.deal.GetRoute())
	}
	return nil
}

func movedCategories(p *placing, m movement) {
	c := m.fact()
	if m.line == nil {
		p.problem(NoLicence, c)
		return
	}
	category, known := p.spec.categoryOf(p.terms(), m.line)
	switch {
	case !known:
		p.problem(NoCategory, c)
	case category != "":
		p.add(c, kindName(m.kind), category, c.unit, m.nature())
	}
}

// actualTransfer counts goods that moved and are reported as actual.
func (p *placing) actualTransfer(kind transferv1.Kind, m movement) {
	if m.kind != kind {
		return
	}
	c := m.fact()
	if m.line == nil {
		p.problem(NoLicence, c)
		return
	}
	category, known := p.spec.categoryOf(p.terms(), m.line)
	switch {
	case !known:
		p.problem(NoCategory, c)
		return
	case category == "" || p.spec.basisOf(p.terms(), category) != actual:
		return
	}
	counterpart, origin := parties(kind, m.deal)
	if kind == transferv1.Kind_KIND_EXPORT {
		counterpart = cmp.Or(m.destination, counterpart)
	} else {
		counterpart = cmp.Or(m.dispatch, counterpart)
	}
	if m.origin != "" {
		origin = m.origin
	}
	if origin == counterpart && kind == transferv1.Kind_KIND_IMPORT || origin == p.spec.Procedure.GetState() {
		origin = ""
	}
	p.transfer(c, c.unit, category, actual, counterpart, origin, m.route, description(m.line), m.nature())
}

// union are the events of an entry, and then the others that count.
func union(first, others []uint64) []uint64 {
	all := slices.Clone(first)
	for _, n := range others {
		if !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}
