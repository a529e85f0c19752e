package render

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strconv"

	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Charts draws what an edition allows of: "years" (exports authorized and actual, by year), "destinations" (the ten that most goes to),
// "refusals" (by criterion). Each is an SVG of its own, by name, with a title and a description of every figure in it. Values are in the
// currency that most rows state; where none states a value, they are items.
func Charts(c *reportingv1.Content, o Options) (map[string][]byte, error) {
	list, w, err := charts(c, o)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, one := range list {
		var b bytes.Buffer
		if err := pages.ExecuteTemplate(&b, "chart", one.drawn(w)); err != nil {
			return nil, fmt.Errorf("draw %s: %w", one.name, err)
		}
		files[one.name] = b.Bytes()
	}
	return files, nil
}

// mostBars is how many destinations a chart has.
const mostBars = 10

// chart is bars side by side, each with a figure for every series.
type chart struct {
	name, title, unit string
	series            []string
	bars              []bar
	decimals          int
}

type bar struct {
	label   string
	figures []int64
}

func charts(c *reportingv1.Content, o Options) (list []chart, w words, err error) {
	if w, err = o.words(c); err != nil {
		return nil, w, err
	}
	for _, draw := range []func(*reportingv1.Content, Options, words) (chart, error){byYear, byDestination, byCriterion} {
		one, err := draw(c, o, w)
		if err != nil {
			return nil, w, fmt.Errorf("draw %s: %w", one.name, err)
		}
		if len(one.bars) > 0 {
			list = append(list, one)
		}
	}
	return list, w, nil
}

// export is an amount that a chart of exports counts.
type export struct {
	basis       int // 0 authorized, 1 actual
	destination string
	amounts     *reportingv1.Amounts
}

// exports are the definitive exports in one of some tables.
func exports(c *reportingv1.Content, tables map[string]int) (list []export) {
	heads := map[string]*reportingv1.TableHead{}
	for _, h := range c.GetTables() {
		heads[h.GetTable()] = h
	}
	for _, r := range c.GetRows() {
		basis, wanted := tables[r.GetTable()]
		key := func(dimension string) string {
			if i := slices.Index(heads[r.GetTable()].GetDimensions(), dimension); i >= 0 && i < len(r.GetKeys()) {
				return r.GetKeys()[i]
			}
			return ""
		}
		if kind := key("kind"); !wanted || kind != "" && kind != "export" || key("nature") != "" {
			continue
		}
		if key("basis") == "actual" {
			basis = 1
		}
		list = append(list, export{basis, cmp.Or(key("counterpart"), key("destination")), r.GetAmounts()})
	}
	return list
}

func byYear(c *reportingv1.Content, o Options, w words) (chart, error) {
	one := chart{name: "years", title: w.of("chart.years"), series: []string{w.of("basis.authorized"), w.of("basis.actual")}}
	of := map[uint32][]export{}
	var all []export
	for _, year := range append([]*reportingv1.Content{c}, o.Others...) {
		list := exports(year, map[string]int{"exports": 0, "authorized": 0, "moved": 1})
		of[year.GetTitle().GetYear()] = list
		all = append(all, list...)
	}
	if len(all) == 0 {
		return one, nil
	}
	m := measureOf(all)
	one.unit, one.decimals = m.unit(w), m.decimals()
	for _, year := range slices.Sorted(maps.Keys(of)) {
		b := bar{strconv.Itoa(int(year)), make([]int64, 2)}
		for _, e := range of[year] {
			if err := addFigure(&b.figures[e.basis], m.of(e.amounts)); err != nil {
				return one, err
			}
		}
		one.bars = append(one.bars, b)
	}
	return one, nil
}

func byDestination(c *reportingv1.Content, o Options, w words) (chart, error) {
	one := chart{name: "destinations", title: w.of("chart.destinations"), series: []string{w.of("basis.authorized"), w.of("basis.actual")}}
	list := exports(c, map[string]int{"exports": 0, "destinations": 0})
	m := measureOf(list)
	one.unit, one.decimals = m.unit(w), m.decimals()
	by := map[string][]int64{}
	for _, e := range list {
		if by[e.destination] == nil {
			by[e.destination] = make([]int64, 2)
		}
		if err := addFigure(&by[e.destination][e.basis], m.of(e.amounts)); err != nil {
			return one, err
		}
	}
	order := slices.Sorted(maps.Keys(by))
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(slices.Max(by[b]), slices.Max(by[a])) })
	for _, place := range order[:min(len(order), mostBars)] {
		if slices.Max(by[place]) > 0 {
			one.bars = append(one.bars, bar{cmp.Or(Country(clean(place), o), w.of("unknown")), by[place]})
		}
	}
	return one, nil
}

func byCriterion(c *reportingv1.Content, _ Options, w words) (chart, error) {
	one := chart{name: "refusals", title: w.of("chart.refusals"), unit: w.of("chart.refusals.unit"), series: []string{w.of("chart.refusals.unit")}}
	for _, r := range c.GetRows() {
		if r.GetTable() == "criteria" && len(r.GetKeys()) > 0 {
			one.bars = append(one.bars, bar{cmp.Or(clean(r.GetKeys()[0]), w.of("criterion.none")), []int64{r.GetAmounts().GetLicences()}})
		}
	}
	slices.SortStableFunc(one.bars, func(a, b bar) int { return cmp.Compare(b.figures[0], a.figures[0]) })
	return one, nil
}

// measure is what is drawn: a currency, or items where it is none.
type measure string

// measureOf is the currency that most amounts are in; of several, the first.
func measureOf(list []export) measure {
	times := map[string]int{}
	for _, e := range list {
		for _, v := range e.amounts.GetValues() {
			times[v.GetCurrency()]++
		}
	}
	most := ""
	for _, currency := range slices.Sorted(maps.Keys(times)) {
		if times[currency] > times[most] {
			most = currency
		}
	}
	return measure(most)
}

func (m measure) unit(w words) string { return cmp.Or(clean(string(m)), w.of("items")) }

func (m measure) decimals() int {
	if m == "" {
		return 3
	}
	return money(&reportingv1.CurrencySum{Currency: string(m)}).decimals
}

func (m measure) of(a *reportingv1.Amounts) int64 {
	if m == "" {
		items, _ := report.Items(a)
		return items
	}
	for _, v := range a.GetValues() {
		if v.GetCurrency() == string(m) {
			return v.GetMinor()
		}
	}
	return 0
}

// addFigure is refused where a sum is beyond 64 bits.
func addFigure(sum *int64, more int64) error {
	total, err := report.Total(&reportingv1.Amounts{Values: []*reportingv1.CurrencySum{{Minor: *sum}}}, &reportingv1.Amounts{Values: []*reportingv1.CurrencySum{{Minor: more}}})
	if err != nil {
		return err
	}
	*sum = total.GetValues()[0].GetMinor()
	return nil
}

var pages = template.Must(template.ParseFS(pageFiles, "page/*.gohtml"))
