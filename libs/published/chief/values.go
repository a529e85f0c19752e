package chief

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/refdata"
)

// Number is a whole number as written, in digits.
type Number string

// Int returns its value, or 0 where it is no number.
func (n Number) Int() int {
	if !digits(string(n), len(n)) {
		return 0
	}
	i, _ := strconv.Atoi(string(n))
	return i
}

// NumberOf writes a number, which is not negative.
func NumberOf(n int) Number { return Number(strconv.Itoa(n)) }

// Date is a day as written, ccyymmdd.
type Date string

// NoEnd is the end of licences that have none.
const NoEnd Date = "20770101"

const dateLayout, stampLayout = "20060102", "200601021504"

// Time returns the day as midnight UTC, which stands for no zone.
func (d Date) Time() (time.Time, error) { return parseTime(dateLayout, string(d)) }

// DateOf writes the day that t is in its own zone.
func DateOf(t time.Time) Date { return Date(t.Format(dateLayout)) }

// Stamp is a minute as written, ccyymmddhhmm: British local time, without a zone.
type Stamp string

// Time returns the minute in UTC, which stands for no zone.
func (s Stamp) Time() (time.Time, error) { return parseTime(stampLayout, string(s)) }

// StampOf writes the minute that t is in its own zone.
func StampOf(t time.Time) Stamp { return Stamp(t.Format(stampLayout)) }

func parseTime(layout, text string) (time.Time, error) {
	t, err := time.Parse(layout, text)
	if err != nil || !digits(text, len(layout)) {
		return time.Time{}, fault.Errorf(fault.Invalid, "%s is no date in the form %s", show(text),
			strings.NewReplacer(stampLayout, "ccyymmddhhmm", dateLayout, "ccyymmdd").Replace(layout))
	}
	return t, nil
}

// Quantity is an exact decimal as written, such as 16163.996.
type Quantity string

// Thousandths returns its exact value; 0 for an empty text. It fails where there are more than three decimals that are
// not zero, and where the value is beyond int64.
func (q Quantity) Thousandths() (int64, error) {
	if q == "" {
		return 0, nil
	}
	n, err := scaled(string(q), 3)
	if err != nil {
		return 0, fault.Errorf(fault.Invalid, "the quantity %s %v; write it with up to three decimals", show(string(q)), err)
	}
	return n, nil
}

// Money is an exact amount as written.
type Money string

// Minor returns its exact value in minor units of the ISO 4217 currency; 0 for an empty text. It fails where there are more
// decimals than the currency has, where the value is beyond int64, and for an amount other than zero without a currency
// that is known.
func (m Money) Minor(currency string) (int64, error) {
	if m == "" {
		return 0, nil
	}
	decimals, ok := refdata.CurrencyExponent(currency)
	n, err := scaled(string(m), decimals)
	switch {
	case !ok && (n != 0 || err != nil):
		return 0, fault.Errorf(fault.Invalid, "%s is no currency that is known: give the ISO 4217 code of the amount %s", show(currency), show(string(m)))
	case err != nil:
		return 0, fault.Errorf(fault.Invalid, "the amount %s %v; write it with the %d decimals of %s", show(string(m)), err, decimals, currency)
	}
	return n, nil
}

// maxDecimals is the most that a currency has.
const maxDecimals = 4

var (
	errNoNumber = errors.New("is no number in digits with a decimal point")
	errDecimals = errors.New("has more decimals than can be counted with")
	errOverflow = errors.New("is too large to be counted with")
)

