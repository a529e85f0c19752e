package refdata

import (
	"fmt"
	"regexp"
	"strings"
)

// Wrong is what is the matter with an identifier.
type Wrong string

const (
	// WrongForm: it does not have the form that its standard gives it.
	WrongForm Wrong = "form"
	// WrongCheck: its check digit does not follow from the rest. Real ships and published examples fail here, so it is a finding
	// on the quality of a record (DX23), never a reason to refuse one.
	WrongCheck Wrong = "check digit"
	// NotListed: the list that a part of it should be in does not have that part. Lists are of an edition, so that it may well exist.
	NotListed Wrong = "existence"
)

// Finding is what there is to say against an identifier.
type Finding struct {
	Scheme string
	// Value is the text that was given, as it was given.
	Value string
	// Wrong is empty when nothing is.
	Wrong Wrong
	// Hard says that the form is wrong by a standard whose text the handbook was held against, so that the value need not be
	// taken. Every other finding is a note.
	Hard bool
	// Sentence tells a person what is wrong and what to do; empty when nothing is.
	Sentence string
}

// scheme is how identifiers of one kind are checked. What form captures, put together, is the bare identifier without what people
// write between its parts.
type scheme struct {
	form *regexp.Regexp
	says string // what the form is, after "is not"
	sure bool   // the form is that of a published standard
	// check returns the characters that should end a bare identifier; absent where the standard has none.
	check func(bare string) string
	// listed says what no list has; empty when it has.
	listed func(bare string) string
}

var schemes = map[string]scheme{
	"lei": {form: form(`([A-Z0-9]{18}[0-9]{2})`), sure: true, check: leiCheck,
		says: "18 capital letters or digits and two check digits (ISO 17442)"},
	"eori": {form: form(`([A-Z]{2}[A-Z0-9]{1,15})`), listed: countryAt(0),
		says: "the two letters of a country and 1 to 15 capital letters or digits (EORI)"},
	"imo": {form: form(`(?:IMO ?)?([0-9]{7})`), sure: true, check: shipCheck,
		says: "seven digits, with or without IMO in front (ships)"},
	"imo-company": {form: form(`(?:IMO ?)?([0-9]{7})`), sure: true, check: companyCheck,
		says: "seven digits, with or without IMO in front (shipping companies)"},
	"mmsi": {form: form(`([0-9]{9})`),
		says: "nine digits (MMSI)"},
	"icao24": {form: form(`([0-9A-Fa-f]{6})`),
		says: "six hexadecimal digits (ICAO 24-bit address)"},
	"aircraft": {form: form(`([A-Z0-9]{1,2}-?[A-Z0-9]{1,5})`),
		says: "a registration mark: one or two capital letters or digits, perhaps a hyphen, and one to five more"},
	"container": {form: form(`([A-Z]{3}[UJZR]) ?([0-9]{6})[ -]?([0-9])`), sure: true, check: containerCheck,
		says: "three capital letters, one of U, J, Z and R, six digits and a check digit (ISO 6346)"},
	"awb": {form: form(`([0-9]{3})[ -]?([0-9]{8})`), check: waybillCheck,
		says: "three digits of the airline and eight of the waybill (IATA)"},
	"ucr": {form: form(`([!-~](?:[ -~]{0,33}[!-~])?)`),
		says: "1 to 35 characters without blanks at the ends (UCR)"},
	"mrn": {form: form(`([0-9]{2}[A-Z]{2}[A-Z0-9]{13}[0-9])`), sure: true, check: containerCheck, listed: countryAt(2),
		says: "18 characters: two digits of the year, two letters of the country, 13 capital letters or digits and a check digit (MRN)"},
	"unlocode": {form: form(`([A-Z]{2}[A-Z2-9]{3})`), sure: true, listed: countryAt(0),
		says: "two letters of the country and three capital letters or digits 2 to 9 (UN/LOCODE)"},
	"hs": {form: form(`([0-9]{6}(?:[0-9]{2,6})?)`), sure: true, listed: chapter,
		says: "six digits, or eight to twelve with a national part (HS)"},
	"un-number": {form: form(`([0-9]{4})`),
		says: "four digits (UN number of dangerous goods)"},
	"nsn": {form: form(`([0-9]{4})-?([0-9]{2})-?([0-9]{3})-?([0-9]{4})`),
		says: "13 digits, in groups of 4, 2, 3 and 4 (NATO stock number)"},
	"ncage": {form: form(`([A-Z0-9]{5})`),
		says: "five capital letters or digits (NCAGE)"},
	"country": {form: form(`([A-Z]{2})`), sure: true, listed: countryAt(0),
		says: "two capital letters (ISO 3166-1)"},
	"currency": {form: form(`([A-Z]{3})`), sure: true, listed: currency,
		says: "three capital letters (ISO 4217)"},
}

