package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"google.golang.org/protobuf/reflect/protoreflect"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Codes of problems that come of facts.
const (
	// NoCategory: goods that may be arms of Article 2(1) and that nobody classified.
	NoCategory = "no-category"
	// NoCounterpart: the other State is not on record.
	NoCounterpart = "no-counterpart"
	// NoLicence: goods moved under a licence that is not on record here.
	NoLicence = "no-licence"
	// OtherUnit: an amount that is not in pieces.
	OtherUnit = "other-unit"
	// Unshared: a fact in a journal that the agency which asks for a return does not read.
	Unshared = "unshared"
)

// pieces is the unit that items are counted in (UN/ECE Recommendation 20).
const pieces = "H87"

// fact is what one row of the ledger, or one part of it, adds where it counts.
type fact struct {
	subject, journal string
	events           []uint64
	lines, licences  int64
	// One quantity and one value, or more of them, of a return.
	thousandths, minor int64
	unit, currency     string
	more               *reportingv1.Amounts
	figure             uint32
}

func (f *fact) amounts() *reportingv1.Amounts {
	if f.more != nil {
		return f.more
	}
	a := &reportingv1.Amounts{Lines: f.lines, Licences: f.licences}
	if f.unit != "" {
		a.Quantities = []*reportingv1.UnitSum{{Unit: f.unit, Thousandths: f.thousandths}}
	}
	if f.currency != "" {
		a.Values = []*reportingv1.CurrencySum{{Currency: f.currency, Minor: f.minor}}
	}
	return a
}

func (f *fact) contribution() *reportingv1.Contribution {
	return &reportingv1.Contribution{Subject: f.subject, Journal: f.journal, Events: f.events, Amounts: f.amounts(), Figure: f.figure}
}

// placed is where a fact counts, or a problem that it has; one that is no more than noted counts all the same, in the row that it names.
type placed struct {
	fact    *fact
	row     *row
	problem string
}

// placing finds the rows that one row of the ledger counts in.
type placing struct {
	spec  Spec
	draft *Draft
	table int
	rows  []placed
	// The facts that lines came to, which are the same in every table.
	lines []*fact
}

func (p *placing) add(f *fact, keys ...string) {
	p.rows = append(p.rows, placed{fact: f, row: p.draft.row(p.table, oneLine(keys))})
}

func (p *placing) problem(code string, f *fact) {
	p.rows = append(p.rows, placed{fact: f, problem: code})
}

// oneLine makes keys texts of one line, without space around them.
func oneLine(keys []string) []string {
	for i, k := range keys {
		if strings.ContainsFunc(k, unicode.IsControl) {
			k = strings.Map(func(r rune) rune {
				if unicode.IsControl(r) {
					return ' '
				}
				return r
			}, k)
		}
		keys[i] = strings.TrimSpace(k)
	}
	return keys
}

func (p *placing) terms() *reportingv1.TableTerms {
	return p.spec.table(p.spec.Form.Tables[p.table].Name)
}

// each lets every table of the form look.
func (p *placing) each(look func(Table)) []placed {
	for i, t := range p.spec.Form.Tables {
		p.table = i
		look(t)
	}
	return p.rows
}

// ofLicence places a licence that was granted in the year. One that was suspended or revoked since had been granted; one that an
// edition of its register withdrew had not.
func (d *Draft) ofLicence(l *ledgerv1.Licence) []placed {
	switch l.GetStatus() {
	case ledgerv1.Status_STATUS_GRANTED, ledgerv1.Status_STATUS_SUSPENDED, ledgerv1.Status_STATUS_REVOKED:
	default:
		return nil
	}
	if l.GetDecidedAt().AsTime().Year() != d.Spec.Year {
		return nil
	}
	p := &placing{spec: d.Spec, draft: d}
	return p.each(func(t Table) {
		if t.licence != nil {
			t.licence(p, l)
		}
	})
}

// ofDenial places a denial of the year.
func (d *Draft) ofDenial(r *ledgerv1.Denial) []placed {
	if r.GetStatus() != ledgerv1.Status_STATUS_REFUSED || r.GetDecidedAt().AsTime().Year() != d.Spec.Year {
		return nil
	}
	p := &placing{spec: d.Spec, draft: d}
	return p.each(func(t Table) {
		if t.denial != nil {
			t.denial(p, r)
		}
	})
}

// ofLine is what line number i of a decision adds.
func (p *placing) ofLine(i int, r decision, l *transferv1.Line) *fact {
	if i < len(p.lines) {
		return p.lines[i]
	}
	f := &fact{
		subject: r.GetId() + "#" + strconv.FormatUint(uint64(l.GetNumber()), 10), journal: r.GetJournal(), events: r.GetEvents(),
		lines: 1, licences: max(1, int64(l.GetLicences())),
	}
	f.state(l.GetQuantity(), l.GetValue())
	p.lines = append(p.lines, f)
	return f
}

// decision is a licence or a denial.
type decision interface {
	GetId() string
	GetJournal() string
	GetEvents() []uint64
}

func (f *fact) state(q *transferv1.Quantity, m *transferv1.Money) {
	f.unit, f.thousandths, f.currency, f.minor = q.GetUnit(), q.GetThousandths(), m.GetCurrency(), m.GetMinor()
}

