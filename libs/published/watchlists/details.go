package watchlists

import (
	"regexp"
	"strings"
	"time"
)

// schemes are the identifiers that the US lists name, as they name them, and how they are called here.
var schemes = []struct{ prefix, scheme string }{
	{"Diplomatic Passport", "passport"}, {"Passport", "passport"},
	{"National ID No.", "national-id"}, {"National Foreign ID Number", "national-id"}, {"Identification Number IMO", "imo"}, {"Identification Number", "national-id"}, {"Personal ID Card", "national-id"},
	{"Cedula No.", "national-id"}, {"C.U.R.P. #", "national-id"}, {"C.U.R.P.", "national-id"}, {"D.N.I.", "national-id"}, {"SSN", "national-id"}, {"Numero de Identidad", "national-id"},
	{"Tax ID No.", "tax-id"}, {"R.F.C. #", "tax-id"}, {"R.F.C.", "tax-id"}, {"RFC", "tax-id"}, {"NIT #", "tax-id"}, {"RUC #", "tax-id"}, {"RIF #", "tax-id"}, {"V.A.T. Number", "tax-id"},
	{"Italian Fiscal Code", "tax-id"}, {"US FEIN", "tax-id"}, {"C.U.I.T.", "tax-id"}, {"C.I.F.", "tax-id"}, {"RTN", "tax-id"},
	{"Registration ID", "registration"}, {"Registration Number", "registration"}, {"Public Registration Number", "registration"}, {"Business Registration Document #", "registration"},
	{"Business Registration Number", "registration"}, {"Company Number IMO", "imo-company"}, {"Company Number", "registration"}, {"UK Company Number", "registration"},
	{"Commercial Registry Number", "registration"}, {"Trade License No.", "registration"}, {"Matricula Mercantil No", "registration"}, {"Folio Mercantil No.", "registration"},
	{"C.R. No.", "registration"}, {"Legal Entity Number", "registration"}, {"Chamber of Commerce Number", "registration"}, {"Certificate of Incorporation Number", "registration"},
	{"Vessel Registration Identification IMO", "imo"}, {"MMSI", "mmsi"}, {"SWIFT/BIC", "bic"}, {"D-U-N-S Number", "duns"}, {"Aircraft Manufacturer's Serial Number (MSN)", "aircraft-serial"},
}

// identifierForm is a value and nothing else; what follows in brackets says who issued it.
var identifierForm = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9 ./-]{1,39}?)(?: \([^()]*\))*$`)

// identifier finds an identifier in a detail such as "Passport A123 (Iran)".
func identifier(detail string) (string, bool) {
	for _, s := range schemes {
		rest, ok := strings.CutPrefix(detail, s.prefix+" ")
		if !ok {
			continue
		}
		m := identifierForm.FindStringSubmatch(rest)
		if m == nil || s.scheme != "bic" && !strings.ContainsAny(m[1], "0123456789") {
			continue
		}
		return s.scheme + ":" + strings.TrimSpace(m[1]), true
	}
	return "", false
}

// details reads what OFAC writes in one field, parted by semicolons. What is understood goes to its place; all of it
// stays in the remarks, as it was written.
func (b *builder) details(line int, e *Entry, remarks string) {
	e.Remarks = strings.TrimSpace(remarks)
	for _, detail := range strings.Split(strings.TrimSuffix(e.Remarks, "."), ";") {
		detail = strings.TrimPrefix(space(detail), "alt. ")
		if id, ok := identifier(detail); ok {
			e.Identifiers = append(e.Identifiers, id)
			continue
		}
		switch what, rest, _ := strings.Cut(detail, " "); what {
		case "DOB":
			if date, ok := birthDate(rest); ok {
				e.BirthDates = append(e.BirthDates, date)
			} else {
				b.remark(line, "a date of birth in no form that is known; kept in the remarks")
			}
		case "nationality", "citizen":
			b.country(line, e, rest)
		case "a.k.a.":
			e.Names = append(e.Names, Name{Text: space(strings.Trim(rest, "'\" ")), Kind: Weak})
		}
	}
}

// birthDate reads "01 Jan 1964", "Jan 1964", "1964", two of them with "to" between, and "circa" before any.
func birthDate(text string) (string, bool) {
	if rest, ok := strings.CutPrefix(text, "circa "); ok {
		date, ok := birthDate(strings.Replace(rest, "-", " to ", 1))
		return "circa " + date, ok
	}
	if from, to, ok := strings.Cut(text, " to "); ok {
		from, ok1 := oneDate(from)
		to, ok2 := oneDate(to)
		return from + " to " + to, ok1 && ok2
	}
	return oneDate(text)
}

func oneDate(text string) (string, bool) {
	for form, out := range map[string]string{"02 Jan 2006": time.DateOnly, "Jan 2006": "2006-01", "2006": "2006"} {
		if t, err := time.Parse(form, strings.TrimSpace(text)); err == nil && t.Year() > 1800 {
			return t.Format(out), true
		}
	}
	return "", false
}