func form(s string) *regexp.Regexp { return regexp.MustCompile("^" + s + "$") }

// CheckIdentifier says what is wrong with an identifier of a scheme: lei, eori, imo (a ship), imo-company, mmsi, icao24, aircraft,
// container, awb, ucr, mrn, unlocode, hs, un-number, nsn, ncage, country or currency. Form comes before check digit and that before
// existence, and the first that is wrong is told. known is false for another scheme, against which nothing is
// found. A ship and a shipping company have numbers of one form, and one number may pass as either.
//
// With right form, another digit in place of one, and two neighbours that changed places, are noticed but for these:
//
//   - lei: B and 1, M and 2, X and 3 beside each other that changed places. A letter in place of a digit may pass.
//   - imo: a digit that is off by 5 in place 2, 4 or 6, or by an even number in place 3.
//   - imo-company: any that takes the remainder of 11 from 0 to 10 or back, both of which are written 1; and 1 and 3 in the last two
//     places beside remainder 0, 0 and 2 beside remainder 1.
//   - container, mrn: any that takes the remainder of 11 from 0 to 10 or back, both of which are written 0, and letters or digits whose
//     values are equal modulo 11 (A, K and U; B, L, V and 1). In the last two places, 3 and 0 of a container and 1 and 0 of
//     an mrn beside remainder 10.
//   - awb: anything in the airline's three digits; in the next seven, digits 7 apart (0 and 7, 1 and 8, 2 and 9).
//
// The other schemes have no check digit, so that slips of the pen keep their form.
func CheckIdentifier(schemeName, value string) (f Finding, known bool) {
	f = Finding{Scheme: schemeName, Value: value}
	s, known := schemes[schemeName]
	if !known {
		return f, false
	}
	m := s.form.FindStringSubmatch(value)
	if m == nil {
		f.Wrong, f.Hard = WrongForm, s.sure
		f.Sentence = fmt.Sprintf("%.60q is not %s; read it again in the document", value, s.says)
		return f, true
	}
	bare := strings.Join(m[1:], "")
	if s.check != nil {
		want := s.check(bare)
		if got := bare[len(bare)-len(want):]; got != want {
			f.Wrong = WrongCheck
			f.Sentence = fmt.Sprintf("%s ends in %s where its check digit should be %s; compare it with the document", value, got, want) + otherwise(schemeName, bare)
			return f, true
		}
	}
	if s.listed == nil {
		return f, true
	}
	if why := s.listed(bare); why != "" {
		f.Wrong, f.Sentence = NotListed, why
	}
	return f, true
}

// otherwise tells of a number that has the right check digit for the other of two schemes with one form.
func otherwise(schemeName, bare string) string {
	switch {
	case schemeName == "imo" && strings.HasSuffix(bare, companyCheck(bare)):
		return "; it would be right for a shipping company (imo-company)"
	case schemeName == "imo-company" && strings.HasSuffix(bare, shipCheck(bare)):
		return "; it would be right for a ship (imo)"
	}
	return ""
}
