package marks

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-unidecode"
	"golang.org/x/text/unicode/norm"
)

// Normalize returns the key under which a serial is kept, so that readings of one serial that are taken for each other share it:
// upper case; spaces, hyphens, dots, slashes and accents left out; decimal digits of every script as 0 to 9; Cyrillic letters that
// look like Latin ones as those, and other letters transliterated; then O as 0, I as 1 and B as 8. Other signs stay, since some
// makers use them, as do "?" and "*" for what could not be read. It is empty for a text of separators alone. A key is for finding
// candidates, which Compare judges; what is kept is the text as it was read.
func Normalize(serial string) (key string) { return fold(plain(serial)) }

// plain leaves out how a serial is set: its case, its separators and the script of its digits.
func plain(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(s, "\uFFFD")) {
		switch {
		case separates(r):
		case unicode.Is(unicode.Nd, r):
			b.WriteByte(digit(r))
		default:
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return b.String()
}

func separates(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Mn, unicode.Cf, unicode.Cc) || strings.ContainsRune(`./\−·⁄`, r)
}

// digit is the value of a decimal digit. Unicode has those of a script in a row, from zero.
func digit(r rune) byte {
	for _, row := range unicode.Nd.R16 {
		if r >= rune(row.Lo) && r <= rune(row.Hi) {
			return '0' + byte((r-rune(row.Lo))%10)
		}
	}
	for _, row := range unicode.Nd.R32 {
		if r >= rune(row.Lo) && r <= rune(row.Hi) {
			return '0' + byte((r-rune(row.Lo))%10)
		}
	}
	panic("marks: no decimal digit")
}

// lookAlikes are capital Cyrillic letters with the shape of a Latin one, whatever their sound.
var lookAlikes = map[rune]byte{'А': 'A', 'В': 'B', 'Е': 'E', 'К': 'K', 'М': 'M', 'Н': 'H', 'О': 'O', 'Р': 'P', 'С': 'C', 'Т': 'T', 'У': 'Y',
	'Х': 'X', 'І': 'I', 'Ј': 'J', 'Ѕ': 'S'}

// fold makes characters of a plain serial equal that are taken for each other.
func fold(plain string) string {
	var b strings.Builder
	for _, r := range plain {
		latin, known := lookAlikes[r]
		switch {
		case known:
			b.WriteByte(ambiguous(latin))
		case r < utf8.RuneSelf:
			b.WriteByte(ambiguous(byte(r)))
		case unicode.IsLetter(r):
			b.WriteString(transliterate(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// ambiguous is the character that stands for those that look like it (docs/tracing.md: O/0, I/1, B/8).
func ambiguous(c byte) byte {
	switch c {
	case 'O':
		return '0'
	case 'I':
		return '1'
	case 'B':
		return '8'
	}
	return c
}

// transliterate writes a letter in Latin ones. One that has none stays.
func transliterate(r rune) string {
	var b strings.Builder
	for _, c := range strings.ToUpper(unidecode.Unidecode(string(unicode.ToLower(r)))) {
		if c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			b.WriteByte(ambiguous(byte(c)))
		}
	}
	if b.Len() == 0 {
		return string(r)
	}
	return b.String()
}

// serials compares two serials.
func serials(a, b string) relation {
	x, y := plain(a), plain(b)
	if x == y && readable(x) && !strings.ContainsAny(x, unread) {
		return equal
	}
	return texts(fold(x), fold(y))
}

// models compares two models, or two other texts that are stamped: equal when they share a key.
func models(a, b string) relation {
	if says := texts(Normalize(a), Normalize(b)); says != alike {
		return says
	}
	return equal
}

// unread are the characters that stand for what could not be read.
const unread = "?*"

func readable(key string) bool { return strings.Trim(key, unread) != "" }

// texts compares two keys.
func texts(x, y string) relation {
	switch {
	case !readable(x) || !readable(y):
		return missing
	case !strings.ContainsAny(x+y, unread) && x == y:
		return alike
	case strings.ContainsAny(x+y, unread) && overlap([]rune(x), []rune(y)):
		return unsure
	}
	return conflict
}

// overlap reports whether some text fits both of two patterns, in which "?" is any character and "*" any run of them.
func overlap(a, b []rune) bool {
	var before []bool // of the rest of a without its first character, with each rest of b
	for i := len(a); i >= 0; i-- {
		fits := make([]bool, len(b)+1)
		for j := len(b); j >= 0; j-- {
			moreA, moreB := i < len(a), j < len(b)
			switch {
			case moreA && a[i] == '*', moreB && b[j] == '*':
				fits[j] = moreA && before[j] || moreB && fits[j+1]
			case moreA && moreB:
				fits[j] = before[j+1] && (a[i] == b[j] || a[i] == '?' || b[j] == '?')
			default:
				fits[j] = !moreA && !moreB
			}
		}
		before = fits
	}
	return before[0]
}
