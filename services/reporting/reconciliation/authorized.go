package reconciliation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/refdata"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// firstYear is from when on figures are compared.
const firstYear = 1990

// cell is what authorized and moved amounts are kept apart by.
type cell struct {
	kind                  transferv1.Kind
	goods, place, measure string
}

func (c cell) keys() []string {
	return []string{"kind=" + enumName(c.kind, "KIND_"), c.goods, "destination=" + c.place}
}

// goodsOf is a line's category of Article 2(1), or that it is ammunition or parts; where nobody classified it, its rating.
func goodsOf(l *transferv1.Line) string {
	c := cmp.Or(l.GetCategory(), refdata.RatingCategory(l.GetRating()))
	switch {
	case c == transferv1.Category_CATEGORY_UNSPECIFIED:
		return "rating=" + l.GetRating()
	case c > transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS:
		return "category=" + map[transferv1.Category]string{transferv1.Category_CATEGORY_ARTICLE_3_AMMUNITION: "ammunition", transferv1.Category_CATEGORY_ARTICLE_4_PARTS: "parts"}[c]
	}
	return "category=" + []string{"", "I", "II", "III", "IV", "V", "VI", "VII", "VIII"}[c]
}

func enumName(e protoreflect.Enum, prefix string) string {
	d := e.Descriptor().Values().ByNumber(e.Number())
	if d == nil {
		return ""
	}
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(string(d.Name()), prefix), "_", "-"))
}

// authorizedActual holds what licences authorized up to the end of the year against what moved until then, by kind, category and
// destination: only what moved beyond it is a difference. And it notes licences that ended in the year with nothing moved under them.
func (c *comparing) authorizedActual() error {
	moved, err := c.movedCells()
	if err != nil {
		return err
	}
	now, err := c.latest()
	if err != nil {
		return err
	}
	measures := map[cell][]string{}
	for of := range moved {
		group := of
		group.measure = ""
		measures[group] = append(measures[group], of.measure)
	}
	authorized, unlimited := map[cell]*figure{}, map[cell]bool{}
	err = each(c.view, queryv1.Table_TABLE_LICENCES, nil, func(r *queryv1.Row) error {
		l := r.GetLicence()
		if !authorizing(l) || l.GetDecidedAt().AsTime().Year() > int(c.request.GetYear()) {
			return nil
		}
		for _, line := range l.GetDeal().GetLines() {
			authorize(l, line, measures, authorized, unlimited)
		}
		return c.unused(l, now)
	})
	if err != nil {
		return err
	}
	for of, m := range moved {
		switch a := authorized[of]; {
		case unlimited[of]:
			c.skip("licences that do not limit it")
		default:
			p := pairing{keys: of.keys(), measure: of.measure, theirs: *m, only: true, owner: ledger.AgencyOf(m.subjects[0])}
			p.text = "more moved than licences authorize with the tolerances of their lines; ours is authorized, theirs moved"
			if a != nil {
				p.ours = *a
			}
			c.hold(p)
		}
	}
	return nil
}

// movedCells adds up what moved until the end of the year.
func (c *comparing) movedCells() (map[cell]*figure, error) {
	movements, err := c.movements(firstYear, c.request.GetYear())
	if err != nil {
		return nil, err
	}
	cells := map[cell]*figure{}
	add := func(of cell, amount int64, subject string) {
		if cells[of] == nil {
			cells[of] = &figure{}
		}
		cells[of].add(amount, subject)
	}
	for _, m := range movements {
		if m.line == nil {
			c.skip("entries against lines that are not on record; customs-licensing lists them")
			continue
		}
		of := cell{kind: m.kind, goods: goodsOf(m.line), place: m.destination}
		thousandths, unit, minor, currency := used(m.entry)
		if unit != "" {
			of.measure = "quantity " + unit
			add(of, thousandths, m.entry.GetId())
		}
		if currency != "" {
			of.measure = "value " + currency
			add(of, minor, m.entry.GetId())
		}
	}
	return cells, nil
}

// authorize adds what a line allows to the cells in which something moved, whose measures are given.
func authorize(l *ledgerv1.Licence, line *transferv1.Line, measures map[cell][]string, authorized map[cell]*figure, unlimited map[cell]bool) {
	of := cell{kind: l.GetDeal().GetKind(), goods: goodsOf(line), place: placeOf(l.GetDeal().GetDestination())}
	for _, measure := range measures[of] {
		at := of
		at.measure = measure
		amount, unit, limited := line.GetQuantity().GetThousandths(), line.GetQuantity().GetUnit(), line.GetQuantity() != nil
		what, in, _ := strings.Cut(measure, " ")
		if what == "value" {
			amount, unit, limited = line.GetValue().GetMinor(), line.GetValue().GetCurrency(), line.GetValue() != nil
		}
		switch {
		case !limited:
			unlimited[at] = true
		case unit == in:
			if authorized[at] == nil {
				authorized[at] = &figure{}
			}
			authorized[at].add(limit(amount, line.GetTolerancePermille()), l.GetId())
		}
	}
}

// unused notes a licence that ended in the year, by now, with nothing moved under it.
func (c *comparing) unused(l *ledgerv1.Licence, now time.Time) error {
	end := l.GetValidUntil()
	if end == nil || end.AsTime().Year() != int(c.request.GetYear()) || end.AsTime().After(now) {
		return nil
	}
	entries, err := c.view.WriteOffsWith("licence", l.GetId())
	if err != nil {
		return fmt.Errorf("read entries against licence %s: %w", l.GetId(), err)
	}
	lines := map[uint32]bool{}
	for _, e := range entries {
		if counts(e) {
			lines[e.GetLicenceLine()] = true
		}
	}
	if len(lines) > 0 {
		c.compared++
		return nil
	}
	c.hold(pairing{
		keys: []string{"licence=" + l.GetId()}, measure: "lines used", exact: true,
		ours:  figure{int64(len(l.GetDeal().GetLines())), []string{l.GetId()}},
		owner: ledger.AgencyOf(l.GetId()), text: "nothing of the licence moved until it ended on " + day(end.AsTime()),
	})
	return nil
}

// latest is when the newest block on record was recorded: what ended before has ended for every agency.
func (c *comparing) latest() (now time.Time, err error) {
	positions, err := c.view.Positions()
	if err != nil {
		return now, err
	}
	times := []time.Time{now}
	for _, p := range positions {
		times = append(times, p.GetRecordedAt().AsTime())
	}
	return slices.MaxFunc(times, time.Time.Compare), nil
}
