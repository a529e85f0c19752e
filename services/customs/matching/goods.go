package matching

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/names"
	"github.com/counterfoil/counterfoil/libs/refdata"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// goods compares each item that has a line with it.
func (m *match) goods() {
	for _, item := range m.d.GetItems() {
		line := m.lineOf(item)
		if line == nil {
			continue
		}
		m.units(item, line)
		m.code(item, line)
		m.description(item, line)
		m.origin(item)
		m.value(item, line)
	}
}

// units raises DX05 where the item cannot be counted against what the line limits.
func (m *match) units(item *customsv1.Item, l *transferv1.Line) {
	n, limit := item.GetNumber(), l.GetQuantity()
	switch {
	case limit == nil:
	case item.GetQuantity() == nil:
		m.raise("DX05", n, limit.GetUnit(), "no quantity", "line %d is limited in %s, and item %d states no quantity", l.GetNumber(), limit.GetUnit(), n)
	case !sameUnit(item, l):
		m.raise("DX05", n, limit.GetUnit(), item.GetQuantity().GetUnit(), "item %d is in %s, which does not convert to %s (table %s); have it stated in %s",
			n, item.GetQuantity().GetUnit(), limit.GetUnit(), refdata.UnitTableVersion, limit.GetUnit())
	}
	if l.GetValue() != nil && item.GetValue() == nil {
		m.raise("DX05", n, l.GetValue().GetCurrency(), "no value", "line %d is limited in value, and item %d states none", l.GetNumber(), n)
	}
}

// code raises DX06 where the HS codes differ in their six digits, or the item's is not one of the line's category.
func (m *match) code(item *customsv1.Item, l *transferv1.Line) {
	n, declared := item.GetNumber(), item.GetHsCode()
	if declared != "" && l.GetHsCode() != "" && !sameHS(declared, l.GetHsCode()) {
		m.raise("DX06", n, hs6(l.GetHsCode()), hs6(declared), "item %d is declared under %s, and line %d is for %s", n, hs6(declared), l.GetNumber(), hs6(l.GetHsCode()))
		return
	}
	category := l.GetCategory()
	if category == transferv1.Category_CATEGORY_UNSPECIFIED {
		category = refdata.RatingCategory(l.GetRating())
	}
	if plausible, known := refdata.HSPlausible(declared, category); known && !plausible && m.sameEdition() {
		word := strings.TrimPrefix(category.String(), "CATEGORY_")
		m.raise("DX06", n, word, hs6(declared), "item %d is declared under %s, which has no goods of line %d (%s)", n, hs6(declared), l.GetNumber(), word)
	}
}

// description raises DX07 where rating or model differ, or two descriptions have no word in common. Descriptions are written in many
// ways, so that one word like another is enough.
func (m *match) description(item *customsv1.Item, l *transferv1.Line) {
	n := item.GetNumber()
	switch {
	case !unrated(item.GetRating()) && !unrated(l.GetRating()) && !sameRating(item.GetRating(), l.GetRating()):
		m.raise("DX07", n, l.GetRating(), item.GetRating(), "item %d is rated %s, and line %d is %s", n, item.GetRating(), l.GetNumber(), l.GetRating())
	case bare(item.GetModel()) != "" && bare(l.GetModel()) != "" && !alike(item.GetModel(), l.GetModel()):
		m.raise("DX07", n, l.GetModel(), item.GetModel(), "item %d is of model %s, and line %d is for %s", n, item.GetModel(), l.GetNumber(), l.GetModel())
	case bare(item.GetDescription()) != "" && bare(l.GetDescription()) != "" && !alike(item.GetDescription(), l.GetDescription()+" "+l.GetModel()):
		m.raise("DX07", n, l.GetDescription(), item.GetDescription(), "item %d is described as %q, and line %d as %q", n, item.GetDescription(), l.GetNumber(), l.GetDescription())
	}
}

// alike reports whether two texts have a word in common, in one spelling or another.
func alike(a, b string) bool {
	if bare(a) == bare(b) {
		return true
	}
	return slices.ContainsFunc(names.Compare(names.Parse(a), names.Parse(b)).Pairs, func(p names.Pair) bool {
		return p.How != names.Unmatched && p.How != names.Initial
	})
}

// origin raises DX19 where the licence says where its goods come from, and the item comes from elsewhere.
func (m *match) origin(item *customsv1.Item) {
	sources := m.Licence.GetDeal().GetSources()
	if item.GetOrigin() == "" || len(sources) == 0 ||
		slices.ContainsFunc(sources, func(p *licensingv1.Place) bool { return p.GetCountry() == item.GetOrigin() }) {
		return
	}
	m.raise("DX19", item.GetNumber(), routeWord(sources), item.GetOrigin(), "item %d originates in %s, and licence %s is for goods of %s", item.GetNumber(), item.GetOrigin(), m.Licence.GetId(), routeWord(sources))
}

// mostApart is how many times a unit may be worth more, or less, than what the licence has it be worth (DX24). It is wide: prices
// are agreed, and a slip of the decimal point is what is looked for.
const mostApart = 10

// value raises DX24 for another currency than the line's, and for a worth per unit that is more than mostApart times off.
func (m *match) value(item *customsv1.Item, l *transferv1.Line) {
	n, declared, licensed := item.GetNumber(), item.GetValue(), l.GetValue()
	if declared == nil || licensed == nil {
		return
	}
	if declared.GetCurrency() != licensed.GetCurrency() {
		m.raise("DX24", n, licensed.GetCurrency(), declared.GetCurrency(), "item %d is valued in %s, and line %d in %s", n, declared.GetCurrency(), l.GetNumber(), licensed.GetCurrency())
		return
	}
	if !sameUnit(item, l) || item.GetQuantity().GetThousandths() <= 0 || l.GetQuantity().GetThousandths() <= 0 {
		return
	}
	quantity, _ := refdata.Convert(item.GetQuantity().GetThousandths(), item.GetQuantity().GetUnit(), l.GetQuantity().GetUnit())
	if quantity <= 0 {
		return
	}
	each := new(big.Rat).SetFrac64(declared.GetMinor(), quantity)
	expected := new(big.Rat).SetFrac64(licensed.GetMinor(), l.GetQuantity().GetThousandths())
	times := big.NewRat(mostApart, 1)
	if each.Cmp(new(big.Rat).Mul(expected, times)) > 0 || expected.Cmp(new(big.Rat).Mul(each, times)) > 0 {
		thousand := big.NewRat(1000, 1)
		a, b := new(big.Rat).Mul(expected, thousand).FloatString(0), new(big.Rat).Mul(each, thousand).FloatString(0)
		m.raise("DX24", n, a, b, "item %d is worth %s minor units of %s a %s, and line %d has %s", n, b, declared.GetCurrency(), l.GetQuantity().GetUnit(), l.GetNumber(), a)
	}
}

func number(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
