package marks

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// calibre is a calibre taken apart as far as it can be. Two of another measure are never a contradiction: .308 and 7.62 mm, 12 gauge
// and 18.5 mm are names of one bore.
type calibre struct {
	text    string // without blanks, in lower case
	measure string // "mm" or "in"; empty where the text does not say
	bore    string
	length  string // of the case, in millimetres; often empty
	rest    string // what follows, such as "r" or "parabellum"
}

var (
	metric = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(mm)?(?:x([0-9]+(?:\.[0-9]+)?)(?:mm)?)?(.*)$`)
	inches = regexp.MustCompile(`^0?(\.[0-9]+)(.*)$`)
	times  = strings.NewReplacer("×", "x", "х", "x", "*", "x", ",", ".", "мм", "mm", "calibre", "", "caliber", "", "cal.", "")
)

func parseCalibre(s string) calibre {
	squeezed := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' || unicode.In(r, unicode.Mn, unicode.Cf, unicode.Cc) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(s))
	c := calibre{text: times.Replace(squeezed)}
	if m := inches.FindStringSubmatch(c.text); m != nil {
		c.measure, c.bore, c.rest = "in", trimmed(m[1]), m[2]
	} else if m := metric.FindStringSubmatch(c.text); m != nil && (m[2] != "" || m[3] != "" || strings.Contains(m[1], ".")) {
		c.measure, c.bore, c.length, c.rest = "mm", trimmed(m[1]), trimmed(m[3]), m[4]
	}
	return c
}

// trimmed is a number without zeros that say nothing.
func trimmed(number string) string {
	if strings.Contains(number, ".") {
		number = strings.TrimRight(strings.TrimRight(number, "0"), ".")
	}
	return strings.TrimLeft(number, "0")
}

// calibres compares two calibres: by bore and case length where both state them in millimetres, by bore where both state it in inches.
// What follows them (Parabellum, Luger) has several names for one cartridge and is no contradiction.
func calibres(a, b string) relation {
	x, y := parseCalibre(a), parseCalibre(b)
	switch {
	case !readable(x.text) || !readable(y.text):
		return missing
	case x.text == y.text:
		return equal
	case x.measure == "" || x.measure != y.measure:
		return unsure
	case x.bore != y.bore, x.length != "" && y.length != "" && x.length != y.length:
		return conflict
	case x.rest == y.rest && x.length == y.length, x.length != "" && y.length != "" && (x.rest == "" || y.rest == ""):
		return equal
	}
	return unsure
}