type keyOf func(*licensingv1.Deal, *transferv1.Line) string

func kindOf(d *licensingv1.Deal, _ *transferv1.Line) string { return kindName(d.GetKind()) }

func destinationOf(d *licensingv1.Deal, _ *transferv1.Line) string {
	return placeOf(d.GetDestination())
}

func ratingOf(_ *licensingv1.Deal, l *transferv1.Line) string { return l.GetRating() }

// placeOf is a place's code, or its name where it is of no State.
func placeOf(p *licensingv1.Place) string { return cmp.Or(p.GetCountry(), p.GetName()) }

func kindName(k transferv1.Kind) string { return enumName(k, "KIND_") }

// enumName is an enum's value as indexes of the ledger have it.
func enumName(e protoreflect.Enum, prefix string) string {
	name := string(e.Descriptor().Values().ByNumber(e.Number()).Name())
	if name = strings.TrimPrefix(name, prefix); name == "UNSPECIFIED" {
		return ""
	}
	return strings.ToLower(name)
}

// eachLine counts every line of a licence under its keys.
func eachLine(keys ...keyOf) func(*placing, *ledgerv1.Licence) {
	return func(p *placing, l *ledgerv1.Licence) {
		of := make([]string, len(keys))
		for i, line := range l.GetDeal().GetLines() {
			for k, key := range keys {
				of[k] = key(l.GetDeal(), line)
			}
			p.add(p.ofLine(i, l, line), of...)
		}
	}
}

func refusedLines(p *placing, d *ledgerv1.Denial) {
	for i, line := range d.GetDeal().GetLines() {
		p.add(p.ofLine(i, d, line), kindOf(d.GetDeal(), line), destinationOf(d.GetDeal(), line), line.GetRating())
	}
}

// refusedCriteria counts a denial once for each criterion, and as often as it gives it.
func refusedCriteria(p *placing, d *ledgerv1.Denial) {
	times := map[string]int64{}
	for _, c := range d.GetCriteria() {
		times[c]++
	}
	if len(times) == 0 {
		times[""] = 1
	}
	for _, c := range sortedKeys(times) {
		p.add(&fact{subject: d.GetId(), journal: d.GetJournal(), events: d.GetEvents(), lines: times[c], licences: 1}, c)
	}
}

func authorizedCategories(p *placing, l *ledgerv1.Licence) {
	for i, line := range l.GetDeal().GetLines() {
		c := p.ofLine(i, l, line)
		category, known := p.spec.categoryOf(p.terms(), line)
		switch {
		case !known:
			p.problem(NoCategory, c)
		case category != "":
			p.add(c, kindOf(l.GetDeal(), line), category, line.GetQuantity().GetUnit())
		}
	}
}

// authorizedTransfer counts the lines of a licence that are reported as authorized.
func (p *placing) authorizedTransfer(kind transferv1.Kind, l *ledgerv1.Licence) {
	d := l.GetDeal()
	if d.GetKind() != kind {
		return
	}
	for i, line := range d.GetLines() {
		c := p.ofLine(i, l, line)
		category, known := p.spec.categoryOf(p.terms(), line)
		switch {
		case !known:
			p.problem(NoCategory, c)
			continue
		case category == "" || p.spec.basisOf(p.terms(), category) != authorized:
			continue
		}
		counterpart, origin := parties(kind, d)
		p.transfer(c, c.unit, category, authorized, counterpart, origin, routeOf(d.GetRoute()), description(line), "")
	}
}

// transfer counts a transfer, and notes what is missing in it.
func (p *placing) transfer(c *fact, unit, category, basis, counterpart, origin, intermediate, text, nature string) {
	p.add(c, category, basis, counterpart, origin, intermediate, text, nature)
	row := p.rows[len(p.rows)-1].row
	if counterpart == "" {
		p.rows = append(p.rows, placed{fact: c, row: row, problem: NoCounterpart})
	}
	if unit != "" && unit != pieces {
		p.rows = append(p.rows, placed{fact: c, row: row, problem: OtherUnit})
	}
}

// parties are the other State in a deal, and the State of origin where that is another one.
func parties(kind transferv1.Kind, d *licensingv1.Deal) (counterpart, origin string) {
	var sources []string
	for _, s := range d.GetSources() {
		sources = append(sources, placeOf(s))
	}
	if kind == transferv1.Kind_KIND_EXPORT {
		return placeOf(d.GetDestination()), strings.Join(sources, ", ")
	}
	for _, party := range d.GetParties() {
		if party.GetRole() == transferv1.Role_ROLE_EXPORTER && party.GetCountry() != "" {
			return party.GetCountry(), strings.Join(slices.DeleteFunc(sources, func(s string) bool { return s == party.GetCountry() }), ", ")
		}
	}
	if len(sources) == 0 {
		return "", ""
	}
	return sources[0], strings.Join(sources[1:], ", ")
}

func routeOf(route []*licensingv1.Place) string {
	var places []string
	for _, p := range route {
		places = append(places, placeOf(p))
	}
	return strings.Join(places, ", ")
}

func description(l *transferv1.Line) string { return cmp.Or(l.GetModel(), l.GetDescription()) }
