package matching

import (
	"slices"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/refdata"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// findLines finds each item's line: the one that it names, else the only one that is left by rating and HS6, then by model, then by
// unit (docs/border.md). Of several lines one is taken only by rating, HS6 or model, never by its unit alone. Where none
// is taken, lines are suggested.
func (m *match) findLines() {
	for _, item := range m.d.GetItems() {
		lines := m.Licence.GetDeal().GetLines()
		if named := item.GetLicenceLine(); named != 0 {
			if slices.ContainsFunc(lines, func(l *transferv1.Line) bool { return l.GetNumber() == named }) {
				m.Lines[item.GetNumber()] = named
			} else {
				m.raise("DX01", item.GetNumber(), "a line of the licence", number(named), "item %d is declared against line %d, which licence %s does not have", item.GetNumber(), named, m.Licence.GetId())
			}
			continue
		}
		fitting := keep(lines, func(l *transferv1.Line) bool { return fits(item, l) })
		if left := narrow(fitting, item); len(left) == 1 && (len(lines) == 1 || len(likeness(item, left[0])) > 0) {
			m.Lines[item.GetNumber()] = left[0].GetNumber()
			continue
		}
		if len(fitting) == 0 {
			m.raise("DX01", item.GetNumber(), "a line of the licence", goodsWord(item), "no line of licence %s is for item %d (%s); name the line, or ask the declarant", m.Licence.GetId(), item.GetNumber(), goodsWord(item))
			fitting = keep(lines, func(l *transferv1.Line) bool { return len(likeness(item, l)) > 0 })
		}
		for _, l := range fitting {
			m.Suggestions = append(m.Suggestions, &customsv1.Suggestion{
				Item: item.GetNumber(), LicenceId: m.Licence.GetId(), LicenceLine: l.GetNumber(), Reasons: likeness(item, l),
			})
		}
	}
}

// fits reports whether neither rating nor HS6 speaks against a line; what one side does not state does not.
func fits(item *customsv1.Item, l *transferv1.Line) bool {
	return (unrated(item.GetRating()) || unrated(l.GetRating()) || sameRating(item.GetRating(), l.GetRating())) &&
		(item.GetHsCode() == "" || l.GetHsCode() == "" || sameHS(item.GetHsCode(), l.GetHsCode()))
}

// narrow keeps, of several lines, those of the item's model if there are any, and of these those of a unit that its quantity can be
// counted in.
func narrow(lines []*transferv1.Line, item *customsv1.Item) []*transferv1.Line {
	for _, is := range []func(*transferv1.Line) bool{
		func(l *transferv1.Line) bool { return sameModel(item, l) },
		func(l *transferv1.Line) bool { return sameUnit(item, l) },
	} {
		if some := keep(lines, is); len(lines) > 1 && len(some) > 0 {
			lines = some
		}
	}
	return lines
}

// likeness are the reasons to take a line for an item's.
func likeness(item *customsv1.Item, l *transferv1.Line) (reasons []string) {
	if !unrated(item.GetRating()) && sameRating(item.GetRating(), l.GetRating()) {
		reasons = append(reasons, "rating "+l.GetRating())
	}
	if item.GetHsCode() != "" && sameHS(item.GetHsCode(), l.GetHsCode()) {
		reasons = append(reasons, "HS code "+l.GetHsCode())
	}
	if sameModel(item, l) {
		reasons = append(reasons, "model "+l.GetModel())
	}
	if len(reasons) > 0 && sameUnit(item, l) {
		reasons = append(reasons, "counted in "+l.GetQuantity().GetUnit())
	}
	return reasons
}

// sameRating compares at the letter (refdata.Rating.AtLetter); ratings that cannot be read are compared as they are written.
func sameRating(a, b string) bool {
	x, errX := refdata.ParseRating(a)
	y, errY := refdata.ParseRating(b)
	if errX != nil || errY != nil {
		return bare(a) == bare(b)
	}
	return x.AtLetter() == y.AtLetter()
}

func unrated(rating string) bool { return bare(rating) == "" }

// sameHS compares the six digits that are international.
func sameHS(a, b string) bool { return hs6(a) == hs6(b) }

func hs6(code string) string { return code[:min(6, len(code))] }

func sameModel(item *customsv1.Item, l *transferv1.Line) bool {
	model := ledger.FoldName(item.GetModel())
	return model != "" && model == ledger.FoldName(l.GetModel())
}

func sameUnit(item *customsv1.Item, l *transferv1.Line) bool {
	if item.GetQuantity() == nil || l.GetQuantity() == nil {
		return false
	}
	_, ok := refdata.Convert(item.GetQuantity().GetThousandths(), item.GetQuantity().GetUnit(), l.GetQuantity().GetUnit())
	return ok
}

func keep(lines []*transferv1.Line, is func(*transferv1.Line) bool) (some []*transferv1.Line) {
	for _, l := range lines {
		if is(l) {
			some = append(some, l)
		}
	}
	return some
}

// goodsWord is an item as a sentence names it.
func goodsWord(item *customsv1.Item) string {
	text := item.GetRating()
	for _, more := range []string{item.GetHsCode(), item.GetModel()} {
		if text != "" && more != "" {
			text += ", "
		}
		text += more
	}
	if text == "" {
		return "neither rating nor HS code is stated"
	}
	return text
}
