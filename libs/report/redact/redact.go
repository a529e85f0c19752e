// Package redact finds what is hidden in a report in text that is about to be handed out. Its functions depend on their arguments alone.
package redact

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/counterfoil/counterfoil/libs/refdata"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Leak is a hidden value that stands in a text.
type Leak struct {
	// Id of the row.
	Row string
	// "quantity", "value" or "description".
	What string
}

// Find returns what of the rows' hidden values stands in one of the texts: a quantity or value as a number in any usual spelling
// (1234567, 1,234,567, 1 234 567, 1.234.567, with or without its decimals, or rounded to the whole), a description whatever its case
// and punctuation. A number that stands there by chance is found too: who writes has to say it otherwise. Numbers in words, sums and
// differences are not found.
func Find(rows []*reportingv1.Row, texts ...string) (leaks []Leak) {
	numbers, words := map[number]bool{}, []string{}
	for _, t := range texts {
		for _, n := range numbersIn(strip(t)) {
			numbers[n] = true
		}
		words = append(words, Words(t))
	}
	told := func(n number) bool { return numbers[n] }
	for _, r := range rows {
		h := r.GetHidden()
		add := func(hidden bool, what string, stands bool) {
			if (hidden || h.GetRow()) && stands {
				leaks = append(leaks, Leak{r.GetId(), what})
			}
		}
		add(h.GetQuantity(), "quantity", slices.ContainsFunc(quantities(r.GetAmounts()), told))
		add(h.GetValue(), "value", slices.ContainsFunc(values(r.GetAmounts()), told))
		add(h.GetDescription(), "description", slices.ContainsFunc(descriptions(r), func(d string) bool {
			return slices.ContainsFunc(words, func(text string) bool { return strings.Contains(text, d) })
		}))
	}
	return leaks
}

// number is a decimal number: its digits without leading zeros, and those after the point without trailing ones.
type number struct{ whole, fraction string }

func numberOf(whole, fraction string) number {
	return number{strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")}
}

// spelled are a number of so many decimals as it may be told: exactly, without its decimals, and rounded to the whole.
func spelled(n int64, decimals int) []number {
	if n < 0 {
		n = -n
	}
	unit := int64(1)
	for range decimals {
		unit *= 10
	}
	whole, rest := n/unit, n%unit
	fraction := ""
	if decimals > 0 {
		fraction = fmt.Sprintf("%0*d", decimals, rest)
	}
	list := []number{numberOf(fmt.Sprint(whole), fraction)}
	if rest > 0 && whole > 0 {
		list = append(list, numberOf(fmt.Sprint(whole), ""), numberOf(fmt.Sprint(whole+1), ""))
	}
	return list
}

func quantities(a *reportingv1.Amounts) (list []number) {
	for _, q := range a.GetQuantities() {
		list = append(list, spelled(q.GetThousandths(), 3)...)
	}
	return list
}

// values are in major units, and in the minor ones that files have.
func values(a *reportingv1.Amounts) (list []number) {
	for _, v := range a.GetValues() {
		decimals, ok := refdata.CurrencyExponent(v.GetCurrency())
		if !ok {
			decimals = 2
		}
		list = append(append(list, spelled(v.GetMinor(), decimals)...), spelled(v.GetMinor(), 0)...)
	}
	return list
}

func descriptions(r *reportingv1.Row) (list []string) {
	all := []string{r.GetDescription()}
	form, of := formsWith(r.GetTable())
	for i, d := range form.Dimensions {
		if of && d == "description" && i < len(r.GetKeys()) {
			all = append(all, r.GetKeys()[i])
		}
	}
	for _, d := range all {
		if d = Words(d); strings.TrimSpace(d) != "" {
			list = append(list, d)
		}
	}
	return list
}

// formsWith is the table with a name; a table of that name has the same dimensions in every report.
func formsWith(table string) (report.Table, bool) {
	for _, f := range report.Forms() {
		if t, _, ok := f.Table(table); ok {
			return t, true
		}
	}
	return report.Table{}, false
}

// strip takes out what is not seen, and writes every digit in ASCII.
func strip(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsDigit(r):
			return '0' + digit(r)
		}
		return r
	}, text)
}

// digit is the value of a decimal digit of any script: they stand in tens, from zero on.
func digit(r rune) rune {
	n := rune(0)
	for unicode.IsDigit(r - n - 1) {
		n++
	}
	return n % 10
}

// Words is a text as its words in small letters, each with a space before and after, without case, punctuation and what is not seen.
func Words(text string) string {
	words := strings.FieldsFunc(strings.ToLower(strip(text)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
	return " " + strings.Join(words, " ") + " "
}
