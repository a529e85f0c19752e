package names

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-unidecode"
	"golang.org/x/text/unicode/norm"
)

// field is what stands between separators, in Latin letters, digits, full stops and slashes.
type field struct {
	text  string
	bare  bool // its script leaves vowels out
	aside bool // it stands in brackets
}

// fields writes a name in Latin letters and cuts it at its separators.
func fields(name string) []field {
	if !ascii(name) {
		name = norm.NFKD.String(strings.ToValidUTF8(name, ""))
	}
	c := cutter{text: make([]byte, 0, 32)}
	for _, r := range name {
		if len(c.fields) >= maxTokens {
			return c.fields
		}
		switch {
		case r < utf8.RuneSelf:
			c.add(byte(r))
		case unicode.Is(unicode.Mn, r), r == '’', r == '‘', r == '´', r == '′', unicode.Is(unicode.Lm, r):
			// Marks go, and apostrophes join what they part.
		case unicode.In(r, unicode.Arabic, unicode.Hebrew):
			c.addBare(r)
		case unicode.IsLetter(r), unicode.IsDigit(r):
			c.addAll(unidecode.Unidecode(string(r)))
		default:
			c.end()
		}
	}
	c.end()
	return c.fields
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// cutter collects fields letter by letter.
type cutter struct {
	fields []field
	text   []byte
	bare   bool
	aside  bool
}

func (c *cutter) end() {
	if len(c.text) > 0 {
		c.fields = append(c.fields, field{string(c.text), c.bare, c.aside})
	}
	c.text, c.bare = c.text[:0], false
}

func (c *cutter) add(b byte) {
	switch {
	case b >= 'a' && b <= 'z', b >= '0' && b <= '9', b == '.' || b == '/':
		c.text = append(c.text, b)
	case b >= 'A' && b <= 'Z':
		c.text = append(c.text, b+'a'-'A')
	case b == '\'' || b == '`':
	case b == '&':
		c.end()
		c.addAll("and")
		c.end()
	default:
		c.end()
		c.aside = b == '(' || c.aside && b != ')'
	}
}

func (c *cutter) addAll(latin string) {
	for i := range len(latin) {
		c.add(latin[i])
	}
}

// vowels are letters of Arabic and Hebrew that the transliteration leaves out or writes as punctuation.
var vowels = map[rune]byte{'ا': 'a', 'ٱ': 'a', 'ة': 'a', 'ع': 'a', 'ى': 'a', 'א': 'a', 'ע': 'a'}

func (c *cutter) addBare(r rune) {
	if !unicode.IsLetter(r) {
		c.addAll(unidecode.Unidecode(string(r)))
		return
	}
	c.bare = true
	if b, ok := vowels[r]; ok {
		c.add(b)
		return
	}
	for _, b := range []byte(unidecode.Unidecode(string(r))) {
		if b|0x20 >= 'a' && b|0x20 <= 'z' {
			c.add(b)
		}
	}
}