// scaled returns a decimal times 10 to the power of decimals. Its errors are half sentences.
func scaled(text string, decimals int) (int64, error) {
	whole, fraction, point := strings.Cut(text, ".")
	if !digits(whole, len(whole)) || point && !digits(fraction, len(fraction)) {
		return 0, errNoNumber
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > decimals {
		return 0, errDecimals
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", decimals-len(fraction)), 10, 64)
	if err != nil {
		return 0, errOverflow
	}
	return n, nil
}

// add returns the sum, or false where it is beyond int64.
func add(a, b int64) (int64, bool) {
	if b > 0 && a > math.MaxInt64-b || b < 0 && a < math.MinInt64-b {
		return 0, false
	}
	return a + b, true
}

// digits reports whether the text is of one to limit digits.
func digits(text string, limit int) bool {
	if text == "" || len(text) > limit {
		return false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// form says what is wrong with a text that is not empty: a code and half a sentence, or nothing.
type form func(text string) (Code, string)

var (
	anyText = upTo(MaxRecord)
	upTo8   = upTo(maxSystem)
	upTo17  = upTo(maxTransactionRef)
	upTo35  = upTo(35)
	upTo80  = upTo(80)
	upTo6   = upTo(6)
	upTo130 = upTo(maxErrorText)

	actionForm = oneOf(Insert, Replace, Cancel)
	insertForm = oneOf(Insert)
	tradeForm  = oneOf("E", "I")
	flagForm   = oneOf("Y", "N")

	upTo5Digits = upToDigits(5)
	upTo7Digits = upToDigits(7)
)

// upTo is text of so many characters; bytes where it is no UTF-8.
func upTo(limit int) form {
	return func(text string) (Code, string) {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return CharacterNotAllowed, "has a control character"
		}
		n := len(text)
		if n > limit && utf8.ValidString(text) {
			n = utf8.RuneCountInString(text)
		}
		if n > limit {
			return TextTooLong, "has " + strconv.Itoa(n) + " characters, more than " + strconv.Itoa(limit)
		}
		return "", ""
	}
}

func upToDigits(limit int) form {
	return func(text string) (Code, string) {
		if !digits(text, limit) {
			return NumberInvalid, "is no number of up to " + strconv.Itoa(limit) + " digits"
		}
		return "", ""
	}
}

func quantityForm(text string) (Code, string) {
	if _, err := scaled(text, 3); err != nil {
		return NumberInvalid, err.Error()
	}
	return "", ""
}

// moneyForm leaves to Money.check whether the amount can be counted with in its currency.
func moneyForm(text string) (Code, string) {
	if _, err := scaled(text, maxDecimals); err != nil && err != errOverflow {
		return NumberInvalid, err.Error()
	}
	return "", ""
}

func dateForm(text string) (Code, string) {
	if _, err := Date(text).Time(); err != nil {
		return DateInvalid, "is no date ccyymmdd"
	}
	return "", ""
}

func stampForm(text string) (Code, string) {
	if _, err := Stamp(text).Time(); err != nil {
		return DateInvalid, "is no date and time ccyymmddhhmm"
	}
	return "", ""
}

// oneOf is a code of a short list.
func oneOf(codes ...string) form {
	return func(text string) (Code, string) {
		if !slices.Contains(codes, text) {
			return CodeUnknown, "is none of " + strings.Join(codes, ", ")
		}
		return "", ""
	}
}

func countryForm(text string) (Code, string) {
	if len(text) != 2 || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return CodeUnknown, "is no country code of two capital letters"
	}
	return "", ""
}

func currencyForm(text string) (Code, string) {
	if _, ok := refdata.CurrencyExponent(text); !ok {
		return CodeUnknown, "is no currency of ISO 4217"
	}
	return "", ""
}

// unitForm lets pass what is not of three digits too, which is remarked on.
func unitForm(text string) (Code, string) {
	if !digits(text, 3) {
		return CodeUnknown, "is no unit of three digits"
	}
	return "", ""
}

// check notes what moneyForm let pass, in a currency that may be empty.
func (m Money) check(p *parser, currency string) {
	decimals, ok := refdata.CurrencyExponent(currency)
	if !ok {
		decimals = maxDecimals
	}
	switch _, err := scaled(string(m), decimals); err {
	case errDecimals, errOverflow:
		p.fault(NumberInvalid, "the amount %s %v", show(string(m)), err)
	}
	if !ok && currency == "" && strings.Trim(string(m), "0.") != "" {
		p.remark("an amount without a currency")
	}
}
