// Package render writes editions of reports as what people hold in their hands: spreadsheets, CSV, JSON, pages and charts, in the six
// languages of the Treaty.
//
// It writes what an edition has and takes nothing out: who renders for others renders what report.Edition returns. The same edition
// with the same options gives the same bytes.
package render

import (
	"cmp"
	"strconv"
	"strings"
	"unicode"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Options are how an edition is written.
type Options struct {
	// One of Languages; empty: English, and of CSV the heads and values that programs read.
	Language string
	// Names that take the place of CLDR's, by language and ISO 3166-1 alpha-2 code.
	Countries map[string]map[string]string
	// Register gives an annual report the titles of the UN Register, which renamed categories IV and V after 2014.
	Register bool
	// Submitted is the day of submission, yyyy-mm-dd, for the title page; empty: left to be filled in.
	Submitted string
	// Others are editions of the same report for other years, for the charts.
	Others []*reportingv1.Content
}

func (o Options) language() string { return cmp.Or(o.Language, "en") }

// registerName is the report whose titles of categories IV and V are those after 2014 (docs/report-forms.md).
const registerName = "un-register"

func (o Options) words(c *reportingv1.Content) (words, error) {
	w, err := wordsIn(o.Language)
	w.registerCategories = o.reportName(c) == registerName
	return w, err
}

func (o Options) reportName(c *reportingv1.Content) string {
	if o.Register {
		return registerName
	}
	return c.GetTitle().GetReport()
}

// clean is a text as it may stand in any of the forms: line ends and tabs stay; other controls, marks that turn the direction of
// writing, and bytes that are no UTF-8 do not.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.IsControl(r) || r == '\ufffe' || r == '\uffff' || turns(r):
			return -1
		}
		return r
	}, s)
}

// turns reports whether a character sets the direction of what follows it.
func turns(r rune) bool {
	return r == '\u061c' || r == '\u200e' || r == '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// decimal writes n/10^decimals exactly, with a point.
func decimal(n int64, decimals int) string {
	digits, sign := strconv.FormatInt(n, 10), ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	if decimals == 0 {
		return sign + digits
	}
	digits = strings.Repeat("0", max(0, decimals+1-len(digits))) + digits
	return sign + digits[:len(digits)-decimals] + "." + digits[len(digits)-decimals:]
}
