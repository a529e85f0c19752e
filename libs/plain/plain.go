// Package plain writes values as text where the language plays no part, as commands print them and pages show them, and reads amounts
// from it.
package plain

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/refdata"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Enum returns the value's name in lower case without the prefix that its type gives it, as filters take it.
func Enum(value protoreflect.Enum) string {
	known := value.Descriptor().Values().ByNumber(value.Number())
	if known == nil {
		return strconv.Itoa(int(value.Number()))
	}
	zero := string(value.Descriptor().Values().ByNumber(0).Name())
	return strings.ToLower(strings.TrimPrefix(string(known.Name()), strings.TrimSuffix(zero, "UNSPECIFIED")))
}

// Date returns the day, and the time when it is not midnight; everything is UTC.
func Date(at *timestamppb.Timestamp) string {
	if at == nil {
		return ""
	}
	t := at.AsTime()
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02T15:04:05Z")
}

// Money returns an amount in the currency's major unit: "1234.50 GBP".
func Money(m *transferv1.Money) string {
	if m == nil {
		return ""
	}
	return Amount(m.Minor, m.Currency)
}

// Amount returns an amount given in a currency's minor unit, in its major one: "1234.50 GBP". A currency that ISO 4217 does not have is
// written with two decimals.
func Amount(minor int64, code string) string {
	scale, known := refdata.CurrencyExponent(code)
	if !known {
		scale = 2
	}
	return Decimal(minor, scale) + " " + code
}

// Quantity returns an amount with its unit: "12.5 KGM".
func Quantity(q *transferv1.Quantity) string {
	if q == nil {
		return ""
	}
	text := Decimal(q.Thousandths, 3)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + " " + q.Unit
}

// Decimal writes n/10^scale exactly.
func Decimal(n int64, scale int) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	if scale == 0 {
		return sign + digits
	}
	digits = strings.Repeat("0", max(0, scale+1-len(digits))) + digits
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}

// ParseDecimal reads a number that is not below 0, exactly, as so many 10^-scale; false for anything else.
func ParseDecimal(text string, scale int) (int64, bool) {
	whole, rest, _ := strings.Cut(text, ".")
	if len(rest) > scale || whole == "" || strings.ContainsAny(text, "+-") {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+rest+strings.Repeat("0", scale-len(rest)), 10, 64)
	return n, err == nil
}

// Kind returns "LicenceGranted" of "counterfoil.licensing.v1.LicenceGranted".
func Kind(kind string) string { return kind[strings.LastIndexByte(kind, '.')+1:] }

// Age returns how long ago something was, in the two largest units.
func Age(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24)
}

// Word returns a word of a command line as a shell reads it back.
func Word(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@+") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
