package plain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// formulaStarts are what a spreadsheet takes for the beginning of a formula, in both widths.
const formulaStarts = "=+-@\uff1d\uff0b\uff0d\uff20"

// Harmless is a text that no spreadsheet takes for a formula, for the cells of CSV: one that would be, or that begins with an apostrophe,
// has an apostrophe before it. Without the first apostrophe every text is as it was.
func Harmless(s string) string {
	first, size := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, unicode.IsSpace))
	if strings.HasPrefix(s, "'") || size > 0 && strings.ContainsRune(formulaStarts, first) {
		return "'" + s
	}
	return s
}
