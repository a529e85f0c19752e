package plain

import (
	"regexp"
	"strings"

	"github.com/counterfoil/counterfoil/libs/refdata"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// written is a number with or without its unit; only a unit that begins with a letter may follow without a space.
var written = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(?: +([A-Za-z0-9]{2,3})|([A-Za-z][A-Za-z0-9]{1,2}))?$`)

var (
	// thousands is a number whose dot may stand between thousands; Quantity writes none such.
	thousands = regexp.MustCompile(`^0*[1-9][0-9]*\.[0-9]{2}0$`)
	// threeDigits are no unit, but the end of a number with a space between thousands.
	threeDigits = regexp.MustCompile(`^[0-9]{3}$`)
)

// ParseQuantity reads a number of at most three decimals with its unit of UN/ECE Recommendation 20, "12.5 KGM" or "12.5kgm", or without
// one in a unit given; false for anything else, such as 1,000 and 1 000, and of pieces 1.000, which many write for a
// thousand. A unit is one by its form, whether or not it is in use.
func ParseQuantity(text, unit string) (*transferv1.Quantity, bool) {
	number, unit := apart(text, unit)
	n, ok := ParseDecimal(number, 3)
	if !ok || unit == "" || threeDigits.MatchString(unit) || thousands.MatchString(number) && counts(unit) {
		return nil, false
	}
	return &transferv1.Quantity{Thousandths: n, Unit: unit}, true
}

// counts reports whether a unit is a single thing.
func counts(unit string) bool {
	one, ok := refdata.Convert(1, unit, "H87")
	return ok && one == 1
}

// ParseMoney reads an amount with its currency of ISO 4217, "1200.50 EUR", or without one in a currency given, with at most the decimals
// that the currency has; false for anything else.
func ParseMoney(text, currency string) (*transferv1.Money, bool) {
	number, currency := apart(text, currency)
	scale, known := refdata.CurrencyExponent(currency)
	n, ok := ParseDecimal(number, scale)
	if !ok || !known {
		return nil, false
	}
	return &transferv1.Money{Minor: n, Currency: currency}, true
}

// apart takes a number and its unit apart; the unit is otherwise where none is written. What is neither has no number.
func apart(text, otherwise string) (number, unit string) {
	m := written.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return "", ""
	}
	if unit = strings.ToUpper(m[2] + m[3]); unit == "" {
		unit = otherwise
	}
	return m[1], unit
}
