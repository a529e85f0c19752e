package plain_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/plain"
)

func TestHarmless(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "",
		"XA":               "XA",
		"a=b":              "a=b",
		"=1+1":             "'=1+1",
		"-1":               "'-1",
		"+1":               "'+1",
		"@SUM(A1)":         "'@SUM(A1)",
		" \t\r\n=1":        "' \t\r\n=1",
		"\u00a0\u3000=1":   "'\u00a0\u3000=1",
		"\uff1d1\uff0b1":   "'\uff1d1\uff0b1",
		"\uff20SUM(A1)":    "'\uff20SUM(A1)",
		"'s-Hertogenbosch": "''s-Hertogenbosch",
	} {
		if got := plain.Harmless(text); got != want {
			t.Errorf("Harmless(%q) = %q, want %q", text, got, want)
		}
	}
}

// No text stays a formula, and without the first apostrophe each is as it was.
func TestHarmlessKeepsTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching("[ \t\u3000']{0,2}[-=+@\uff1d\uff0b\uff0d\uff20'a]?.{0,3}")).Draw(t, "text")
		got := plain.Harmless(text)
		if strings.TrimPrefix(got, "'") != text {
			t.Errorf("%q became %q", text, got)
		}
		if first := strings.TrimLeftFunc(got, unicode.IsSpace); first != "" && strings.ContainsRune("=+-@\uff1d\uff0b\uff0d\uff20", []rune(first)[0]) {
			t.Errorf("%q is a formula", got)
		}
	})
}
