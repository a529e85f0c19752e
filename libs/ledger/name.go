package ledger

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// FoldName returns a party's or place's name as it is compared: lower case, letters and digits only, in words with
// single spaces between them, without diacritics.
func FoldName(name string) string {
	var b strings.Builder
	b.Grow(len(name))
	pending := false // a space before the next letter
	keep := func(r rune) {
		if pending && b.Len() > 0 {
			b.WriteByte(' ')
		}
		pending = false
		b.WriteRune(r)
	}
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c >= 0x80:
			foldUnicode(name[i:], keep, &pending)
			return b.String()
		case 'A' <= c && c <= 'Z':
			keep(rune(c) + 'a' - 'A')
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			keep(rune(c))
		default:
			pending = true
		}
	}
	return b.String()
}

func foldUnicode(name string, keep func(rune), pending *bool) {
	for _, r := range norm.NFKD.String(name) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r), unicode.IsDigit(r):
			for _, l := range strings.ToLower(string(r)) {
				if !unicode.Is(unicode.Mn, l) {
					keep(l)
				}
			}
		default:
			*pending = true
		}
	}
}

// enumNames are an enum's values by number, as attributes have them: "TRANS_SHIPMENT" of KIND_TRANS_SHIPMENT in lower
// case; the unspecified value is empty.
type enumNames []string

func namesOf(enum protoreflect.Enum) enumNames {
	values := enum.Descriptor().Values()
	prefix := strings.TrimSuffix(string(values.ByNumber(0).Name()), "UNSPECIFIED")
	names := make(enumNames, values.Len())
	for i := 1; i < values.Len(); i++ {
		v := values.Get(i)
		names[v.Number()] = strings.ToLower(strings.TrimPrefix(string(v.Name()), prefix))
	}
	return names
}

// of returns the value's name; a value that this program does not know is its number.
func (n enumNames) of(number protoreflect.EnumNumber) string {
	if number >= 0 && int(number) < len(n) {
		return n[number]
	}
	return strconv.Itoa(int(number))
}

var years = func() (names [400]string) {
	for i := range names {
		names[i] = strconv.Itoa(firstYear + i)
	}
	return names
}()

const firstYear = 1800

// yearOf returns the date's year in UTC; nothing of no date.
func yearOf(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return yearName(time.Unix(t.Seconds, 0).UTC().Year())
}

func yearName(year int) string {
	if year >= firstYear && year < firstYear+len(years) {
		return years[year-firstYear]
	}
	return strconv.Itoa(year)
}
