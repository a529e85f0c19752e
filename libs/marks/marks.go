// Package marks compares the marks on weapons: a serial number under one key however it was typed, and two sets of marks with
// reasons. It decides nothing: below Same a person has to look. Its functions depend on their arguments alone and may be called
// from several goroutines.
package marks

import (
	"fmt"
	"strconv"

	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Version names keys and comparison. Whoever keeps a key or a match keeps the version with it: the same version gives the same
// answer for the same marks. Names of makers compare by names.Version.
const Version = "marks/1"

// Mark is what was read on a weapon (ITI paragraph 8, docs/tracing.md), as it was read. A part that is not known is empty. In
// a serial, a model and an import mark, "?" is one character that could not be read and "*" any number of them.
type Mark struct {
	Maker string
	// Country of manufacture: an ISO 3166-1 code or a name that refdata.Country knows.
	Country string
	Model   string
	Calibre string
	Serial  string
	// Year of manufacture; 0 when it is not known.
	Year int
	// ImportMark is country and year of an import, as they are stamped.
	ImportMark string
}

// Of is a mark as it stands in a record.
func Of(m *transferv1.Mark) Mark {
	return Mark{
		Maker: m.GetMaker(), Country: m.GetCountry(), Model: m.GetModel(), Calibre: m.GetCalibre(), Serial: m.GetSerial(),
		Year: int(m.GetYear()), ImportMark: m.GetImportMark(),
	}
}

// Level is how far two marks are of one weapon.
type Level string

const (
	// Same: serial, maker, model and country are stated on both sides and equal. A serial is unique with the other three only.
	Same Level = "same"
	// Ambiguous: the serials are equal but for characters that are taken for each other (O and 0, I and 1, B and 8, Cyrillic С
	// and C), or maker, model or country is missing.
	Ambiguous Level = "ambiguous"
	// Partial: nothing contradicts, and too little is known: the serial alone, or one that could not be read in full.
	Partial Level = "partial"
	// Different: serial, maker, model, country or calibre contradict.
	Different Level = "different"
)

var levels = []Level{Same, Ambiguous, Partial}

// Match is how far two marks are of one weapon, and why.
type Match struct {
	Level Level
	// Reasons are sentences for people, one for each part, without full stops. They do not depend on the order of the two marks.
	Reasons []string
}

// relation is what one part of two marks says.
type relation byte

const (
	equal    relation = iota
	alike             // equal but for characters that are taken for each other
	unsure            // stated on both sides, and neither equal nor a contradiction
	missing           // not stated on one side or on both
	conflict          // a contradiction
)

// part is a part of two marks compared.
type part struct {
	what     string
	a, b     string
	says     relation
	needed   bool // a serial is unique only with it
	excludes bool // a contradiction means another weapon
}

// Compare says how far two marks are of one weapon. It starts from the serials: Same where they are equal but for case, separators and
// the script of their digits, Ambiguous where they share a key (Normalize), Partial where one could not be read in full and
// may be the other, or is missing. Each of maker, model and country that is not equal on both sides lowers it by a level, down
// to Partial, and another year of manufacture lowers it to Partial. A contradiction in serial, maker, model, country or calibre
// is Different, whatever the rest says. Import marks say nothing against: a weapon may be imported more than once.
//
// The time it takes grows with the product of the serials' lengths, so that callers bound those.
func Compare(a, b Mark) Match {
	parts := []part{
		{"serial", a.Serial, b.Serial, serials(a.Serial, b.Serial), true, true},
		{"maker", a.Maker, b.Maker, makers(a.Maker, b.Maker), true, true},
		{"model", a.Model, b.Model, models(a.Model, b.Model), true, true},
		{"country", a.Country, b.Country, countries(a.Country, b.Country), true, true},
		{"calibre", a.Calibre, b.Calibre, calibres(a.Calibre, b.Calibre), false, true},
		{"year", year(a.Year), year(b.Year), years(a.Year, b.Year), false, false},
		{"import mark", a.ImportMark, b.ImportMark, models(a.ImportMark, b.ImportMark), false, false},
	}
	m := Match{Level: level(parts)}
	for _, p := range parts {
		m.Reasons = append(m.Reasons, p.reason())
	}
	return m
}

func level(parts []part) Level {
	at := 0
	for _, p := range parts {
		switch {
		case p.says == conflict && p.excludes:
			return Different
		case p.what == "serial" && p.says == alike:
			at++
		case p.what == "serial" && p.says != equal, p.what == "year" && p.says == conflict:
			at += len(levels)
		case p.needed && p.says > alike:
			at++
		}
	}
	return levels[min(at, len(levels)-1)]
}

func (p part) reason() string {
	sides := fmt.Sprintf("%q on both sides", p.a)
	if p.a != p.b {
		sides = fmt.Sprintf("%q on one side and %q on the other", min(p.a, p.b), max(p.a, p.b))
	}
	switch {
	case p.says == missing && p.a == "" && p.b == "":
		return fmt.Sprintf("the %s is missing on both sides", p.what)
	case p.says == missing:
		return fmt.Sprintf("the %s is missing or cannot be read: %s", p.what, sides)
	case p.a == p.b && p.says == equal:
		return fmt.Sprintf("the %s is %s", p.what, sides)
	}
	return fmt.Sprintf("the %s is %s: %s", p.what, sides, verdicts[p.says])
}

var verdicts = map[relation]string{
	equal:    "equal",
	alike:    "equal but for characters that are taken for each other",
	unsure:   "may be the same",
	conflict: "different",
}

func year(y int) string {
	if y == 0 {
		return ""
	}
	return strconv.Itoa(y)
}

func years(a, b int) relation {
	switch {
	case a == 0 || b == 0:
		return missing
	case a == b:
		return equal
	}
	return conflict
}
